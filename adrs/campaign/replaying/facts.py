"""What a replay takes from an archive, and how it says what came out otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

from adrs.archive import Archive, Call, CampaignRecord, Planned, Session
from adrs.campaign.forking import Origin, origin, sequential
from adrs.config import CampaignConfig
from adrs.evaluation import Evaluation
from adrs.problem import Problem
from adrs.trial import Trial

Kind: TypeAlias = Literal[
    "order", "evaluation", "parents", "prompt", "seed", "call", "edit", "duplicate", "validation", "audit", "promotion"
]
KINDS: Sequence[Kind] = (
    "order",
    "evaluation",
    "parents",
    "prompt",
    "seed",
    "call",
    "edit",
    "duplicate",
    "validation",
    "audit",
    "promotion",
)
"""In the order in which they follow from each other within a trial."""


@dataclass(frozen=True)
class Divergence:
    """A decision that comes out otherwise than it is recorded.

    Attributes:
        trial: The trial that it is about.
        kind: What was decided.
        recorded: What the archive says, in words.
        replayed: What comes out, in words.
    """

    trial: int
    kind: Kind
    recorded: str
    replayed: str

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands among others: by trial, then by kind."""
        return self.trial, KINDS.index(self.kind)


@dataclass(frozen=True)
class Facts:
    """What is recorded of a campaign, read once."""

    archive: Archive
    record: CampaignRecord
    problem: Problem
    config: CampaignConfig
    plans: Sequence[Planned]
    told: Sequence[Trial]
    """In the order in which the search heard of them."""
    trained: Mapping[int, Evaluation]
    judged: Mapping[int, Evaluation]
    arrivals: Mapping[int, int | None]
    """Positions of the evaluations in `judged` among all evaluations."""
    events: Sequence[tuple[float, str, Mapping[str, Any]]]
    """Time, kind and data, oldest first."""
    sessions: Sequence[Session]

    @cached_property
    def trials(self) -> Mapping[int, Trial]:
        return {trial.number: trial for trial in self.told}

    @cached_property
    def calls(self) -> Mapping[int, list[Call]]:
        """The requests of each trial, in the order in which they were sent."""
        found: dict[int, list[Call]] = {}
        for call in self.archive.calls():
            found.setdefault(call.trial, []).append(call)
        return found

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the data of all events of a kind."""
        return [data for _, each, data in self.events if each == kind]

    def inherited(self, kind: str) -> int:
        """Return how many of the events of a kind a fork inherited."""
        if self.origin is None:
            return 0
        kinds = [each for _, each, _ in self.events]
        return kinds[: kinds.index("forked")].count(kind)

    def begun(self, at: float) -> int:
        """Return how many sessions had begun at a time."""
        return sum(session.started <= at for session in self.sessions)

    @cached_property
    def sequential(self) -> bool:
        """Whether one thing was done at a time throughout, so that every order follows from the numbers."""
        return sequential(self.archive)

    @cached_property
    def origin(self) -> Origin | None:
        """Where the first trials are from, in a fork: these are taken as given."""
        return origin(self.archive)

    def given(self, number: int) -> bool:
        """Return whether a trial was inherited."""
        return self.origin is not None and number <= self.origin.trial

    @property
    def finished(self) -> bool:
        """Whether the last session ended with nothing left to do."""
        return bool(self.sessions) and self.sessions[-1].finished


def read(archive: Archive, problem: Problem) -> Facts:
    """Return what is recorded of a campaign on `problem`."""
    record = archive.record()
    told, plans = archive.trials(), archive.plans()
    planned = {plan.number for plan in plans if plan.told is not None}
    return Facts(
        archive=archive,
        record=record,
        problem=problem,
        config=CampaignConfig.model_validate(record.config),
        plans=plans,
        told=[trial for trial in told if trial.number in planned],
        trained=archive.evaluations("train"),
        judged=archive.evaluations(problem.judged),
        arrivals=archive.arrivals(problem.judged),
        events=archive.events(),
        sessions=archive.sessions(),
    )
