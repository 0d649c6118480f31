"""Best of N: rewrite the seed again and again. The baseline that every other search must beat."""

from random import Random

from adrs.problem import Problem
from adrs.trial import Parents, Trial


class BestOfN:
    """A search that learns nothing: every trial is an independent draw from the seed, with nothing beside it."""

    def __init__(self, problem: Problem) -> None:
        self._seed: Trial | None = None

    def ask(self, rng: Random) -> Parents:
        if self._seed is None:
            raise RuntimeError("no valid seed was told yet")
        return Parents((self._seed,))

    def tell(self, trial: Trial) -> None:
        if self._seed is None and trial.valid and not trial.parents:
            self._seed = trial
