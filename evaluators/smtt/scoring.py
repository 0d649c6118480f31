"""From results to objectives and features: pooled by class, so that no tiny optimum outweighs the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from adrs.evaluation import Result

FIGURES = ("jobs", "tardiness", "optimum", "mdd", "late", "hard", "easy")
"""What a result holds: number of jobs, total tardiness, its minimum, that of MDD, number of late jobs, and whether the
class is hard or easy (shifted ones are neither)."""
_get = itemgetter(*FIGURES)
_Column = NDArray[np.float64]


@dataclass(frozen=True)
class Columns:
    """Results as columns of figures.

    Attributes:
        figures: One column per name in `FIGURES`.
        groups: The classes, in order of appearance.
        group: The place in `groups` of each result's class.
    """

    figures: Mapping[str, _Column]
    groups: tuple[str, ...]
    group: NDArray[np.intp]

    @classmethod
    def of(cls, results: Sequence[Result]) -> "Columns":
        table = np.array([_get(result.scores) for result in results], dtype=np.float64).T
        places: dict[str, int] = {}
        group = np.array([places.setdefault(result.group, len(places)) for result in results])
        return cls(dict(zip(FIGURES, table, strict=True)), tuple(places), group)

    def __getitem__(self, name: str) -> _Column:
        return self.figures[name]

    def mean(self, column: _Column) -> _Column:
        """Return the mean of `column` over each class."""
        count = len(self.groups)
        means: _Column = np.bincount(self.group, column, count) / np.bincount(self.group, minlength=count)
        return means

    def gaps(self, of: str = "tardiness") -> _Column:
        """Return the pooled gap of each class in %: the sum of `of` against the sum of optima.

        A mean optimum below one time unit is taken as one; no hard class has such a one.
        """
        optimum = self.mean(self["optimum"])
        gaps: _Column = 100 * (self.mean(self[of]) - optimum) / np.maximum(optimum, 1)
        return gaps

    def extra(self) -> _Column:
        """Return by how much each class is tardier than under MDD, in time units per job."""
        return self.mean((self["tardiness"] - self["mdd"]) / self["jobs"])

    def only(self, role: str) -> NDArray[np.bool_]:
        """Return which classes are `hard`, or `easy`."""
        return self.mean(self[role]) > 0


def score(results: Sequence[Result]) -> Mapping[str, float]:
    """Return the objectives of a whole split. Shifted classes count in none."""
    columns = Columns.of(results)
    return {
        "gap": columns.gaps()[columns.only("hard")].mean().item(),
        "easy_excess": columns.extra()[columns.only("easy")].mean().item(),
        **_per_instance(columns),
    }


def features(results: Sequence[Result]) -> Mapping[str, float]:
    """Return what kind of rule it is: where its gap lies, and how many jobs it lets be late."""
    columns = Columns.of(results)
    hard, gaps = columns.only("hard"), columns.gaps()
    narrow = np.array([" RDD 0.2 " in group for group in columns.groups])
    inside, outside = gaps[hard & narrow].mean().item(), gaps[hard & ~narrow].mean().item()
    return {
        "narrow": inside / (inside + outside) if inside + outside else 0.5,
        "late": columns["late"].sum().item() / columns["jobs"].sum().item(),
    }


def _per_instance(columns: Columns) -> dict[str, float]:
    on_grid = (columns["hard"] + columns["easy"]) > 0
    jobs, tardiness, optimum = (columns[name][on_grid] for name in ("jobs", "tardiness", "optimum"))
    positive = optimum > 0
    gaps = 100 * (tardiness[positive] / optimum[positive] - 1)
    return {
        "paper_gap": gaps.mean().item(),
        "large_gap": gaps[optimum[positive] > jobs[positive]].mean().item(),
        "median_gap": np.median(gaps).item(),
        "worst_gap": gaps.max().item(),
        "optimal": 100 * np.mean(tardiness == optimum).item(),
        "violations": float(np.count_nonzero(tardiness[~positive])),
    }
