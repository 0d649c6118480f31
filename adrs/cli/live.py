"""What a person sees while a campaign runs: a live screen on a terminal, single lines elsewhere, or JSON Lines."""

import time
from contextlib import AbstractContextManager
from dataclasses import asdict
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from adrs.campaign.audits import audit_json
from adrs.cli.output import notes_console, print_json
from adrs.cli.progress import Progress, clock, sparkline, trial_json
from adrs.events import (
    Audited,
    Continued,
    Ended,
    Event,
    Launched,
    NewBest,
    Notice,
    Paused,
    Recalled,
    Stopping,
    TrialEnded,
)
from adrs.trial import Trial

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

_PLAIN_SECONDS = 60.0
_WARNING = "scores are self-scored: a program shares a process with its evaluator (docs/foreign.md)"


class View(AbstractContextManager["View"], Protocol):
    """Something that shows a campaign's events."""

    def __call__(self, event: Event) -> None:
        """Show an event."""
        ...


class LiveView:
    """A screen that is redrawn in place, on stderr."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._start = time.monotonic()
        self._live: Live | None = None

    def __enter__(self) -> "LiveView":
        from rich.live import Live

        self._live = Live(get_renderable=self._screen, console=notes_console(), refresh_per_second=4, transient=True)
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take in an event; it is on the screen within a quarter of a second."""
        self._progress.hear(event)

    def _screen(self) -> "RenderableType":
        from rich.console import Group
        from rich.text import Text

        progress = self._progress
        config, elapsed = progress.config, clock(time.monotonic() - self._start)
        head = f"{progress.problem.name} · {progress.run} · {elapsed} · seed {config.seed} · {config.model}"
        label = f" · {progress.problem.label}" if progress.problem.label else ""
        lines = [
            Text(f"{head} · {progress.sandbox} sandbox{label}", style="bold"),
            Text(f"{progress.gain()}   {progress.promoted()}"),
            Text(progress.work()),
            Text(sparkline(progress.history, lower_is_better=progress.problem.objective.direction == "min")),
        ]
        return Group(*lines, self._table(), Text(progress.last, style="dim"))

    def _table(self) -> "RenderableType":
        from rich.table import Table

        table = Table(box=None, pad_edge=False, header_style="dim")
        for name in ("trial", "status", "score", "to parent", "seconds", "dollars", "change"):
            right = name not in {"status", "change"}
            table.add_column(name, justify="right" if right else "left", no_wrap=True, overflow="ellipsis")
        for trial in self._progress.latest:
            table.add_row(*_row(trial, self._progress))
        return table


class PlainView:
    """One line per new best and one per minute, on stderr."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._console = notes_console()
        self._next = time.monotonic()

    def __enter__(self) -> "PlainView":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        pass

    def __call__(self, event: Event) -> None:
        """Print what is worth a line."""
        progress = self._progress
        progress.hear(event)
        if isinstance(event, Launched):
            verb = "resumes" if event.resumed else "starts"
            self._print(
                f"{event.run} {verb}: {event.problem}, {event.model}, {event.sandbox} sandbox, seed {event.seed}"
            )
            if progress.problem.label:
                self._print(_WARNING)
        elif isinstance(event, NewBest):
            self._print(f"new best: {progress.promoted()}; {progress.gain()}")
        elif isinstance(event, Notice | Paused | Continued | Stopping | Ended) or (
            isinstance(event, Audited) and not event.audit.passed
        ):
            self._print(progress.last)
        elif time.monotonic() >= self._next and not isinstance(event, Recalled):
            self._next = time.monotonic() + _PLAIN_SECONDS
            self._print(f"{clock(progress.seconds)}  {progress.work()}; {progress.gain()}")

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)


class JsonView:
    """One JSON object per event that a program would want, on stdout."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __enter__(self) -> "JsonView":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        pass

    def __call__(self, event: Event) -> None:
        """Print `launch`, `trial`, `audit`, `best`, `pause`, `continue`, `notice`; the command itself prints `done`."""
        self._progress.hear(event)
        marked = {"self_scored": self._progress.problem.pack.self_scored}
        match event:
            case Launched():
                print_json({"event": "launch", **asdict(event), **marked})
            case TrialEnded():
                print_json({"event": "trial", **trial_json(event.trial), "spent": asdict(event.spent), **marked})
            case Audited():
                print_json({"event": "audit", "trial": event.number, **audit_json(event.audit)})
            case NewBest():
                scores = dict(event.validation.scores)
                judged = self._progress.problem.judged
                print_json({"event": "best", "trial": event.trial.number, judged: scores, **marked})
            case Paused() | Continued():
                print_json({"event": "pause" if isinstance(event, Paused) else "continue"})
            case Notice() | Stopping():
                print_json({"event": "notice", "text": self._progress.last})


def _row(trial: Trial, progress: Progress) -> tuple[str, ...]:
    scores = progress.scores
    score = scores.get(trial.number)
    parent = scores.get(trial.parents[0]) if trial.parents else None
    change = f"{score - parent:+.4g}" if score is not None and parent is not None else ""
    note = trial.note if trial.valid else trial.evaluation.message.splitlines()[0] if trial.evaluation.message else ""
    shown = f"{score:.4g}" if score is not None else ""
    spend = trial.spend
    over = trial.valid and progress.problem.rank(trial.evaluation)[0] > 0
    status = "over bound" if over else str(trial.evaluation.status)
    return str(trial.number), status, shown, change, f"{spend.seconds:.2f}", f"{spend.dollars:.3f}", note[:70]
