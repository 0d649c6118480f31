"""Proven optima on file: read, and believed only after every sequence was scored again."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from adrs.errors import EvaluatorBroken

from .instances import Instance

FILE = Path(__file__).parent / "labels.npz"
"""Per batch of instances of one size: `digest` of their times, `optimum`, `mdd`, and an optimal `order` of each."""
_TODO = "Make the file again with `python -m evaluators.smtt.make_labels`; see the pack's README."


@dataclass(frozen=True)
class Label:
    """Minimal total tardiness of one instance, and what the modified due date rule (MDD) incurs on it."""

    optimum: int
    mdd: int


def stack(instances: Sequence[Instance]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the processing times and the due dates of instances of one size, (instances, jobs) each."""
    return np.stack([one.p for one in instances]), np.stack([one.d for one in instances])


def digest(p: NDArray[np.int64], d: NDArray[np.int64]) -> bytes:
    """Return the SHA-256 of the times of a batch, whatever the machine's byte order."""
    return hashlib.sha256(p.astype("<i8").tobytes() + d.astype("<i8").tobytes()).digest()


def lateness(p: NDArray[np.int64], d: NDArray[np.int64], orders: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return by how much each job ends after its due date, in the order of processing; all are (instances, jobs).

    Raises:
        ValueError: A row of `orders` does not name each job once.
    """
    if orders.shape != p.shape or (np.sort(orders, axis=1) != np.arange(p.shape[1])).any():
        raise ValueError("an order must name each job once")
    ends = np.cumsum(np.take_along_axis(p, orders, axis=1), axis=1)
    late: NDArray[np.int64] = ends - np.take_along_axis(d, orders, axis=1)
    return late


def tardiness(p: NDArray[np.int64], d: NDArray[np.int64], orders: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the total tardiness of each row's order.

    Raises:
        ValueError: A row of `orders` does not name each job once.
    """
    total: NDArray[np.int64] = np.maximum(lateness(p, d, orders), 0).sum(axis=1)
    return total


def read_labels(batch: str, instances: Sequence[Instance], file: Path = FILE) -> list[Label]:
    """Return the labels of a batch of instances of one size, in their order.

    Raises:
        EvaluatorBroken: The file lacks the batch, was made for other instances, or holds a value that its own
            sequence does not attain (labels in another order, say).
    """
    p, d = stack(instances)
    stored = _read(batch, file)
    if stored["digest"].tobytes() != digest(p, d):
        raise EvaluatorBroken(f"the labels {batch!r} are for other instances than those generated here", _TODO)
    try:
        attained = tardiness(p, d, stored["order"].astype(np.int64))
    except ValueError as error:
        raise EvaluatorBroken(f"a sequence among the labels {batch!r} is not valid: {error}", _TODO) from error
    wrong = np.flatnonzero(attained != stored["optimum"])
    if len(wrong):
        name = instances[wrong[0]].name
        raise EvaluatorBroken(f"{len(wrong)} sequences of {batch!r} miss their label; the first is {name!r}", _TODO)
    return [Label(*pair) for pair in zip(stored["optimum"].tolist(), stored["mdd"].tolist(), strict=True)]


def _read(batch: str, file: Path) -> dict[str, NDArray[np.integer]]:
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as content:
            return {part: content[f"{batch}/{part}"] for part in ("digest", "optimum", "mdd", "order")}
    except (OSError, KeyError, ValueError, BadZipFile, zlib.error) as error:
        raise EvaluatorBroken(f"the labels {batch!r} cannot be read from {file.name!r}: {error}", _TODO) from error
