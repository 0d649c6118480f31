"""One line in which all requests to one model wait for their turn."""

import math
import threading
from collections import deque
from dataclasses import dataclass
from random import Random

from adrs.errors import Interrupted, ProviderUnavailable
from adrs.llm import OutageTooLong
from adrs.llm.scheduling.circuit import Circuit
from adrs.llm.scheduling.clock import Clock, MachineClock
from adrs.llm.scheduling.pace import Pace
from adrs.llm.scheduling.weather import Cleared, Hear, Outage
from adrs.llm.scheduling.window import Entry, Window
from adrs.llm.waiting import Wait

_LOOK_SECONDS = 0.25  # how often a request that waits looks whether the user wants to stop
_SHORTEST_SECONDS = 0.001
_TOLD_SECONDS = 10.0  # a pause that a provider asks for is told of from this length on


@dataclass(frozen=True)
class Sent:
    """A request on its way."""

    entry: Entry
    probe: bool


class Scheduler:
    """Lets requests to one model go, first come first served, when its pace and its state allow it.

    Safe to use from many threads. The first in line waits for all conditions at once, and all others behind it, so
    none is overtaken.
    """

    def __init__(self, name: str, pace: Pace, *, hear: Hear, clock: Clock | None = None) -> None:
        """Schedule the requests to the model `name`; `hear` is told of outages, in the threads that meet them."""
        self._name = name
        self._pace = pace
        self._hear = hear
        self._clock = clock or MachineClock()
        self._circuit = Circuit(Random())
        self._window = Window(requests=pace.requests_per_minute, tokens=pace.tokens_per_minute)
        self._turn = threading.Condition()
        self._line: deque[object] = deque()
        self._flying = 0
        self._reason = ""
        self._told: Outage | None = None

    @property
    def calm(self) -> bool:
        """Whether the provider is up and nothing waits in line."""
        with self._turn:
            return not self._circuit.open and not self._line

    def enter(self, tokens: int, wait: Wait) -> Sent:
        """Wait until a request of at most so many tokens may be sent, and note that it is.

        Raises:
            OutageTooLong: The outage lasts too long, or the pause that the provider asks for.
            Interrupted: `wait` said to stop.
        """
        me = object()
        with self._turn:
            self._line.append(me)
            try:
                while (delay := self._delay(me, tokens)) > 0:
                    self._look(wait)
                    self._clock.rest(self._turn, min(max(delay, _SHORTEST_SECONDS), _LOOK_SECONDS))
                self._flying += 1
                return Sent(self._window.enter(tokens, self._clock.now()), self._circuit.enter())
            finally:
                self._line.remove(me)
                self._turn.notify_all()

    def answered(self, sent: Sent, tokens: int | None = None) -> None:
        """Note that the provider answered a request, by a completion of so many tokens or by a refusal."""
        with self._turn:
            self._leave(sent, 0 if tokens is None else tokens)
            since = self._circuit.since
            self._circuit.good(self._clock.now(), probe=sent.probe)
            if self._told is not None and since is not None and not self._circuit.open:
                self._told = None
                self._hear(Cleared(self._name, self._clock.now() - since))

    def failed(self, sent: Sent, error: ProviderUnavailable, *, first: Sent, tokens: int = 0) -> bool:
        """Note that the provider was unavailable; return whether the request is to wait in line again.

        It is where all requests are held back now, unless the call, whose first request was `first`, has been at it
        for as long as an outage is waited out.
        """
        with self._turn:
            self._leave(sent, tokens)
            self._reason = str(error)
            self._circuit.bad(self._clock.now(), retry_after=error.retry_after, probe=sent.probe)
            self._tell()
            return self._circuit.open and sent.entry.at - first.entry.at <= self._pace.outage_seconds

    def _leave(self, sent: Sent, tokens: int) -> None:
        self._flying -= 1
        self._window.settle(sent.entry, tokens)
        self._circuit.leave(probe=sent.probe)
        self._turn.notify_all()

    def _delay(self, me: object, tokens: int) -> float:
        """Return the seconds until it is the turn of `me`, as far as is known now."""
        full = self._pace.concurrency is not None and self._flying >= self._pace.concurrency
        if self._line[0] is not me or full:
            return math.inf
        now = self._clock.now()
        return max(self._circuit.delay(now), self._window.delay(tokens, now))

    def _look(self, wait: Wait) -> None:
        """End the waiting where it makes no sense any more."""
        if wait(0):
            raise Interrupted(f"stopped while {self._name!r} was waited for", "`adrs resume` asks again.")
        since = self._circuit.since
        if since is None:
            return
        if max(self._clock.now(), self._circuit.held_until) - since > self._pace.outage_seconds:
            raise OutageTooLong(self._reason, "Ask again later, or raise `outage_seconds`.")

    def _tell(self) -> None:
        circuit, now, today = self._circuit, self._clock.now(), self._clock.today()
        if circuit.since is None or self._told is not None:
            return
        if circuit.broken or circuit.next - now >= _TOLD_SECONDS:
            self._told = Outage(self._name, self._reason, today - (now - circuit.since), today + circuit.next - now)
            self._hear(self._told)
