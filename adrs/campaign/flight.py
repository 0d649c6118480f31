"""What a loop has in flight, and what it knows while it runs."""

import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Literal

from adrs.campaign.decisions import Meanings
from adrs.campaign.parts import Outcome
from adrs.program import Program
from adrs.trial import Trial

_TICK_SECONDS = 1.0


@dataclass(frozen=True)
class Task:
    """Something that is being waited for, since a time of the monotonic clock."""

    kind: Literal["propose", "train", "validation", "audit"]
    number: int
    program: Program | None = None
    retried: bool = False
    since: float = field(default_factory=time.monotonic)


@dataclass
class State:
    """What the loop knows; all of it can be rebuilt from the archive.

    Attributes:
        began: Whether the search has heard of a trial.
        validating: Trials whose validation is to come.
        promised: Trials taken up from an earlier session, and whether there is room for their evaluation.
        meanings: Which programs were tried.
        next_number: Of the next trial.
        waiting: What is waited for.
        done: What needs to be waited for no longer.
        queue: Evaluations and audits to come.
        ending: Why no more is planned, once that is so.
        closing: Whether what was not sent or begun is left for another session.
        auditing: Whether an audit is to come.
    """

    began: bool = False
    validating: dict[int, Trial] = field(default_factory=dict)
    promised: dict[int, bool] = field(default_factory=dict)
    meanings: Meanings = field(default_factory=Meanings)
    next_number: int = 0
    waiting: "dict[Future[Any], Task]" = field(default_factory=dict)
    done: "SimpleQueue[Future[Any]]" = field(default_factory=SimpleQueue)
    queue: deque[Task] = field(default_factory=deque)
    ending: Outcome | None = None
    closing: bool = False
    auditing: bool = False

    @property
    def in_flight(self) -> int:
        return len(self.waiting) + len(self.queue)

    def wait_for(self, future: "Future[Any]", task: Task) -> None:
        """Put something among what is waited for."""
        self.waiting[future] = task
        future.add_done_callback(self.done.put)

    def ended(self) -> "list[tuple[Task, Future[Any]]]":
        """Wait a little for what is waited for; return what has ended, by trial."""
        found = []
        with suppress(Empty):
            if self.waiting:
                found.append(self.done.get(timeout=_TICK_SECONDS))
            while self.waiting:
                found.append(self.done.get_nowait())
        pairs = [(self.waiting.pop(future), future) for future in found]
        return sorted(pairs, key=lambda pair: pair[0].number)
