"""Prove the optimum of every instance and write them to `labels.npz`: `python -m evaluators.smtt_sequence.make_labels`.

Takes 20 minutes on one core, half of it for two instances of 500 jobs. Reading scores every sequence again.
"""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..smtt.instances import Instance
from ..smtt.labels import digest, stack, tardiness
from ..smtt.reference import Reference, minimal_tardiness
from ..smtt.simulator import dispatch, modified_due_date
from ..smtt.splits import batches
from .splits import FILE, GRIDS, unlabelled


def main(file: Path = FILE) -> None:
    """Prove all optima on all cores, and write them to `file`."""
    content: dict[str, NDArray[np.generic]] = {}
    with ProcessPoolExecutor() as pool:
        for split in GRIDS:
            for batch, members in batches(split, unlabelled(split)).items():
                parts = _parts(members, list(pool.map(_prove, members)))
                content |= {f"{batch}/{part}": array for part, array in parts.items()}
    np.savez_compressed(file, allow_pickle=False, **content)


def _prove(instance: Instance) -> Reference:
    return minimal_tardiness(instance.p, instance.d)


def _parts(members: list[Instance], proven: list[Reference]) -> dict[str, NDArray[np.generic]]:
    p, d = stack(members)
    return {
        "digest": np.frombuffer(digest(p, d), dtype=np.uint8),
        "optimum": np.array([one.value for one in proven]),
        "mdd": tardiness(p, d, dispatch(p, d, modified_due_date(p, d))),
        "order": np.array([one.order for one in proven], dtype=np.min_scalar_type(p.shape[1] - 1)),
    }


if __name__ == "__main__":
    main()
