"""How campaigns stand: one in full, or all of a folder in a row each."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from adrs.archive import Archive, Session, running
from adrs.archive.shared import names_in
from adrs.budget import BudgetLimits
from adrs.campaign.control import paused, worked_seconds
from adrs.campaign.folder import RunFolder, all_runs
from adrs.campaign.forking import Origin, origin
from adrs.errors import AdrsError
from adrs.evaluation import Status
from adrs.problem import Objective
from adrs.report.opening import Run, open_archive, open_folder
from adrs.report.pending import Unfinished, Unknown, unfinished, unknown
from adrs.report.tables import Failure, Step, failures, statuses, steps


class State(StrEnum):
    """What a campaign is doing, as its sessions tell."""

    RUNNING = "running"
    PAUSED = "paused"  # its controller rests until it is resumed or stopped
    STOPPED = "stopped"  # its controller ended before the budget or the target was reached
    FINISHED = "finished"  # the budget or the target was reached
    CRASHED = "crashed"  # its controller died
    UNREADABLE = "unreadable"  # its archive or its problem cannot be opened


@dataclass(frozen=True)
class Use:
    """One limit of the budget; None is no limit."""

    used: float
    limit: float | None


@dataclass(frozen=True)
class Best:
    """The trial that leads on the validation split; of a self-scored problem, on the training split alone."""

    trial: int
    model: str
    note: str
    train: Mapping[str, float]
    validation: Mapping[str, float]


@dataclass(frozen=True)
class Summary:
    """How one campaign stands.

    Attributes:
        run: Its name.
        problem: The problem's name.
        changed: Whether the problem's pack is no longer what it was when the run began.
        objective: The problem's leading objective.
        state: What it is doing.
        reason: Why its last session ended, in words; empty while it runs.
        created: ISO 8601, UTC.
        seconds: Wall time over all sessions, pauses left out.
        model: Who rewrites programs.
        search: The search policy.
        seed: What all its randomness follows from.
        sandbox: Where candidates run.
        budget: Use and limit of trials, evaluations, dollars, tokens and two kinds of seconds.
        finished: Trials that the search has heard of; the others counted in the budget are under way.
        statuses: How many of them ended how.
        failures: What went wrong with those that are not valid.
        best: The trial that leads on validation; None if none is valid there.
        steps: The improvements on the training split.
        self_scored: Whether programs could have written their scores themselves.
        forked: Where its first trials are from, and what they had cost; None if it is no fork.
        unfinished: Trials that the search has not heard of, and how far each is.
        unknown: Requests that may have been billed, and were never answered, with the most that each can have cost.
    """

    run: str
    problem: str
    changed: bool
    objective: Objective
    state: State
    reason: str
    created: str
    seconds: float
    model: str
    search: str
    seed: int
    sandbox: str
    budget: Mapping[str, Use]
    finished: int
    statuses: Mapping[Status, int]
    failures: Sequence[Failure]
    best: Best | None
    steps: Sequence[Step]
    self_scored: bool = False
    forked: Origin | None = None
    unfinished: Sequence[Unfinished] = ()
    unknown: Sequence[Unknown] = ()


@dataclass(frozen=True)
class Row:
    """One campaign among others.

    Attributes:
        run: Its name.
        problem: What it works on.
        state: What it is doing.
        created: ISO 8601, UTC; empty if unreadable.
        trials: Trials begun.
        best: Leading objective of the best trial on validation; None if there is none.
        objective: Which objective that is.
        dollars: What the model calls have cost, inherited ones included.
        seconds: Wall time over all sessions, pauses left out.
        self_scored: Whether programs could have written their scores themselves.
        note: Why it cannot be read; empty if it can.
        forked: Where its first trials are from, and what they had cost; None if it is no fork.
    """

    run: str
    problem: str = ""
    state: State = State.UNREADABLE
    created: str = ""
    trials: int = 0
    best: float | None = None
    objective: str = ""
    dollars: float = 0.0
    seconds: float = 0.0
    self_scored: bool = False
    note: str = ""
    forked: Origin | None = None

    @property
    def inherited(self) -> float:
        """What another run has paid of its dollars."""
        return self.forked.dollars if self.forked is not None else 0.0


@dataclass(frozen=True)
class Total:
    """What several campaigns add up to; what forks have inherited, trials and dollars, is left out."""

    runs: int
    trials: int
    dollars: float
    inherited: float


def totals(rows: Sequence[Row]) -> Total:
    """Return what campaigns add up to."""
    trials = sum(row.trials - (row.forked.trials if row.forked else 0) for row in rows)
    inherited = sum(row.inherited for row in rows)
    return Total(len(rows), trials, sum(row.dollars for row in rows) - inherited, inherited)


def state(sessions: Sequence[Session], *, pauses: bool = False) -> State:
    """Return what a campaign with these sessions is doing, the last of which pauses or not."""
    if running(sessions):
        return State.PAUSED if pauses else State.RUNNING
    if not sessions:
        return State.STOPPED
    if sessions[-1].ended is None:
        return State.CRASHED
    return State.FINISHED if sessions[-1].finished else State.STOPPED


def summarise(run: Run) -> Summary:
    """Return how a campaign stands."""
    config, sessions = run.record.config, run.archive.sessions()
    trials = list(run.trials.values())
    return Summary(
        run=run.name,
        problem=run.problem.name,
        changed=run.changed,
        objective=run.problem.objective,
        state=state(sessions, pauses=paused(run.archive)),
        reason=sessions[-1].reason if sessions else "",
        created=run.record.created,
        seconds=worked_seconds(run.archive),
        model=str(config["model"]),
        search=str(config["search"]),
        seed=int(config["seed"]),
        sandbox=str(run.record.written["sandbox"]),
        budget=_budget(run),
        finished=len(trials),
        statuses=statuses(trials),
        failures=failures(trials),
        best=_best(run),
        steps=steps(run.problem, trials),
        self_scored=run.problem.pack.self_scored,
        forked=origin(run.archive),
        unfinished=unfinished(run.archive),
        unknown=unknown(run.archive),
    )


def rows(runs: Path) -> list[Row]:
    """Return every campaign in a folder of runs, the newest first; one that cannot be read says why."""
    return sorted((_row(folder) for folder in all_runs(runs)), key=lambda row: row.created, reverse=True)


def rows_in(url: str) -> list[Row]:
    """Return every campaign in a database, wherever its folder is, as `rows`."""
    return sorted((_row_in(url, name) for name in names_in(url)), key=lambda row: row.created, reverse=True)


def _row(folder: RunFolder) -> Row:
    return _read(folder.name, lambda: open_folder(folder))


def _row_in(url: str, name: str) -> Row:
    return _read(name, lambda: open_archive(RunFolder(Path(name)), Archive.open(url, name=name)))


def _read(name: str, opened: Callable[[], AbstractContextManager[Run]]) -> Row:
    try:
        with opened() as run:
            best = None if run.leader is None else run.judged[run.leader].scores[run.problem.objective.name]
            return Row(
                run=name,
                problem=run.problem.name,
                state=state(run.archive.sessions(), pauses=paused(run.archive)),
                created=run.record.created,
                trials=run.archive.counts()[0],
                best=best,
                objective=run.problem.objective.name,
                dollars=run.archive.spend().dollars,
                seconds=worked_seconds(run.archive),
                self_scored=run.problem.pack.self_scored,
                forked=origin(run.archive),
            )
    except AdrsError as error:
        return Row(name, note=f"{error}. {error.todo}")


def _best(run: Run) -> Best | None:
    if run.leader is None:
        return None
    trial = run.best()
    validation = run.validations.get(trial.number)
    held_out = dict(validation.scores) if validation is not None else {}
    return Best(trial.number, trial.model, trial.note, dict(trial.evaluation.scores), held_out)


def _budget(run: Run) -> Mapping[str, Use]:
    trials, evaluations = run.archive.counts()
    spent = run.archive.spend()
    used = {
        "trials": trials,
        "evaluations": evaluations,
        "dollars": spent.dollars,
        "tokens": spent.tokens,
        "evaluator_seconds": spent.seconds,
        "seconds": worked_seconds(run.archive),
    }
    return {name: Use(used[name], run.record.config.get(name)) for name in BudgetLimits.model_fields}
