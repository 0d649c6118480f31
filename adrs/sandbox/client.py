"""The host's end of a candidate: calls, deadlines and the judgement of how it failed."""

import math
import os
import select
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn

from adrs.errors import EvaluatorBroken, SandboxUnavailable
from adrs.evaluation import CandidateFailed, Status
from adrs.problem import Limits
from adrs.program import Program
from adrs.sandbox import Data, Held, Timed, frames
from adrs.sandbox.link import PATIENCE, Exit, Link
from adrs.sandbox.meter import Meter, Overdrawn

_FAILURES = {status.value: status for status in (Status.CRASHED, Status.INVALID, Status.OUT_OF_MEMORY)}
_LONGEST_MESSAGE = 4000
_EMPTY_CALLS = 25


@contextmanager
def candidate(link: Link, program: Program, limits: Limits, *, timed: bool = False) -> "Iterator[Remote]":
    """Load `program` into a fresh process of `link`; end it, and all that it started, on leaving.

    Args:
        link: The runner.
        program: What to load.
        limits: What it may use.
        timed: Whether its calls can be timed.

    Raises:
        CandidateFailed: The program does not load, or has said more than it was asked (on leaving).
        SandboxUnavailable: The wall itself failed.
    """
    if len(program.source.encode(errors="replace")) > limits.source_kb << 10:
        raise CandidateFailed(Status.INVALID, f"the program is longer than {limits.source_kb} KiB")
    remote = Remote(link, limits)
    try:
        remote.meet(timed=timed)
        remote.load(program.source)
        yield remote
        remote.finish()
    finally:
        remote.close()


