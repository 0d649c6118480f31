"""Auditing the trials of a run: which ones, against what, and what comes of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adrs.archive import running
from adrs.campaign.audits import key, record
from adrs.errors import UsageError
from adrs.evaluating.audit import Walls, audit, auditable
from adrs.evaluating.stages import Bench
from adrs.evaluation import Audit, Evaluation
from adrs.problem import Problem
from adrs.report.opening import Run
from adrs.report.ranking import leader
from adrs.trial import Trial


@dataclass(frozen=True)
class Wanted:
    """Which trials to audit: the best one unless it says otherwise.

    Attributes:
        trials: Numbers, `best` or `seed`.
        top: So many of the best on validation, marked ones included.
        everything: All that are valid.
    """

    trials: tuple[str, ...] = ()
    top: int | None = None
    everything: bool = False

    def of(self, run: Run) -> list[Trial]:
        """Return the trials, the best on validation first unless they were named.

        Raises:
            UsageError: A named trial does not exist, or is not valid.
            GoalMissed: There is no best.
        """
        if self.everything:
            return [trial for trial in run.trials.values() if trial.valid]
        if self.top is not None:
            return _ranked(run)[: self.top]
        return [_valid(run.trial(reference)) for reference in self.trials or ("best",)]


def refuse_unless_auditable(problem: Problem) -> None:
    """Refuse problems whose programs need not get the same results every time.

    Raises:
        UsageError: It is one.
    """
    if not auditable(problem):
        raise UsageError(
            f"programs of {problem.name!r} cannot be audited: the same program need not get the same results",
            "Repeat evaluations instead: `adrs eval PROBLEM PROGRAM --repeat 5`.",
        )


def audit_trials(run: Run, trials: Sequence[Trial], bench: Bench, walls: Walls) -> Iterator[tuple[Trial, Audit]]:
    """Audit trials one by one, on validation where they are valid there and else on train, and keep what is found.

    Every audit of a trial draws other orders, seeds and numberings than the one before. While a campaign is running its
    archive is its own, and nothing is kept; otherwise `best.py` is replaced where another trial leads now.

    Raises:
        UsageError: The pack is no longer what it was when the results were made.
    """
    if run.changed:
        raise UsageError(
            f"the problem {run.problem.name!r} is not what it was when {run.name!r} began",
            "Restore the pack: what it was scored by cannot be compared with what it would be scored by now.",
        )
    for trial in trials:
        assert trial.program is not None  # a valid trial has one
        drawn = key(run.archive, trial.number)
        found = audit(bench, trial.program, _before(run, trial), walls=walls, key=drawn)
        if recorded(run):
            record(run.archive, trial.number, found)
        yield trial, found


def recorded(run: Run) -> bool:
    """Return whether audits are kept: not while a controller runs the campaign."""
    return not running(run.archive.sessions())


def keep_best(run: Run) -> None:
    """Let `best.py` hold the best program as it is now; where there is none, there is no such file."""
    if run.leader is None:
        run.folder.best.unlink(missing_ok=True)
        return
    program = run.best().program
    assert program is not None  # a valid trial has one
    run.folder.write_best(program)


def _before(run: Run, trial: Trial) -> Evaluation:
    """Return the results to be met again."""
    validation = run.archive.evaluation(trial.number, "validation")
    found = validation if validation is not None and validation.valid else run.archive.evaluation(trial.number, "train")
    assert found is not None  # a valid trial was evaluated
    return found


def _ranked(run: Run) -> list[Trial]:
    left = {number: evaluation for number, evaluation in run.validations.items() if evaluation.valid}
    found: list[Trial] = []
    while (first := leader(run.problem, left)) is not None:
        found.append(run.trials[first])
        del left[first]
    return found


def _valid(trial: Trial) -> Trial:
    if not trial.valid:
        raise UsageError(f"trial {trial.number} is {trial.evaluation.status}", "Only a valid trial can be audited.")
    return trial
