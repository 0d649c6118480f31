"""What a campaign has begun and not ended, and what it may have paid for in vain."""

from collections.abc import Sequence
from dataclasses import dataclass

from adrs.archive import Archive, running
from adrs.archive.states import TrialState


@dataclass(frozen=True)
class Unfinished:
    """A trial that the search has not heard of: its number, how far it is, and what it learns from."""

    trial: int
    state: TrialState
    parents: Sequence[int]


@dataclass(frozen=True)
class Unknown:
    """A request that may have been billed and was never answered; its reservation counts as spent.

    Attributes:
        trial: Whose.
        call: 0 is the first prompt of the trial, 1 its repair.
        dollars: The most that it can have cost.
        tokens: The most tokens that it can have used.
    """

    trial: int
    call: int
    dollars: float
    tokens: int


def unfinished(archive: Archive) -> list[Unfinished]:
    """Return the unfinished trials, by number."""
    return [Unfinished(plan.number, plan.state, plan.parents) for plan in archive.planned()]


def unknown(archive: Archive) -> list[Unknown]:
    """Return the requests whose fate is unknown, by trial; where nobody is at work, those without an answer too."""
    states = {"unknown"} if running(archive.sessions()) else {"unknown", "sent"}
    lost = sorted((call for call in archive.calls() if call.state in states), key=lambda call: (call.trial, call.call))
    return [Unknown(call.trial, call.call, call.reserved.dollars, call.reserved.tokens) for call in lost]
