"""Which trials are run on the validation split, which of them are audited, and which one leads."""

import bisect
from typing import Any

from adrs.evaluation import Audit, Evaluation
from adrs.problem import Problem
from adrs.trial import Trial


class Promotion:
    """Validates the few that lead on the training split; the best on validation that passes an audit is the best.

    Nothing that it learns reaches the search, so the validation split stays unseen by selection. Rebuilt, like a
    search, by hearing the same trials in the same order; of validations and audits the order does not matter.

    Args:
        problem: What programs are ranked by.
        top: How many lead on the training split.
        audits: Whether a trial must have passed an audit to be the best, or only must not have failed one.
    """

    def __init__(self, problem: Problem, top: int, *, audits: bool) -> None:
        self._problem = problem
        self._top = top
        self._audits = audits
        self._leading: list[tuple[float, float]] = []
        self._validated: dict[int, tuple[Trial, Evaluation]] = {}
        self._passed: dict[int, bool] = {}
        self._order: list[tuple[tuple[float, float], int]] = []
        self.promoted: int | None = None
        """The trial that was last said to be the best."""

    def due(self, trial: Trial) -> bool:
        """Hear of a told trial; return whether it is among the `top` best of its time on the training split.

        Programs of equal rank count once: the first one stands for them.
        """
        if not trial.valid:
            return False
        rank = self._problem.rank(trial.evaluation)
        if rank in self._leading or (len(self._leading) == self._top and rank > self._leading[-1]):
            return False
        bisect.insort(self._leading, rank)
        del self._leading[self._top :]
        return True

    def validated(self, trial: Trial, validation: Evaluation) -> None:
        """Hear how a trial did on validation."""
        if validation.valid:
            self._validated[trial.number] = trial, validation
            bisect.insort(self._order, (self._problem.rank(validation), trial.number))

    def audited(self, number: int, audit: Audit) -> None:
        """Hear what the audit of a trial found; of several audits the last counts."""
        self._passed[number] = audit.passed

    @property
    def best(self) -> tuple[Trial, Evaluation] | None:
        """The trial that leads on validation among those that may lead; ties go to the earlier trial."""
        first = self._first(unaudited=not self._audits)
        return None if first is None else self._validated[first]

    @property
    def contender(self) -> Trial | None:
        """The trial that would be the best if it passed an audit; None if there is none."""
        first = self._first(unaudited=True) if self._audits else None
        return None if first is None or first in self._passed else self._validated[first][0]

    def promote(self) -> tuple[Trial, Evaluation] | None:
        """Return the best where it is not the promoted trial, which it is from now on; else None."""
        best = self.best
        if best is None or best[0].number == self.promoted:
            return None
        self.promoted = best[0].number
        return best

    def reached(self, target: float | None) -> bool:
        """Return whether the best meets `target`, and every bound."""
        if target is None or self.best is None:
            return False
        excess, cost = self._problem.rank(self.best[1])
        return excess == 0.0 and cost <= self._problem.objective.cost(target)

    def _first(self, *, unaudited: bool) -> int | None:
        """Return the best on validation that was not marked, or that must have passed; None if there is none."""
        return next((number for _, number in self._order if self._passed.get(number, unaudited)), None)


def promotion_json(trial: Trial, validation: Evaluation) -> dict[str, Any]:
    """Return what is noted where a trial is promoted."""
    return {"trial": trial.number, "scores": dict(validation.scores)}
