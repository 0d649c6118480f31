"""Runners kept ready: one in use and, where one is about to be needed, another ahead."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol

from adrs.errors import SandboxUnavailable
from adrs.problem import Limits
from adrs.program import Program
from adrs.sandbox import Needs, TimedPolicy
from adrs.sandbox.client import candidate
from adrs.sandbox.link import Link

LIFETIME = 1000
"""Candidates that one runner serves, at most, before it is replaced."""


class Runner(Protocol):
    """A runner that answers, and whatever must be ended with it."""

    @property
    def link(self) -> Link: ...

    def close(self) -> None:
        """End it and all that runs in it."""
        ...


class Runners:
    """Serves candidates one at a time, each in a fresh process of a runner.

    A runner is replaced in the background: after every candidate where isolation is `fresh`, else after one that did
    violence and after `LIFETIME` of them. One that has died, or has too little memory, is replaced at once.

    Args:
        start: Starts a runner for candidates of so many MiB; raises `SandboxUnavailable`.
        needs: What is asked of the wall.
    """

    def __init__(self, start: Callable[[int], Runner], needs: Needs) -> None:
        self._start = start
        self._fresh, self._timed = needs.isolation == "fresh", needs.timed
        self._background = ThreadPoolExecutor(1, thread_name_prefix="runners")
        self._current: Runner | None = None
        self._ahead: Future[Runner] | None = None
        self._memory_mb = 0
        self._served = 0

    @contextmanager
    def open(self, program: Program, limits: Limits) -> Iterator[TimedPolicy]:
        """Load `program` behind the wall; end all that it started on leaving."""
        link = self.ready(limits.memory_mb).link
        if self._fresh and not self._timed:  # what starts beside a candidate that is timed would slow it down
            self._prepare()
        violent = False
        try:
            with candidate(link, program, limits, timed=self._timed) as remote:
                try:
                    yield remote
                finally:
                    violent = remote.violent
        finally:
            self._served += 1
            self._replace_where_due(violent=violent)

    def ready(self, memory_mb: int = 0) -> Runner:
        """Return a runner that waits for a candidate; it has at least `memory_mb` for one."""
        wanted = memory_mb or self._memory_mb or Limits().memory_mb
        if wanted > self._memory_mb:
            self.close()
            self._memory_mb = wanted
        if self._current is not None and not self._current.link.alive:
            self._retire()
        if self._current is None:
            self._current = self._next()
            self._served = 0
        return self._current

    def close(self) -> None:
        """End every runner."""
        self._retire()
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            self._background.submit(_end, ahead)
        self._background.shutdown(wait=True)
        self._background = ThreadPoolExecutor(1, thread_name_prefix="runners")

    def _replace_where_due(self, *, violent: bool) -> None:
        if self._fresh or violent:
            self._retire()
        if violent or self._served >= LIFETIME:
            self._prepare()
        if self._served >= LIFETIME and self._ahead is not None and self._ahead.done():
            self._retire()

    def _prepare(self) -> None:
        if self._ahead is None:
            self._ahead = self._background.submit(self._start, self._memory_mb)

    def _next(self) -> Runner:
        self._prepare()
        assert self._ahead is not None
        ahead, self._ahead = self._ahead, None
        runner = ahead.result()
        if runner.link.alive:
            return runner
        runner.close()
        return self._start(self._memory_mb)

    def _retire(self) -> None:
        """End the runner in use, in the background."""
        if self._current is not None:
            self._background.submit(self._current.close)
            self._current = None


def _end(ahead: "Future[Runner]") -> None:
    """End a runner that nobody came to use; if it never started, there is nothing to end."""
    try:
        ahead.result().close()
    except SandboxUnavailable:
        return
