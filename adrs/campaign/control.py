"""What people ask of a running session from elsewhere, by way of the archive: to stop, to pause, to continue."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Semaphore
from types import TracebackType
from typing import Literal, TypeAlias

from adrs.archive import Archive, Session, running
from adrs.errors import GoalMissed, Interrupted
from adrs.events import Continued, Listener, Paused

Request: TypeAlias = Literal["stop", "pause", "continue"]

_POLL_SECONDS = 1.0
_REST_SECONDS = 0.2


@dataclass(frozen=True)
class Watch:
    """Who watches a session, and who may ask it to stop.

    Attributes:
        listener: Hears of everything that happens, in the controller's thread.
        stop_asked: Returns why the user wants to stop, once they do.
        stop: Called where `adrs stop` asks for it, so that models that wait stop waiting.
    """

    listener: Listener
    stop_asked: Callable[[], str | None]
    stop: Callable[[], None]


def ask(archive: Archive, name: str, what: Request) -> None:
    """Ask the session of the run `name` that is at work for something; it hears of it within about a second.

    Raises:
        GoalMissed: No session is at work.
    """
    sessions = archive.sessions()
    if not running(sessions):
        raise GoalMissed(f"{name!r} is not running", f"`adrs status {name}` says how it stands.")
    archive.add_event("asked", {"what": what, "session": sessions[-1].number})


def pause_asked(archive: Archive) -> bool:
    """Return whether a session is at work that was asked to pause, and not to continue since."""
    sessions = archive.sessions()
    wanted = [data["what"] for _, data in archive.noted("asked") if data.get("session") == len(sessions)]
    return running(sessions) and [what for what in wanted if what != "stop"][-1:] == ["pause"]


def paused(archive: Archive) -> bool:
    """Return whether a session is at work, and pauses."""
    sessions = archive.sessions()
    return running(sessions) and _open_pause(archive, sessions[-1]) is not None


def worked_seconds(archive: Archive) -> float:
    """Return the wall time of a campaign over all its sessions, and of the history that it was forked with.

    Pauses do not count.
    """
    inherited = sum(float(data["seconds"]) for _, _, data in archive.events("forked"))
    return inherited + sum(session.seconds for session in archive.sessions())


def throttled(call: Callable[[], None], seconds: float) -> Callable[[], None]:
    """Return a function that calls `call` at most once in so many seconds."""
    last = float("-inf")

    def tick() -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            call()

    return tick


class Control:
    """What was asked of one session so far; requests that were made before it began do not count."""

    def __init__(self, archive: Archive, session: int, watch: Watch) -> None:
        self._archive = archive
        self._session = session
        self._watch = watch
        self._heard = max((number for number, _ in archive.noted("asked")), default=0)
        self._look = throttled(self._read, _POLL_SECONDS)
        self._going = threading.Event()
        self._going.set()
        self._stopped = False
        self._begun = self._since = time.monotonic()
        self._rested = 0.0

    def stop_asked(self) -> str | None:
        """Return why the session is to stop, once it is."""
        self._look()
        return "`adrs stop` asked for it" if self._stopped else self._watch.stop_asked()

    def held(self, in_flight: int) -> bool:
        """Return whether nothing new may begin; rest for a moment if so, and nothing is in flight."""
        self._look()
        if not self._going.is_set() and self.stop_asked() is not None:
            self._go_on()
        if self._going.is_set():
            return False
        if in_flight == 0:
            time.sleep(_REST_SECONDS)
        return True

    def seconds(self) -> float:
        """Return how long the session has worked, pauses left out."""
        resting = 0.0 if self._going.is_set() else time.monotonic() - self._since
        return time.monotonic() - self._begun - self._rested - resting

    @property
    def resting(self) -> bool:
        """Whether the session pauses."""
        return not self._going.is_set()

    def turns(self, slots: Semaphore) -> "Turns":
        """Return the slots, of which none can be taken during a pause."""
        return Turns(slots, self)

    def pass_on(self) -> None:
        """Wait for the end of a pause.

        Raises:
            Interrupted: The session is to stop; what was not sent stays unsent.
        """
        if self._going.is_set():
            return
        self._going.wait()
        if self._stopped or self._watch.stop_asked() is not None:
            raise Interrupted("stopped before the request was sent", "`adrs resume RUN` goes on.")

    def _read(self) -> None:
        for number, data in self._archive.noted("asked", after=self._heard):
            self._heard = number
            if data.get("session", self._session) == self._session:
                self._take(data["what"])

    def _take(self, what: Request) -> None:
        if what == "stop" and not self._stopped:
            self._stopped = True
            self._watch.stop()
            self._go_on()
        elif what == "pause" and self._going.is_set() and not self._stopped:
            self._since = time.monotonic()
            self._going.clear()
            self._archive.add_event("paused", {"session": self._session})
            self._watch.listener(Paused())
        elif what == "continue":
            self._go_on()

    def _go_on(self) -> None:
        if self._going.is_set():
            return
        seconds = time.monotonic() - self._since
        self._rested += seconds
        self._archive.add_event("continued", {"session": self._session, "seconds": seconds})
        self._going.set()
        self._watch.listener(Continued())


class Turns:
    """Slots for requests; taken when a request is sent, and not during a pause."""

    def __init__(self, slots: Semaphore, control: Control) -> None:
        self._slots = slots
        self._control = control

    def __enter__(self) -> None:
        self._slots.acquire()
        try:
            self._control.pass_on()
        except BaseException:
            self._slots.release()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._slots.release()


def _open_pause(archive: Archive, session: Session) -> float | None:
    """Return when a pause of a session began that was never ended; None if there is none."""
    began = [at for at, _, data in archive.events("paused") if data["session"] == session.number]
    ended = sum(data["session"] == session.number for _, data in archive.noted("continued"))
    return began[-1] if len(began) > ended else None
