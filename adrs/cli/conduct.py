"""Running a session in the foreground: the view, the two interrupts, the last words and the exit code."""

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

import click

from adrs.campaign import session
from adrs.campaign.control import Watch
from adrs.campaign.parts import Outcome
from adrs.campaign.session import Opened
from adrs.cli.live import JsonView, LiveView, PlainView, View
from adrs.cli.output import notes_console
from adrs.cli.progress import Progress
from adrs.cli.summary import print_summary
from adrs.errors import GoalMissed, Interrupted


class Interrupts:
    """The first interrupt asks to stop; the second leaves at once."""

    def __init__(self) -> None:
        self._asked = Event()

    def reason(self) -> str | None:
        """Return why the user wants to stop, once they do."""
        return "interrupted; once more leaves at once" if self._asked.is_set() else None

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until the user wants to stop; return whether they do."""
        return self._asked.wait(seconds)

    def ask(self) -> None:
        """Stop, as if interrupted once."""
        self._asked.set()

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Take interrupts and termination requests while the block runs."""
        before = {number: signal.signal(number, self._take) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self._asked.is_set():
            # Workers and candidates die with this process; the archive holds all that was finished.
            os.write(sys.stderr.fileno(), b"\nleft at once; `adrs resume last` goes on\n")
            os._exit(130)
        self._asked.set()


def conduct(opened: Opened, interrupts: Interrupts, *, as_json: bool) -> None:
    """Run one session to its end and say what came of it.

    Raises:
        Interrupted: The user stopped it, or nobody reads its output any more.
        GoalMissed: The budget was used and the target was not reached.
        AdrsError: Our machinery failed; the campaign can be resumed.
    """
    progress = Progress(opened.problem, opened.config)
    _log_to(opened)
    try:
        with interrupts.caught(), open_view(progress, as_json=as_json) as view:
            outcome = session.run(opened, Watch(view, interrupts.reason, interrupts.ask))
        print_summary(opened, outcome, as_json=as_json)
        _leave(opened, outcome)
    except BrokenPipeError:
        raise _unread(opened.folder.name) from None
    finally:
        opened.archive.close()


def open_view(progress: Progress, *, as_json: bool) -> View:
    """Return the view that fits where the output goes."""
    if as_json:
        return JsonView(progress)
    return LiveView(progress) if notes_console().is_terminal and "NO_COLOR" not in os.environ else PlainView(progress)


def _leave(opened: Opened, outcome: Outcome) -> None:
    name = opened.folder.name
    if outcome.error is not None:
        click.echo(f"adrs: {name} is paused; `adrs resume {name}` goes on when this is mended:", err=True)
        raise outcome.error
    if outcome.interrupted:
        raise Interrupted(f"{name} stopped: nothing is lost", f"`adrs resume {name}` goes on.")
    if opened.config.target is not None and not outcome.reason.startswith("the target"):
        raise GoalMissed(f"{name} ended before the target: {outcome.reason}", f"`adrs resume {name} --trials +200`.")


def _unread(name: str) -> Interrupted:
    """Return the error for an output that nobody reads any more, which is not written to again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Interrupted(f"{name} stopped: nobody reads its output", f"`adrs resume {name}` goes on.")


def _log_to(opened: Opened) -> None:
    """Send log records to the run's folder, and none to the screen."""
    handler = logging.FileHandler(opened.folder.log)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
