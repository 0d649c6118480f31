"""Limits of a campaign, and what it has spent: reserved before, settled after."""

import threading
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt

from adrs.errors import BudgetExhausted
from adrs.trial import Spend


class BudgetLimits(BaseModel):
    """The most that a campaign may use over all its sessions; None is no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    trials: NonNegativeInt | None = None
    """Attempts, failed ones and the seed program included."""
    evaluations: NonNegativeInt | None = None
    """Programs run on a split (train and validation count one each)."""
    dollars: NonNegativeFloat | None = None
    """Price of model calls: retries, repairs and unanswered requests included."""
    tokens: NonNegativeInt | None = None
    """Tokens read and written by models."""
    seconds: NonNegativeFloat | None = None
    """Wall time while a controller ran."""


@dataclass
class Budget:
    """A campaign's limits with what is spent and reserved. Safe to use from many threads.

    `spent` and `held` start from the archive's totals, so the limits hold across any number of resumes.
    """

    limits: BudgetLimits
    spent: Spend = field(default_factory=Spend)
    held: Spend = field(default_factory=Spend)
    trials: int = 0
    evaluations: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def reserve(self, worst: Spend) -> None:
        """Set aside the most that a call can cost.

        Raises:
            BudgetExhausted: Spent, reserved and `worst` together could exceed a limit.
        """
        with self._lock:
            total = self.spent + self.held + worst
            _check("dollars", total.dollars, self.limits.dollars)
            _check("tokens", total.tokens, self.limits.tokens)
            self.held += worst

    def settle(self, worst: Spend, actual: Spend) -> None:
        """Replace a reservation by what the call did cost."""
        with self._lock:
            self.held += Spend(-worst.dollars, -worst.tokens, -worst.seconds)
            self.spent += actual

    def take_trial(self) -> bool:
        """Count one more trial, if there is one left."""
        with self._lock:
            if self.limits.trials is not None and self.trials >= self.limits.trials:
                return False
            self.trials += 1
            return True

    def take_evaluation(self) -> bool:
        """Count one more evaluation, if there is one left."""
        with self._lock:
            if self.limits.evaluations is not None and self.evaluations >= self.limits.evaluations:
                return False
            self.evaluations += 1
            return True

    def return_evaluation(self) -> None:
        """Give back an evaluation that was counted and turned out not to be needed."""
        with self._lock:
            self.evaluations -= 1

    def exhausted(self, seconds: float) -> str | None:
        """Return the limit that is reached, in words, given the wall time used so far; None if there is room."""
        reached = {
            "trials": (self.trials, self.limits.trials),
            "evaluations": (self.evaluations, self.limits.evaluations),
            "dollars": (self.spent.dollars, self.limits.dollars),
            "tokens": (self.spent.tokens, self.limits.tokens),
            "seconds": (seconds, self.limits.seconds),
        }
        for name, (used, limit) in reached.items():
            if limit is not None and used >= limit:
                return f"{limit:g} {name}"
        return None


def _check(name: str, total: float, limit: float | None) -> None:
    if limit is not None and total > limit + 1e-9:
        raise BudgetExhausted(
            f"the next call could bring the total to {total:.6g} {name}, over the limit of {limit:g}",
            f"Continue with `adrs resume RUN --{name} +N`.",
        )
