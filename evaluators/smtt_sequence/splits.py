"""The instances of each split, with their proven optima."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from adrs.errors import UsageError

from ..smtt.instances import Instance, grid
from ..smtt.labels import Label, read_labels
from ..smtt.splits import batches

FILE = Path(__file__).parent / "labels.npz"
GRIDS: Mapping[str, tuple[Mapping[int, int], int]] = MappingProxyType(
    {
        "train": ({50: 4, 100: 2, 300: 1}, 21),
        "validation": ({75: 4, 100: 4, 200: 2}, 22),
        "test": ({200: 4, 500: 1}, 23),
    }
)
"""Per split: how many instances of each size every cell of the grid has, and the seed; no seed is one of `smtt`."""


def unlabelled(split: str) -> list[Instance]:
    """Return the instances of a split without optima; those of any prefix represent all its cells and sizes.

    Raises:
        UsageError: There is no such split.
    """
    if split not in GRIDS:
        raise UsageError(f"there is no split {split!r}", f"The splits are {', '.join(GRIDS)}.")
    counts, seed = GRIDS[split]
    return grid(counts, seed=seed, prefix=split)


@cache
def labelled(split: str) -> tuple[Instance, ...]:
    """Return the instances of a split with their optima, each attained by a sequence that was scored again.

    Raises:
        EvaluatorBroken: The labels are not those of these instances, or a sequence does not attain its optimum.
        UsageError: There is no such split.
    """
    instances = unlabelled(split)
    labels: dict[Instance, Label] = {}
    for batch, members in batches(split, instances).items():
        labels.update(zip(members, read_labels(batch, members, FILE), strict=True))
    known = [replace(one, optimum=labels[one].optimum, mdd=labels[one].mdd) for one in instances]
    room: Counter[str] = Counter()  # by how much the optima of a class exceed one time unit per job
    for one, label in labels.items():
        room[one.group] += label.optimum - one.jobs
    return tuple(replace(one, role="hard" if room[one.group] >= 0 else "easy") for one in known)
