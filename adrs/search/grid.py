"""A MAP-Elites grid: the best trial in every cell of the feature space."""

import math
from collections.abc import Iterator, Sequence

from adrs.errors import EvaluatorBroken, PackError
from adrs.problem import Feature, Problem
from adrs.search.ranked import Ranked
from adrs.trial import Trial

MOST_CELLS = 4096
Cell = tuple[int, ...]


class Axes:
    """The declared features of a problem, cut into bins that never move.

    A value beyond its feature's range falls into the bin at that edge. A pack without features gets one: `size`, up
    to four times that of the seed.
    """

    def __init__(self, problem: Problem) -> None:
        self._features: Sequence[Feature] = problem.pack.features or (_size(problem),)
        cells = math.prod(feature.bins for feature in self._features)
        if cells > MOST_CELLS:
            raise PackError(
                f"the features of {problem.name!r} make {cells} cells, which no campaign can fill",
                f"Declare fewer features or bins: at most {MOST_CELLS} cells.",
            )

    def cell(self, trial: Trial) -> Cell:
        """Return where a valid trial belongs.

        Raises:
            EvaluatorBroken: A declared feature is missing, or no finite number.
        """
        return tuple(_bin(feature, trial) for feature in self._features)


class Grid:
    """The best trial of every cell (Mouret and Clune, arXiv 1504.04909), all of them in order of rank."""

    def __init__(self, problem: Problem, axes: Axes) -> None:
        self._problem = problem
        self._axes = axes
        self._cells: dict[Cell, Trial] = {}
        self._numbers: set[int] = set()
        self._ranked = Ranked(problem)

    def __len__(self) -> int:
        return len(self._ranked)

    def __iter__(self) -> Iterator[Trial]:
        """Yield the elites, best first."""
        return iter(self._ranked)

    def __contains__(self, number: int) -> bool:
        return number in self._numbers

    @property
    def best(self) -> Trial:
        return self._ranked[0]

    def add(self, trial: Trial) -> bool:
        """Let a valid trial into its cell if that is empty or its holder ranks behind; return whether it came in."""
        cell = self._axes.cell(trial)
        holder = self._cells.get(cell)
        if holder is not None:
            if self._problem.rank(holder.evaluation) <= self._problem.rank(trial.evaluation):
                return False
            self._ranked.remove(holder)
            self._numbers.remove(holder.number)
        self._cells[cell] = trial
        self._numbers.add(trial.number)
        self._ranked.add(trial)
        return True


def _size(problem: Problem) -> Feature:
    return Feature(name="size", description="nodes in the syntax tree", low=0, high=4 * max(problem.seed.size, 25))


def _bin(feature: Feature, trial: Trial) -> int:
    value = trial.evaluation.features.get(feature.name, math.nan)
    if not math.isfinite(value):
        raise EvaluatorBroken(
            f"trial {trial.number} has no finite value of the feature {feature.name!r}",
            "Let `features` in the pack's evaluator.py return every feature that problem.toml declares.",
        )
    share = min(max((value - feature.low) / (feature.high - feature.low), 0.0), 1.0)
    return min(math.floor(share * feature.bins), feature.bins - 1)
