"""The instances of each split, with their proven optima."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from adrs.errors import UsageError

from .instances import Instance, grid
from .labels import Label, read_labels
from .shifts import shifted

GRIDS: Mapping[str, tuple[Mapping[int, int], int]] = MappingProxyType(
    {
        "train": ({25: 40, 50: 40}, 11),
        "validation": ({75: 40}, 12),
        "test": ({100: 40, 200: 20, 500: 4}, 13),
    }
)
"""Per split: how many instances of each size every cell of the grid has, and the seed."""
_SHIFTED_SEED = 14


def unlabelled(split: str) -> list[Instance]:
    """Return the instances of a split without optima; those of any prefix represent all its cells and sizes.

    Raises:
        UsageError: There is no such split.
    """
    if split not in GRIDS:
        raise UsageError(f"there is no split {split!r}", f"The splits are {', '.join(GRIDS)}.")
    counts, seed = GRIDS[split]
    found = grid(counts, seed=seed, prefix=split)
    return [*found, *shifted(seed=_SHIFTED_SEED, prefix=split)] if split == "test" else found


@cache
def labelled(split: str) -> tuple[Instance, ...]:
    """Return the instances of a split with their optima, each attained by a sequence that was scored again.

    Raises:
        EvaluatorBroken: The labels are not those of these instances, or a sequence does not attain its optimum.
        UsageError: There is no such split.
    """
    instances = unlabelled(split)
    labels: dict[Instance, Label] = {}
    for name, members in batches(split, instances).items():
        labels.update(zip(members, read_labels(name, members), strict=True))
    known = [replace(one, optimum=labels[one].optimum, mdd=labels[one].mdd) for one in instances]
    easy = {group for group, members in _by(lambda one: one.group, known).items() if _is_easy(members)}
    return tuple(replace(one, role="easy") if one.group in easy else one for one in known)


def batches(split: str, instances: Iterable[Instance]) -> dict[str, list[Instance]]:
    """Return the instances by the name that their labels are filed under: one batch for each split and size."""
    return _by(lambda one: f"{split}-{one.jobs}", instances)


def _is_easy(members: Sequence[Instance]) -> bool:
    """Return whether these instances of one class are optimal with less than one time unit of tardiness per job."""
    return members[0].role != "shifted" and sum(one.optimum or 0 for one in members) < sum(one.jobs for one in members)


def _by(name: Callable[[Instance], str], instances: Iterable[Instance]) -> dict[str, list[Instance]]:
    found: dict[str, list[Instance]] = {}
    for instance in instances:
        found.setdefault(name(instance), []).append(instance)
    return found
