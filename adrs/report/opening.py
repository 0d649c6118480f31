"""A run as its readers see it: its folder, its archive, and the problem that makes sense of the scores."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from adrs.archive import Archive, CampaignRecord
from adrs.campaign.audits import audits
from adrs.campaign.folder import RunFolder, find
from adrs.errors import GoalMissed, PackError, UsageError
from adrs.evaluation import Audit, Evaluation
from adrs.problem import Problem, load
from adrs.report.ranking import leader
from adrs.trial import Trial


@dataclass(frozen=True)
class Run:
    """A campaign that is being read. What is read twice is the same twice, while the campaign goes on."""

    folder: RunFolder
    archive: Archive
    record: CampaignRecord
    problem: Problem

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def changed(self) -> bool:
        """Whether the pack is no longer what it was when the run began."""
        return bool(self.problem.hash != self.record.written["problem_hash"])

    @cached_property
    def trials(self) -> Mapping[int, Trial]:
        """The finished trials by number, in the order in which the search heard of them."""
        return {trial.number: trial for trial in self.archive.trials()}

    @cached_property
    def validations(self) -> Mapping[int, Evaluation]:
        """The evaluations on the validation split by trial, without per-instance results."""
        return self.archive.evaluations("validation")

    @cached_property
    def judged(self) -> Mapping[int, Evaluation]:
        """The evaluations by trial that decide which is the best: on validation, where the problem has it."""
        if not self.problem.pack.self_scored:
            return self.validations
        return {number: trial.evaluation for number, trial in self.trials.items() if trial.valid}

    @cached_property
    def audits(self) -> Mapping[int, Audit]:
        """The last audit of each trial that was audited."""
        return audits(self.archive)

    @cached_property
    def leader(self) -> int | None:
        """The best trial: it leads on the validation split, and is not marked by its audit."""
        return leader(self.problem, self.judged, self.audits)

    def best(self) -> Trial:
        """Return the best trial.

        Raises:
            GoalMissed: No program was valid on the validation split yet, or the audit marked all that were.
        """
        if self.leader is None:
            raise self._missed()
        return self.trials[self.leader]

    def trial(self, reference: str) -> Trial:
        """Return the trial that `reference` names: a number, `best` or `seed`.

        Raises:
            UsageError: It names no finished trial.
            GoalMissed: There is no best yet.
        """
        if reference == "best":
            return self.best()
        number = 0 if reference == "seed" else int(reference) if reference.isdecimal() else None
        if number is not None and number in self.trials:
            return self.trials[number]
        if number in {plan.number for plan in self.archive.planned()}:
            raise UsageError(
                f"trial {number} of {self.name!r} is not finished", f"`adrs watch {self.name}` follows the run."
            )
        last = max(self.trials, default=None)
        held = f"has the trials 0 to {last}" if last is not None else "has no finished trial yet"
        raise UsageError(
            f"{self.name!r} has no trial {reference!r}", f"It {held}; a number, `best` or `seed` names one."
        )

    def _missed(self) -> GoalMissed:
        if leader(self.problem, self.validations) is None:
            todo = f"`adrs status {self.name}` says how it stands."
            return GoalMissed(f"no program of {self.name!r} is valid on the {self.problem.judged} split yet", todo)
        todo = f"`adrs show {self.name}` lists them; `adrs show {self.name} TRIAL` says what one depends on."
        return GoalMissed(f"every program of {self.name!r} that is valid on validation is marked by its audit", todo)


@contextmanager
def open_run(reference: str, runs: Path) -> Iterator[Run]:
    """Yield the run that `reference` names: a name in `runs`, a folder, or `last`; closed at the end.

    Raises:
        ArchiveError: There is no such run, or its archive cannot be read.
        ArchiveOutdated: Another version of adrs wrote it.
        UnknownProblem: Its problem is not here.
        PackError: Its problem no longer declares the objectives that the run was scored by.
    """
    with open_folder(find(reference, runs)) as run:
        yield run


@contextmanager
def open_folder(folder: RunFolder) -> Iterator[Run]:
    """Yield the run in a folder, as `open_run`."""
    with open_archive(folder, folder.open()) as run:
        yield run


@contextmanager
def open_archive(folder: RunFolder, archive: Archive) -> Iterator[Run]:
    """Yield the run whose archive this is, as `open_run`."""
    try:
        record = archive.record()
        run = Run(folder, archive, record, load(str(record.config["problem"])))
        _require_objectives(run)
        yield run
    finally:
        archive.close()


def _require_objectives(run: Run) -> None:
    """Refuse to rank scores by objectives that they have not got."""
    if not run.changed:
        return
    declared = {objective.name for objective in run.problem.pack.objectives}
    for evaluation in run.archive.evaluations("train").values():
        if evaluation.valid and evaluation.scores.keys() != declared:
            raise PackError(
                f"the problem {run.problem.name!r} declares the objectives {sorted(declared)}, and {run.name!r} was "
                f"scored by {sorted(evaluation.scores)}",
                "Restore the pack as it was when the run began.",
            )
