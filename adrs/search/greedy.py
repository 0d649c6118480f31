"""Greedy: rewrite one of the few best programs."""

from random import Random

from adrs.problem import Problem
from adrs.search.attempts import Attempts
from adrs.search.options import require
from adrs.search.ranked import Ranked, power_law
from adrs.trial import Parents, Trial


class Greedy:
    """The best programs of different meaning; a better place makes a likelier parent.

    Args:
        problem: What is improved.
        keep: How many programs are kept.
        inspirations: How many of the others are shown beside the parent.
        exponent: The program in place r is chosen with a weight of r to the power of -`exponent`; 0 makes all alike.
    """

    def __init__(self, problem: Problem, *, keep: int = 8, inspirations: int = 3, exponent: float = 1.0) -> None:
        require("keep", keep, 1)
        require("inspirations", inspirations, 0)
        require("exponent", exponent, 0)
        self._keep = keep
        self._inspirations = inspirations
        self._exponent = exponent
        self._attempts = Attempts(problem)
        self._best = Ranked(problem)

    def ask(self, rng: Random) -> Parents:
        if not len(self._best):
            raise RuntimeError("no valid trial was told yet")
        rest = list(self._best)
        parent = rest.pop(self._draw(len(rest), rng))
        inspirations: list[Trial] = []
        while rest and len(inspirations) < self._inspirations:
            inspirations.append(rest.pop(self._draw(len(rest), rng)))
        return Parents((parent,), tuple(inspirations), self._attempts.failed(parent.number))

    def tell(self, trial: Trial) -> None:
        self._attempts.tell(trial)
        if trial.valid:
            self._best.add(trial)
            for loser in self._losers(trial):
                self._best.remove(loser)

    def _losers(self, newcomer: Trial) -> list[Trial]:
        if len(self._best) > self._keep and self._best[-1] is newcomer:
            return [newcomer]  # asked first: the meaning of a program is slow to tell
        twins = [trial for trial in self._best if _meaning(trial) == _meaning(newcomer)]
        return twins[1:] or list(self._best)[self._keep :]

    def _draw(self, count: int, rng: Random) -> int:
        return rng.choices(range(count), power_law(count, self._exponent))[0]


def _meaning(trial: Trial) -> str:
    return trial.program.meaning if trial.program else ""
