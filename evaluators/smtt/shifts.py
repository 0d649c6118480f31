"""Instances unlike those that a rule is trained on: other due dates, other processing times, another time unit."""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from .instances import Instance, due_dates, stream

JOBS = 100
_Draw = Callable[[np.random.Generator], NDArray[np.int64]]
_HARD = tuple(product((0.2, 0.4, 0.6), (0.4, 0.6)))  # the cells of the grid where rules differ
_OFF_GRID = tuple(product((0.3, 0.5, 0.7), (0.3, 0.5, 0.7)))


def shifted(*, seed: int, prefix: str) -> list[Instance]:
    """Return 54 instances in each of six groups, all of 100 jobs; the groups take turns, and share no stream."""
    families = [
        _family("off the grid", _OFF_GRID, _uniform(100)),
        _family("lognormal p", _HARD, lambda rng: 1 + rng.lognormal(3.0, 1.0, JOBS).astype(np.int64)),
        _family("bimodal p", _HARD, _bimodal),
        _family("p up to 10", _HARD, _uniform(10)),
        _family("d follows p", _HARD, _uniform(100), follows=True),
        _family("1000 times longer", _HARD, lambda rng: 1000 * rng.integers(1, 101, size=JOBS)),
    ]
    return [make(seed + place, prefix, index) for index in range(54) for place, make in enumerate(families)]


_Make = Callable[[int, str, int], Instance]


def _family(label: str, cells: Sequence[tuple[float, float]], draw: _Draw, *, follows: bool = False) -> _Make:
    def make(seed: int, prefix: str, index: int) -> Instance:
        rdd, tf = cells[index % len(cells)]
        rng = stream(JOBS, rdd, tf, seed=seed, index=index)
        p = draw(rng)
        d = due_dates(p, rdd, tf, rng)
        if follows:
            d = _following(p, d, rng)
        return Instance(f"{prefix} {label} #{index}", f"n{JOBS} {label}", JOBS, rdd, tf, p, d, role="shifted")

    return make


def _uniform(high: int) -> _Draw:
    return lambda rng: rng.integers(1, high + 1, size=JOBS)


def _bimodal(rng: np.random.Generator) -> NDArray[np.int64]:
    """Return four short jobs to one long job, on average."""
    short, long = rng.integers(1, 11, size=JOBS), rng.integers(90, 111, size=JOBS)
    return np.where(rng.random(JOBS) < 0.8, short, long)


def _following(p: NDArray[np.int64], d: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the same due dates dealt such that longer jobs tend to be due later (rank correlation near 0.9)."""
    dealt = np.empty_like(d)
    dealt[np.argsort(p + rng.integers(0, 51, size=JOBS))] = np.sort(d)
    return dealt
