"""Trials in order of rank, and ways to weigh the places in such an order."""

import math
from bisect import bisect_left
from collections.abc import Iterator

from adrs.problem import Problem
from adrs.trial import Trial

Key = tuple[float, float, int]


class Ranked:
    """Valid trials, best first; among equals the one told under the lower number first.

    Adding and removing take O(log n) comparisons.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._keys: list[Key] = []
        self._trials: list[Trial] = []

    def __len__(self) -> int:
        return len(self._trials)

    def __iter__(self) -> Iterator[Trial]:
        return iter(self._trials)

    def __getitem__(self, place: int) -> Trial:
        return self._trials[place]

    def add(self, trial: Trial) -> None:
        key = self._key(trial)
        place = bisect_left(self._keys, key)
        self._keys.insert(place, key)
        self._trials.insert(place, trial)

    def remove(self, trial: Trial) -> None:
        place = bisect_left(self._keys, self._key(trial))
        del self._keys[place], self._trials[place]

    def _key(self, trial: Trial) -> Key:
        return (*self._problem.rank(trial.evaluation), trial.number)


def power_law(count: int, exponent: float) -> list[float]:
    """Return a weight for each place, the best first: the place, counted from 1, to the power of -`exponent`."""
    return [float(place) ** -exponent for place in range(1, count + 1)]


def sigmoid(count: int, pressure: float) -> list[float]:
    """Return a weight for each place, the best first: near 1 in the upper half, near 0 in the lower.

    The weighted parent choice of ShinkaEvolve (arXiv 2509.19349) with places instead of scores, so that neither the
    scale of an objective nor an outlier matters.

    Args:
        count: How many places there are.
        pressure: How steeply the weight falls around the middle; 0 weighs all alike.
    """
    middle = (count - 1) / 2
    return [1 / (1 + math.exp(pressure * (place - middle) / count)) for place in range(count)]
