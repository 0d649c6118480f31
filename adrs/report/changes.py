"""What changed between two programs."""

import difflib
from dataclasses import dataclass

from adrs.errors import UsageError
from adrs.report.opening import Run
from adrs.trial import Trial


@dataclass(frozen=True)
class Change:
    """Two trials, and the lines in which their programs differ.

    Attributes:
        before: The older program's trial.
        after: The newer program's trial.
        lines: A unified diff, line ends included; empty if the programs are the same.
    """

    before: Trial
    after: Trial
    lines: tuple[str, ...]

    @property
    def added(self) -> int:
        return sum(line.startswith("+") for line in self.lines[2:])

    @property
    def removed(self) -> int:
        return sum(line.startswith("-") for line in self.lines[2:])


def change(run: Run, first: str, second: str | None) -> Change:
    """Return what changed from trial `first` to `second`; if `second` is None, from the parent of `first` to it.

    Raises:
        UsageError: A trial does not exist or has no program, or the only one has no parent.
    """
    if second is not None:
        before, after = run.trial(first), run.trial(second)
    else:
        after = run.trial(first)
        if not after.parents:
            raise UsageError(f"trial {after.number} has no parent", "Name two trials to compare.")
        before = run.trials[after.parents[0]]
    texts = _lines(run, before), _lines(run, after)
    names = f"trial {before.number}", f"trial {after.number}"
    return Change(before, after, tuple(difflib.unified_diff(*texts, *names)))


def _lines(run: Run, trial: Trial) -> list[str]:
    if trial.program is None:
        raise UsageError(
            f"trial {trial.number} has no program: it is {trial.evaluation.status}",
            f"`adrs show {run.name} {trial.number}` says why.",
        )
    return [f"{line}\n" for line in trial.program.source.removesuffix("\n").split("\n")]
