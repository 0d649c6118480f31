"""Which trials are run on the validation split, and which of them leads there."""

import bisect

from adrs.evaluation import Evaluation
from adrs.problem import Problem
from adrs.trial import Trial


class Promotion:
    """Validates the few that lead on the training split; the best on validation is the campaign's best.

    Nothing that it learns reaches the search, so the validation split stays unseen by selection. Rebuilt, like a
    search, by hearing the same trials in the same order.
    """

    def __init__(self, problem: Problem, top: int) -> None:
        self._problem = problem
        self._top = top
        self._leading: list[tuple[float, float]] = []
        self.best: tuple[Trial, Evaluation] | None = None

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

    def validated(self, trial: Trial, validation: Evaluation) -> bool:
        """Hear how a trial did on validation; return whether it leads now. Ties go to the earlier trial."""
        if not validation.valid:
            return False
        if self.best is not None and self._key(*self.best) <= self._key(trial, validation):
            return False
        self.best = trial, validation
        return True

    def reached(self, target: float | None) -> bool:
        """Return whether the best meets `target`, and every bound."""
        if target is None or self.best is None:
            return False
        excess, cost = self._problem.rank(self.best[1])
        return excess == 0.0 and cost <= self._problem.objective.cost(target)

    def _key(self, trial: Trial, validation: Evaluation) -> tuple[tuple[float, float], int]:
        return self._problem.rank(validation), trial.number
