"""Trials to list, and everything that is known of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adrs.archive import Call
from adrs.campaign.steering import texts_for
from adrs.errors import UsageError
from adrs.evaluation import Audit, Evaluation
from adrs.report.opening import Run
from adrs.trial import Trial

_LAST = 20
_SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Selection:
    """Which trials to list; unless it says otherwise the last 20 to end, and the best if it is older.

    Attributes:
        status: Those that ended so alone.
        top: So many of the valid ones, the best on the training split first (ties to the lower number).
        everything: All of them.
    """

    status: str | None = None
    top: int | None = None
    everything: bool = False

    def of(self, run: Run) -> list[Trial]:
        """Return the trials to list, in the order in which they ended unless by rank."""
        trials = [trial for trial in run.trials.values() if self.status in {None, trial.evaluation.status}]
        if self.top is not None:
            valid = [trial for trial in trials if trial.valid]
            return sorted(valid, key=lambda trial: (run.problem.rank(trial.evaluation), trial.number))[: self.top]
        if self.everything:
            return trials
        older = [trial for trial in trials[:-_LAST] if trial.number == run.leader]
        return older + trials[-_LAST:]


@dataclass(frozen=True)
class Detail:
    """Everything that is known of one trial.

    Attributes:
        trial: The trial.
        evaluations: By split, with per-instance results; none where no program was run.
        calls: The requests to models, in the order in which they were sent.
        audit: Its last audit; None if it was never audited.
        hints: The hints that its prompt held, by number.
    """

    trial: Trial
    evaluations: Mapping[str, Evaluation]
    calls: tuple[Call, ...]
    audit: Audit | None = None
    hints: Mapping[int, str] = field(default_factory=dict)

    def prompt(self) -> str:
        """Return the conversation as it was last sent.

        Raises:
            UsageError: No model was asked.
        """
        if not self.calls:
            raise UsageError(
                f"no model was asked for trial {self.trial.number}: {self.trial.model!r} made it",
                "Name a trial that a language model wrote.",
            )
        return "\n".join(f"--- {message.role} ---\n{message.content}" for message in self.calls[-1].prompt.messages)

    def reply(self) -> str:
        """Return the last reply, verbatim.

        Raises:
            UsageError: No model answered.
        """
        replies = [call.completion.text for call in self.calls if call.completion is not None]
        if not replies:
            raise UsageError(f"no model answered for trial {self.trial.number}", "Name another trial.")
        return replies[-1]

    def program(self) -> str:
        """Return the program's source.

        Raises:
            UsageError: There is none.
        """
        if self.trial.program is None:
            raise UsageError(
                f"trial {self.trial.number} has no program: it is {self.trial.evaluation.status}",
                "Its reply may say why: --reply.",
            )
        return self.trial.program.source


def timing(conditions: Mapping[str, float]) -> str:
    """Return in one line what the machine was like while speed was measured (see `Evaluation.conditions`)."""
    core = f"core {conditions['core']:g}" if "core" in conditions else "no core of its own"
    load = f"load {conditions['load_before']:.2f} before and {conditions['load_after']:.2f} after"
    races = f"races: {conditions['races']:g}, noisy: {conditions.get('noisy', 0):g}"
    return f"{core}, {load}, {conditions['stolen_seconds']:.2f} s stolen; {races}"


def detail(run: Run, reference: str) -> Detail:
    """Return everything that is known of a trial: a number, `best` or `seed`.

    Raises:
        UsageError: There is no such trial.
        GoalMissed: There is no best yet.
    """
    trial = run.trial(reference)
    found = {split: run.archive.evaluation(trial.number, split) for split in _SPLITS}
    evaluations = {split: evaluation for split, evaluation in found.items() if evaluation is not None}
    hints = dict(zip(run.archive.hints(trial.number), texts_for(run.archive, trial.number), strict=True))
    return Detail(trial, evaluations, tuple(run.archive.calls(trial.number)), run.audits.get(trial.number), hints)
