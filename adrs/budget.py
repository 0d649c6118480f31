"""Limits of a campaign, and what it has spent: reserved before, settled after."""

import threading
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt

from adrs.errors import BudgetExhausted, Interrupted
from adrs.trial import Spend

_ROUNDING = 1e-9


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
    evaluator_seconds: NonNegativeFloat | None = None
    """Time that evaluations on train and validation took, added up over the workers."""
    seconds: NonNegativeFloat | None = None
    """Wall time while a controller ran."""


@dataclass
class Budget:
    """A campaign's limits with what is spent and reserved. Safe to use from many threads.

    `spent` and `held` start from the archive's totals, so the limits hold across any number of resumes.

    Attributes:
        limits: The most that may be used.
        evaluation_seconds: The longest that one evaluation can take.
        spent: What was settled.
        held: What is reserved for calls and evaluations under way.
        trials: Trials begun.
        evaluations: Evaluations made, under way, or promised to trials under way.
    """

    limits: BudgetLimits
    spent: Spend = field(default_factory=Spend)
    held: Spend = field(default_factory=Spend)
    trials: int = 0
    evaluations: int = 0
    evaluation_seconds: float = 0.0
    _dearest: Spend = field(default_factory=Spend)
    _stopped: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    # --- model calls

    def reserve(self, worst: Spend) -> None:
        """Set aside the most that a call can cost; wait where calls under way may yet leave room for it.

        Raises:
            BudgetExhausted: What is spent and `worst` together exceed a limit; nothing is set aside.
            Interrupted: `stop` was called.
        """
        with self._changed:
            while not self.try_reserve(worst):
                self._changed.wait()

    def try_reserve(self, worst: Spend) -> bool:
        """As `reserve`, but return false instead of waiting."""
        with self._changed:
            if self._stopped:
                raise Interrupted("the campaign ends, and no more calls are made")
            self._dearest = Spend(max(self._dearest.dollars, worst.dollars), max(self._dearest.tokens, worst.tokens))
            if self._over(self.spent + self.held + worst) is None:
                self.held += worst
                return True
            over = self._over(self.spent + worst)
            if over is not None:
                raise self._exhausted(over, self.spent + self.held + worst)
            return False

    def settle(self, worst: Spend, actual: Spend) -> None:
        """Replace a reservation by what the call did cost."""
        with self._changed:
            self.held += Spend(-worst.dollars, -worst.tokens, -worst.seconds)
            self.spent += actual
            self._changed.notify_all()

    def stop(self) -> None:
        """Let no more calls be made."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    # --- trials and evaluations

    def begin_trial(self) -> bool:
        """Count one more trial and the evaluation that it may come to, if there is room for both.

        There is none where a call as dear as the dearest so far would not fit beside those under way.
        """
        with self._changed:
            if self._over(self.spent + self.held + self._dearest) is not None:
                return False
            if self.limits.trials is not None and self.trials >= self.limits.trials:
                return False
            if not self.begin_evaluation():
                return False
            self.trials += 1
            return True

    def begin_evaluation(self) -> bool:
        """Count one more evaluation and set aside its longest time, if there is room for it."""
        with self._changed:
            if self.limits.evaluations is not None and self.evaluations >= self.limits.evaluations:
                return False
            if not self._has_time(self.spent.seconds + self.held.seconds):
                return False
            self.evaluations += 1
            self.held += Spend(seconds=self.evaluation_seconds)
            return True

    def end_evaluation(self, seconds: float) -> None:
        """Replace what was set aside for an evaluation by the time that it took."""
        self.settle(Spend(seconds=self.evaluation_seconds), Spend(seconds=seconds))

    def return_evaluation(self) -> None:
        """Give back an evaluation that was counted and turned out not to be needed."""
        self.end_evaluation(0.0)
        with self._changed:
            self.evaluations -= 1

    def exhausted(self, seconds: float) -> str | None:
        """Return the limit that is reached, in words, given the wall time used so far; None if there is room."""
        limits = self.limits
        reached = {
            "trials": (self.trials, limits.trials),
            "evaluations": (self.evaluations, limits.evaluations),
            "dollars": (self.spent.dollars, limits.dollars),
            "tokens": (self.spent.tokens, limits.tokens),
            "seconds": (seconds, limits.seconds),
        }
        for name, (used, limit) in reached.items():
            if limit is not None and used >= limit:
                return f"{limit:g} {name}"
        if not self._has_time(self.spent.seconds):
            return f"{limits.evaluator_seconds:g} evaluator seconds"
        over = self._over(self.spent + self._dearest) if self.paid else None
        return None if over is None else f"{getattr(limits, over):g} {over} but for less than a call may cost"

    def late(self, seconds: float) -> bool:
        """Return whether the limit on wall time is reached."""
        return self.limits.seconds is not None and seconds >= self.limits.seconds

    @property
    def paid(self) -> bool:
        """Whether any call was paid for."""
        return self.spent.dollars > 0 or self.spent.tokens > 0

    def _has_time(self, used: float) -> bool:
        limit = self.limits.evaluator_seconds
        return limit is None or used + self.evaluation_seconds <= limit + _ROUNDING

    def _over(self, total: Spend) -> str | None:
        """Return which limit on model calls a total exceeds; None for none."""
        if self.limits.dollars is not None and total.dollars > self.limits.dollars + _ROUNDING:
            return "dollars"
        return "tokens" if self.limits.tokens is not None and total.tokens > self.limits.tokens else None

    def _exhausted(self, name: str, total: Spend) -> BudgetExhausted:
        return BudgetExhausted(
            f"the next call could bring the total to {getattr(total, name):.6g} {name}, over the limit of "
            f"{getattr(self.limits, name):g}",
            f"Continue with `adrs resume RUN --{name} +N`.",
        )
