"""What the events of a campaign add up to, for the views to show."""

from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from adrs.config import CampaignConfig
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
from adrs.problem import Problem
from adrs.trial import Spend, Trial

_ROWS = 10
_BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass
class Progress:
    """What the events have told so far."""

    problem: Problem
    config: CampaignConfig
    run: str = ""
    sandbox: str = ""
    spent: Spend = field(default_factory=Spend)
    seconds: float = 0.0
    told: int = 0
    valid: int = 0
    seed_score: float | None = None
    best: NewBest | None = None
    best_train: float | None = None
    best_rank: tuple[float, float] = (float("inf"), float("inf"))
    history: list[float] = field(default_factory=list)
    latest: deque[Trial] = field(default_factory=lambda: deque(maxlen=_ROWS))
    scores: dict[int, float] = field(default_factory=dict)
    paused: bool = False
    last: str = "preparing the evaluation workers"

    def hear(self, event: Event) -> None:
        """Take in an event."""
        match event:
            case Launched():
                self.run, self.sandbox = event.run, event.sandbox
            case Recalled() | TrialEnded():
                self._ended(event)
            case Audited():
                self.last = f"trial {event.number} was audited and is {event.audit.verdict}"
            case NewBest():
                self.best = event
                self.last = f"new best, trial {event.trial.number}: adrs show {self.run} {event.trial.number}"
            case Notice() | Paused() | Continued():
                self._note(event)
            case Stopping():
                self.last = f"finishing {event.in_flight} in flight: {event.reason}"
            case Ended():
                self.last = event.reason

    def _note(self, event: Notice | Paused | Continued) -> None:
        if isinstance(event, Notice):
            self.last = event.text
            return
        self.paused = isinstance(event, Paused)
        ways = f"`adrs resume {self.run}` continues, `adrs stop {self.run}` ends it"
        self.last = f"paused; {ways}" if self.paused else "continues after a pause"

    def _ended(self, event: Recalled | TrialEnded) -> None:
        trial = event.trial
        if isinstance(event, TrialEnded):
            self.spent, self.seconds = event.spent, event.seconds
        self.told += 1
        self.latest.append(trial)
        if not trial.valid:
            return
        self.valid += 1
        score = self.scores[trial.number] = trial.evaluation.scores[self.problem.objective.name]
        rank = self.problem.rank(trial.evaluation)
        if trial.number == 0:
            self.seed_score = score
        if self.best_train is None or rank < self.best_rank:
            self.best_train, self.best_rank = score, rank
        self.history.append(self.best_train)

    def work(self) -> str:
        """Return one line of work and money."""
        limits = self.config.limits()
        parts = [
            f"trial {_of(self.told, limits.trials)}",
            f"{_of(f'{self.spent.dollars:.2f}', limits.dollars)} dollars",
            f"{100 * self.valid / max(self.told, 1):.0f} % valid",
        ]
        return "   ".join([*parts, *(["paused"] if self.paused else [])])

    def gain(self) -> str:
        """Return the best on the training split beside the seed's."""
        if self.best_train is None:
            return "no valid program yet"
        unit = self.problem.objective.unit
        return f"train {self.problem.objective.name} {self.seed_score or 0:.4g} → {self.best_train:.4g} {unit}"

    def promoted(self) -> str:
        """Return the best on the validation split; of a self-scored problem, the best at all, by its label."""
        if self.best is None:
            return ""
        score = self.best.validation.scores[self.problem.objective.name]
        split = self.problem.label or self.problem.judged
        return f"{split} {score:.4g} {self.problem.objective.unit} (trial {self.best.trial.number})"


def trial_json(trial: Trial) -> dict[str, Any]:
    """Return a trial as plain data, without its program's text."""
    return {
        "number": trial.number,
        "parents": trial.parents,
        "inspirations": trial.inspirations,
        "program": trial.program.hash if trial.program else None,
        "status": trial.evaluation.status,
        "message": trial.evaluation.message,
        "scores": dict(trial.evaluation.scores),
        "model": trial.model,
        "note": trial.note,
        "spend": asdict(trial.spend),
    }


def sparkline(values: Sequence[float], *, lower_is_better: bool, width: int = 60) -> str:
    """Return the course of a best-so-far score as blocks; higher is better, whatever the direction."""
    if len(values) < 2:
        return ""
    chosen = (
        [values[round(i * (len(values) - 1) / (width - 1))] for i in range(width)] if len(values) > width else values
    )
    signed = [-value if lower_is_better else value for value in chosen]
    low, high = min(signed), max(signed)
    scale = (len(_BLOCKS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BLOCKS[round((value - low) * scale)] for value in signed)


def clock(seconds: float) -> str:
    """Return a duration as hours, minutes and seconds."""
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _of(used: object, limit: float | None) -> str:
    return f"{used}/{limit:g}" if limit is not None else str(used)
