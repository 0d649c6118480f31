"""What a loop is put together from, and what comes of it."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from adrs.archive import Archive
from adrs.budget import Budget
from adrs.config import CampaignConfig
from adrs.evaluation import Audit, Evaluation
from adrs.events import Event
from adrs.problem import Problem, Split
from adrs.program import Program
from adrs.proposing import Proposer
from adrs.search import Search


class Evaluations(Protocol):
    """Where programs are evaluated and audited."""

    @property
    def free(self) -> int:
        """How many more evaluations or audits can begin now."""
        ...

    def evaluate(self, program: Program, split: Split) -> "Future[Evaluation]":
        """Begin one."""
        ...

    def audit(self, program: Program, before: Evaluation, key: int) -> "Future[Audit]":
        """Begin an audit of a program against its valid evaluation; all that it draws follows from `key`."""
        ...


@dataclass(frozen=True)
class Parts:
    """What a loop is put together from."""

    problem: Problem
    config: CampaignConfig
    archive: Archive
    budget: Budget
    search: Search
    proposer: Callable[[int], Proposer]
    """Makes the proposer of one trial."""
    evaluations: Evaluations
    threads: ThreadPoolExecutor
    tell_user: Callable[[Event], None]
    stop_asked: Callable[[], str | None]
    """Returns why the user wants to stop, once they do; called often."""
    tick: Callable[[], None]
    """Called about once a second: the heartbeat."""
    seconds: Callable[[], float]
    """Wall time of the campaign so far, earlier sessions included, pauses not."""
    stop_waiting: Callable[[], None] = lambda: None
    """Lets models that wait stop waiting."""
    held: Callable[[int], bool] = lambda in_flight: False
    """Returns whether nothing new may begin, given how many things are in flight; rests a moment if so, and none is."""
    hints: Callable[[], Sequence[int]] = lambda: ()
    """Returns the numbers of the hints for a trial that is planned now."""


@dataclass(frozen=True)
class Outcome:
    """How a session of the loop ended.

    Attributes:
        reason: In words.
        finished: A limit of the budget or the target was reached, so there is nothing left to do.
        error: What our own machinery failed with; the campaign can be resumed.
        interrupted: The user asked to stop.
    """

    reason: str
    finished: bool = False
    error: Exception | None = None
    interrupted: bool = False
