"""Proposers: parents in, child out."""

from random import Random
from typing import Protocol

from adrs.problem import Problem
from adrs.trial import Parents, Proposal

__all__ = ["Parents", "Proposal", "Proposer"]


class Proposer(Protocol):
    """Rewrites programs."""

    name: str

    def propose(self, problem: Problem, parents: Parents, rng: Random) -> Proposal:
        """Return a child of `parents.parents`.

        Raises:
            AdrsError: Our machinery failed (the provider is down, the budget is spent); the trial is not burned.
        """
        ...
