"""The host's end of a candidate: calls, deadlines and the judgement of how it failed."""

import math
import os
import select
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn

from adrs.errors import EvaluatorBroken, SandboxUnavailable
from adrs.evaluation import CandidateFailed, Status
from adrs.problem import Limits
from adrs.program import Program
from adrs.sandbox import Data, Held, Policy, frames
from adrs.sandbox.link import PATIENCE, Exit, Link

_FAILURES = {status.value: status for status in (Status.CRASHED, Status.INVALID, Status.OUT_OF_MEMORY)}
_LONGEST_MESSAGE = 4000


@contextmanager
def candidate(link: Link, program: Program, limits: Limits) -> Iterator[Policy]:
    """Load `program` into a fresh process of `link`; end it, and all that it started, on leaving.

    Raises:
        CandidateFailed: The program does not load, or has said more than it was asked (on leaving).
        SandboxUnavailable: The wall itself failed.
    """
    if len(program.source.encode(errors="replace")) > limits.source_kb << 10:
        raise CandidateFailed(Status.INVALID, f"the program is longer than {limits.source_kb} KiB")
    remote = Remote(link, limits)
    try:
        remote.load(program.source)
        yield remote
        remote.finish()
    finally:
        remote.close()


class Remote:
    """A candidate behind the wall. After a failure, every call fails alike."""

    def __init__(self, link: Link, limits: Limits) -> None:
        self._link = link
        self._limits = limits
        self._socket = link.open(limits)
        self._inbox = frames.Inbox(limits.answer_mb << 20, writable=True)
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(self._socket, select.POLLIN)
        self._writable.register(self._socket, select.POLLOUT)
        self._deadline = math.inf
        self._keys: set[int] = set()
        self._exit: Exit | None = None
        self._failure: CandidateFailed | None = None

    def load(self, source: str) -> None:
        """Hand the program over and wait until it has run once from top to bottom."""
        try:
            locked = frames.decode(self._receive(time.monotonic() + PATIENCE))
        except (TimeoutError, EOFError, OSError, frames.FrameError) as error:
            raise SandboxUnavailable(f"a candidate's process did not start: {error!r}", "See `adrs doctor`.") from None
        if locked != ["locked"]:
            raise SandboxUnavailable(f"a candidate's process is not locked: {locked!r}", "See `adrs doctor`.")
        self._deadline = time.monotonic() + self._limits.seconds
        self._ask("load", source)

    def hold(self, value: Data) -> Held:
        key = _unguessable()
        self._ask("hold", key, value)
        self._keys.add(key)
        return Held(key)

    def call(self, function: str, *args: Data) -> Data:
        return self._ask("call", function, *args)

    def call_many(self, function: str, calls: Sequence[Sequence[Data]]) -> list[Data]:
        answers = self._ask("many", function, *(list(call) for call in calls))
        if not isinstance(answers, list) or len(answers) != len(calls):
            self._fail(Status.INVALID, f"it did not answer {len(calls)} calls with as many answers")
        return answers

    def finish(self) -> None:
        """Fail a candidate that has said more than it was asked."""
        with suppress(ConnectionError):  # it has died since: its answers stand
            if self._failure is None and self._readable.poll(0) and self._socket.recv(1):
                self._fail(Status.INVALID, "it said something after its last answer")

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
        until = min(time.monotonic() + self._limits.call_seconds, self._deadline)
        try:
            self._transmit(buffers, until)
            reply = frames.decode(self._receive(until))
        except TimeoutError:
            self._fail(Status.TIMED_OUT, self._too_late(until))
        except (EOFError, ConnectionError):
            self._fail(*_verdict(self._end(), self._limits))
        except frames.FrameError as error:
            self._fail(Status.INVALID, f"its answer cannot be taken: {error}")
        return self._judge(reply, ticket)

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
                _wait(self._writable, until)

    def _receive(self, until: float) -> frames.Frame:
        while True:
            _wait(self._readable, until)
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
        return self._fail(Status.INVALID, "it answered something that was not asked")

    def _too_late(self, until: float) -> str:
        if until == self._deadline:
            return f"the evaluation took more than {self._limits.seconds:g} s in all"
        return f"a call took more than {self._limits.call_seconds:g} s"

    def _end(self) -> Exit:
        if self._exit is None:
            self._exit = self._link.end()
        return self._exit

    def _fail(self, status: Status, message: str) -> NoReturn:
        """Record the failure and end the candidate at once, whatever the evaluator makes of the exception."""
        shown = (letter if letter.isprintable() or letter == "\n" else "?" for letter in message[:_LONGEST_MESSAGE])
        self._failure = CandidateFailed(status, "".join(shown))
        self._end()
        raise self._failure


def _unguessable() -> int:
    return int.from_bytes(os.urandom(6), "little")


def _wait(event: select.poll, until: float) -> None:
    remaining = until - time.monotonic()
    if remaining <= 0 or not event.poll(math.ceil(remaining * 1000)):
        raise TimeoutError


def _verdict(end: Exit, limits: Limits) -> tuple[Status, str]:
    """Return what it means that a candidate's process ended by itself."""
    if end.signal == "SIGXCPU" or (end.signal == "SIGKILL" and end.cpu_seconds >= limits.cpu_seconds):
        return Status.TIMED_OUT, f"it used more than {limits.cpu_seconds:g} s of CPU time"
    if end.signal == "SIGKILL" and end.out_of_memory:
        return Status.OUT_OF_MEMORY, "the kernel ended it for using too much memory"
    if end.signal == "SIGKILL":
        return Status.CRASHED, "it closed its connection"
    if end.signal:
        return Status.CRASHED, f"its process was ended by {end.signal}"
    return Status.CRASHED, f"its process ended with exit status {end.code}"
