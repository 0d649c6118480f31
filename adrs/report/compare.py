"""The best program beside the seed and the published baselines, on the same validation instances."""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from adrs.archive import Archive
from adrs.comparison import Interval, Statistic, bootstrap, paired
from adrs.evaluating.foreign import figure
from adrs.evaluation import Evaluation, Result
from adrs.problem import Problem
from adrs.randomness import derive
from adrs.report.ranking import best


@dataclass(frozen=True)
class Comparison:
    """One program on the validation split.

    Attributes:
        name: `best`, `seed`, or a baseline.
        trial: Which trial it is; None for a baseline.
        score: The leading objective.
        interval: Its 95 % confidence interval.
        difference: The best program's score minus this one's, over the same instances; None for the best itself.
    """

    name: str
    trial: int | None
    score: float
    interval: Interval
    difference: Interval | None

    def data(self) -> dict[str, str | int | float | list[float] | None]:
        """Return the comparison as JSON can hold it; an infinite interval is None."""
        return {
            "name": self.name,
            "trial": self.trial,
            "score": self.score,
            "interval": _ends(self.interval),
            "best_minus_this": self.difference.estimate if self.difference else None,
            "best_minus_this_interval": _ends(self.difference),
        }


def comparison(problem: Problem, archive: Archive) -> list[Comparison]:
    """Return the best program, the seed and the baselines (most important last); empty while there is no best.

    The intervals are drawn from the campaign's seed, and alike for all: the same results have the same interval.
    Costs about 400 calls of the evaluator's `score` per row.
    """
    found = best(problem, archive)
    if found is None:
        return []
    winner, validation = found
    seed = int(archive.record().config["seed"])
    statistic = _leading(problem)

    def compared(name: str, trial: int | None, other: Evaluation) -> Comparison:
        interval = bootstrap(other.results, statistic, rng=derive(seed, "comparison"))
        difference = None
        if trial != winner.number:
            difference = paired(validation.results, other.results, statistic, rng=derive(seed, "comparison"))
        return Comparison(name, trial, other.scores[problem.objective.name], interval, difference)

    rows = [compared("best", winner.number, validation)]
    first = archive.evaluation(0, problem.judged)
    if winner.number != 0 and first is not None and first.valid:
        rows.append(compared("seed", 0, first))
    return rows + [compared(name, None, measured) for name, measured in _references(problem, archive)]


def _ends(interval: Interval | None) -> list[float] | None:
    return [interval.low, interval.high] if interval and math.isfinite(interval.high - interval.low) else None


def _leading(problem: Problem) -> Statistic:
    """Return the leading objective as a statistic that scores every draw once.

    All rows are drawn alike, so a difference needs no score that the intervals of its two programs did not need. A
    draw is known by which results it holds; they live as long as the comparison.
    """
    score = figure(problem)
    known: dict[bytes, float] = {}

    def statistic(results: Sequence[Result]) -> float:
        draw = array("Q", map(id, results)).tobytes()
        if draw not in known:
            known[draw] = score(results)
        return known[draw]

    return statistic


def _references(problem: Problem, archive: Archive) -> list[tuple[str, Evaluation]]:
    """Return the valid baselines in the order in which the pack declares them."""
    order = {name: place for place, name in enumerate(problem.pack.references)}
    measured = archive.references("validation").items()
    return sorted(((n, e) for n, e in measured if e.valid), key=lambda pair: (order.get(pair[0], -1), pair[0]))
