"""What the archive hands out besides trials and evaluations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from adrs.archive.states import TrialState
from adrs.llm import Completion, Prompt
from adrs.trial import Proposal, Spend

CallState = Literal["sent", "answered", "failed", "unknown"]


@dataclass(frozen=True)
class CampaignRecord:
    """A campaign as it was created.

    Attributes:
        name: The run's name.
        created: ISO 8601, UTC.
        config: Resolved settings, as they hold now (extended budgets included).
        written: Versions and hashes of what makes the results.
    """

    name: str
    created: str
    config: Mapping[str, Any]
    written: Mapping[str, Any]


@dataclass(frozen=True)
class Session:
    """One time that a controller ran the campaign. Times are seconds since 1970, UTC.

    Attributes:
        number: 1 for the first.
        controller: Host, pid and what tells processes of one pid apart, with colons between them.
        started: When it began.
        heartbeat: When it was last heard of.
        ended: When it ended; None if it did not, or died.
        reason: Why it ended.
        finished: Whether the budget or the target was reached.
        worked: Seconds that it worked, pauses left out, up to its end or last heartbeat; None where that was not
            recorded.
        age: Seconds since the heartbeat, by the database's clock, when this was read.
    """

    number: int
    controller: str
    started: float
    heartbeat: float
    ended: float | None
    reason: str
    finished: bool
    worked: float | None = None
    age: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it worked, as far as is known."""
        return self.worked if self.worked is not None else max(0.0, (self.ended or self.heartbeat) - self.started)


@dataclass(frozen=True)
class Planned:
    """A trial as the search asked for it, and what was proposed for it.

    Attributes:
        number: The trial.
        parents: Numbers of its parents; empty for the seed.
        inspirations: Numbers of the trials shown beside them.
        failed: Numbers of the failures shown in the prompt.
        proposal: What was proposed; None if nothing was yet.
        after: How many trials the search had heard of when this one was planned; None if that was not recorded.
        arrived: Position in the order in which proposals were noted; None if there is none, or it was not recorded.
        told: Position in the order in which the search heard of trials; None while it has not.
        state: How far it is.
        hints: Numbers of the hints that it was given.
    """

    number: int
    parents: tuple[int, ...]
    inspirations: tuple[int, ...]
    failed: tuple[int, ...]
    proposal: Proposal | None
    after: int | None = None
    arrived: int | None = None
    told: int | None = None
    state: TrialState = TrialState.PLANNED
    hints: tuple[int, ...] = ()


@dataclass(frozen=True)
class Call:
    """One request to a model.

    Attributes:
        trial: The trial that it belongs to.
        call: 0 is the first prompt of the trial, 1 its repair.
        request: Counts up where the same call was sent again after a crash.
        state: `sent` while unanswered; `unknown` if a crash left it so, or its answer was lost on the way (its
            reservation counts as spent).
        prompt: What was sent.
        completion: What came back, verbatim; None unless answered.
        reserved: The most that it can have cost.
        error: Why it failed; empty unless failed.
        seed: What the model was to draw from.
        arrived: Position in the order in which answers were noted; None if there is none, or it was not recorded.
        attempts: How often it was sent to the provider; None while that is not known.
    """

    trial: int
    call: int
    request: int
    state: CallState
    prompt: Prompt
    completion: Completion | None
    reserved: Spend
    error: str = ""
    seed: int = 0
    arrived: int | None = None
    attempts: int | None = None

    @property
    def spent(self) -> Spend:
        """What it cost; for an unanswered request of a dead session, the most that it can have cost."""
        if self.completion is not None:
            return Spend(self.completion.dollars, self.completion.usage.total)
        return self.reserved if self.state == "unknown" else Spend()
