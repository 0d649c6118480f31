"""Prove the optimum of every instance and write them to `labels.npz`: `python -m evaluators.smtt.make_labels`.

Takes about an hour of CPU, nearly all of it for 500 jobs, and half a gigabyte per core.
"""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .instances import Instance
from .labels import FILE, digest, stack, tardiness
from .reference import Reference, minimal_tardiness
from .simulator import dispatch, modified_due_date
from .splits import GRIDS, batches, unlabelled


def main(file: Path = FILE) -> None:
    """Prove all optima on all cores, and write them to `file`."""
    content: dict[str, NDArray[np.generic]] = {}
    with ProcessPoolExecutor() as pool:
        for split in GRIDS:
            for name, instances in batches(split, unlabelled(split)).items():
                proven = list(pool.map(_prove, instances))
                content |= {f"{name}/{part}": array for part, array in _content(instances, proven).items()}
    np.savez_compressed(file, allow_pickle=False, **content)


def _prove(instance: Instance) -> Reference:
    return minimal_tardiness(instance.p, instance.d)


def _content(instances: list[Instance], proven: list[Reference]) -> dict[str, NDArray[np.generic]]:
    """Return what is filed for one batch; an order fits in bytes up to 256 jobs."""
    p, d = stack(instances)
    return {
        "digest": np.frombuffer(digest(p, d), dtype=np.uint8),
        "optimum": np.array([one.value for one in proven]),
        "mdd": tardiness(p, d, dispatch(p, d, modified_due_date(p, d))),
        "order": np.array([one.order for one in proven], dtype=np.uint8 if p.shape[1] <= 256 else np.uint16),
    }


if __name__ == "__main__":
    main()