class Remote:
    """A candidate behind the wall. After a failure, every call fails alike.

    Attributes:
        violent: Whether it broke the rules of the conversation, was killed by the kernel, or left something running.
    """

    def __init__(self, link: Link, limits: Limits) -> None:
        self._link = link
        self._limits = limits
        self._inbox = frames.Inbox(limits.answer_mb << 20, writable=True)
        self._readable, self._writable = select.poll(), select.poll()
        self._deadline = math.inf
        self._meter = Meter(link, limits.cpu_seconds)
        self._charged_seconds = 0.0
        self._wall_seconds = 0.0
        self._empty: Timed | None = None
        self.violent = False
        self._keys: set[int] = set()
        self._exit: Exit | None = None
        self._failure: CandidateFailed | None = None
        self._socket = link.open(limits)  # last: from here on there is something to be ended
        self._readable.register(self._socket, select.POLLIN)
        self._writable.register(self._socket, select.POLLOUT)

    def meet(self, *, timed: bool) -> None:
        """Wait until the process is locked; measure what an empty call takes, before the program can interfere.

        Raises:
            SandboxUnavailable: The process did not start, or is not locked.
        """
        try:
            locked = frames.decode(self._receive(time.monotonic() + PATIENCE))
        except (TimeoutError, EOFError, OSError, frames.FrameError) as error:
            raise SandboxUnavailable(f"a candidate's process did not start: {error!r}", "See `adrs doctor`.") from None
        if locked != ["locked"]:
            raise SandboxUnavailable(f"a candidate's process is not locked: {locked!r}", "See `adrs doctor`.")
        self._deadline = time.monotonic() + self._limits.seconds
        if timed:
            self._calibrate()

    def load(self, source: str) -> None:
        """Hand the program over and wait until it has run once from top to bottom."""
        self._ask("load", source)
        self._charged_seconds = self._meter.used

    def hold(self, value: Data) -> Held:
        key = _unguessable()
        self._ask("hold", key, value)
        self._keys.add(key)
        return Held(key)

    def call(self, function: str, *args: Data) -> Data:
        return self._ask("call", function, *args)

    def timed(self, function: str, *args: Data) -> Timed:
        if self._empty is None:
            raise RuntimeError("calls are timed where the wall was asked for it (`Needs.timed`)")
        value = self._ask("call", function, *args)
        cpu = self._meter.used - self._charged_seconds - self._empty.cpu_seconds
        self._charged_seconds = self._meter.used
        return Timed(value, max(0.0, cpu), max(0.0, self._wall_seconds - self._empty.wall_seconds))

    def call_many(self, function: str, calls: Sequence[Sequence[Data]]) -> list[Data]:
        answers = self._ask("many", function, *(list(call) for call in calls))
        if not isinstance(answers, list) or len(answers) != len(calls):
            self._fail(Status.INVALID, f"it did not answer {len(calls)} calls with as many answers")
        return answers

    def finish(self) -> None:
        """Fail a candidate that has said more than it was asked."""
        with suppress(ConnectionError, BlockingIOError):  # it has died since, or sent urgent data: its answers stand
            if self._failure is None and self._readable.poll(0) and self._socket.recv(1):
                self._violate("it said something after its last answer")

    def close(self) -> None:
        """End the candidate and everything that it started."""
        try:
            self._end()
        finally:
            self._socket.close()

    def _ask(self, verb: str, *rest: Data) -> Data:
        """Send a request and return the answer; every way in which a candidate can fail is judged here."""
        if self._failure:
            raise CandidateFailed(self._failure.status, self._failure.message)
        ticket = _unguessable()  # the answer must repeat it, so that none comes before its question
        try:
            buffers = frames.encode([verb, ticket, *rest], key=self._key)
        except frames.FrameError as error:
            raise EvaluatorBroken(f"an argument cannot travel: {error}", "Mend the pack's evaluator.") from None
        began = time.monotonic()
        until = min(began + self._limits.call_seconds, self._deadline)
        try:
            self._transmit(buffers, until)
            frame = self._receive(until)
            self._wall_seconds = time.monotonic() - began
            if self._empty:
                self._meter.read()
            reply = frames.decode(frame, most=frames.MAX_CONTAINERS)
        except Overdrawn:
            self._fail(Status.TIMED_OUT, _overdrawn(self._limits))
        except TimeoutError:
            self._fail(Status.TIMED_OUT, self._too_late(until))
        except (EOFError, ConnectionError):
            self._fail(*_verdict(self._end(), self._limits))
        except frames.FrameError as error:
            self._violate(f"its answer cannot be taken: {error}")
        return self._judge(reply, ticket)

    def _calibrate(self) -> None:
        """Measure empty calls; the middle one is what every call is cleared of."""
        self._empty = Timed(None, 0.0, 0.0)
        calls = []
        for _ in range(_EMPTY_CALLS):
            before = self._meter.used
            self._ask("empty")
            calls.append((self._meter.used - before, self._wall_seconds))
        cpu, wall = (statistics.median(column) for column in zip(*calls, strict=True))
        self._empty = Timed(None, cpu, wall)

    def _key(self, value: object) -> int | None:
        if not isinstance(value, Held):
            return None
        if value.key not in self._keys:
            raise frames.FrameError("data held for another evaluation, or not at all")
        return value.key

    def _transmit(self, buffers: Sequence[memoryview], until: float) -> None:
        while buffers:
            try:
                buffers = frames.push(self._socket, buffers)
            except BlockingIOError:
                self._wait(self._writable, until)

    def _receive(self, until: float) -> frames.Frame:
        while True:
            self._wait(self._readable, until)
            with suppress(BlockingIOError):
                while True:
                    frame = self._inbox.receive(self._socket)
                    if frame is not None:
                        return frame

    def _judge(self, reply: Data, ticket: int) -> Data:
        match reply:
            case [str(verb), int(echo), value] if verb == "answer" and echo == ticket:
                return value
            case [str(verb), int(echo), str(kind), str(message)] if verb == "failed" and echo == ticket:
                return self._fail(_FAILURES.get(kind, Status.CRASHED), message)
        return self._violate("it answered something that was not asked")

    def _wait(self, event: select.poll, until: float) -> None:
        """Wait for `event`; look at the CPU time whenever so much may have been used."""
        while True:
            now = time.monotonic()
            rest = min(until, self._meter.earliest_end) - now
            if rest > 0 and event.poll(math.ceil(rest * 1000)):
                return
            if time.monotonic() >= until:
                raise TimeoutError
            self._meter.check()

    def _too_late(self, until: float) -> str:
        if until == self._deadline:
            return f"the evaluation took more than {self._limits.seconds:g} s in all"
        return f"a call took more than {self._limits.call_seconds:g} s"

    def _end(self) -> Exit:
        if self._exit is None:
            self._exit = self._link.end()
            self.violent |= self._exit.survivors or self._exit.out_of_memory
        return self._exit

    def _violate(self, message: str) -> NoReturn:
        """Fail a candidate that does not keep to the conversation."""
        self.violent = True
        self._fail(Status.INVALID, message)

    def _fail(self, status: Status, message: str) -> NoReturn:
        """Record the failure and end the candidate at once, whatever the evaluator makes of the exception."""
        self._failure = CandidateFailed(status, message[:_LONGEST_MESSAGE])
        self._end()
        raise self._failure


def _unguessable() -> int:
    return int.from_bytes(os.urandom(6), "little")


def _overdrawn(limits: Limits) -> str:
    return f"it used more than {limits.cpu_seconds:g} s of CPU time"


def _verdict(end: Exit, limits: Limits) -> tuple[Status, str]:
    """Return what it means that a candidate's process ended by itself."""
    if end.signal == "SIGXCPU" or (end.signal == "SIGKILL" and end.cpu_seconds >= limits.cpu_seconds):
        return Status.TIMED_OUT, _overdrawn(limits)
    if end.signal == "SIGKILL" and end.out_of_memory:
        return Status.OUT_OF_MEMORY, "the kernel ended it for using too much memory"
    if end.signal == "SIGKILL":
        return Status.CRASHED, "it closed its connection"
    if end.signal:
        return Status.CRASHED, f"its process was ended by {end.signal}"
    return Status.CRASHED, f"its process ended with exit status {end.code}"
