"""Proposers: parents in, child out."""

from dataclasses import dataclass
from random import Random
from typing import Protocol

from adrs.evaluation import Status
from adrs.problem import Problem
from adrs.program import Program
from adrs.trial import Parents


@dataclass(frozen=True)
class Proposal:
    """A child, or why there is none.

    Attributes:
        program: The child; None if the attempt failed.
        status: `unparsed` (or another failure) where there is no child.
        message: Why there is none, in words that can be shown to a model.
        model: Who wrote it.
        prompt: Content hash of the first prompt; empty where no model was prompted.
        note: One line about the change.
    """

    program: Program | None
    model: str
    status: Status = Status.VALID
    message: str = ""
    prompt: str = ""
    note: str = ""


class Proposer(Protocol):
    """Rewrites programs."""

    name: str

    def propose(self, problem: Problem, parents: Parents, rng: Random) -> Proposal:
        """Return a child of `parents.parents`.

        Raises:
            AdrsError: Our machinery failed (the provider is down, the budget is spent); the trial is not burned.
        """
        ...
