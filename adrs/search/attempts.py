"""What came of rewriting each program: how often it was tried, and what went wrong of late."""

from collections import Counter, OrderedDict, deque

from adrs.problem import Problem
from adrs.trial import Trial

SHOWN = 3
"""Failed children that a prompt shows."""
REMEMBERED = 500
"""Parents whose failed children are kept."""


class Attempts:
    """The children of each trial, counted, and the latest that failed or did no better than it.

    A child counts for its main parent only. Programs are kept for the parents that were tried last; of the others
    only numbers remain, so that a long campaign fits in memory.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._ranks: dict[int, tuple[float, float]] = {}
        self._children: Counter[int] = Counter()
        self._failed: OrderedDict[int, deque[Trial]] = OrderedDict()

    def tell(self, trial: Trial) -> None:
        """Learn of a finished trial."""
        if trial.valid:
            self._ranks[trial.number] = self._problem.rank(trial.evaluation)
        if trial.parents:
            self._children[trial.parents[0]] += 1
            if self._went_wrong(trial):
                self._remember(trial)

    def children(self, number: int) -> int:
        """Return how many trials had trial `number` as their main parent."""
        return self._children[number]

    def failed(self, number: int) -> tuple[Trial, ...]:
        """Return the latest children of trial `number` that failed or did not rank before it, oldest first."""
        return tuple(self._failed.get(number, ()))

    def _went_wrong(self, trial: Trial) -> bool:
        parent = self._ranks.get(trial.parents[0])
        return not trial.valid or (parent is not None and self._ranks[trial.number] >= parent)

    def _remember(self, trial: Trial) -> None:
        parent = trial.parents[0]
        self._failed.setdefault(parent, deque(maxlen=SHOWN)).append(trial)
        self._failed.move_to_end(parent)
        if len(self._failed) > REMEMBERED:
            self._failed.popitem(last=False)
