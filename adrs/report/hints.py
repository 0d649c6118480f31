"""What came of the hints of a campaign."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from adrs.archive import Planned
from adrs.campaign.steering import Hint, hints
from adrs.report.opening import Run
from adrs.trial import Trial


@dataclass(frozen=True)
class Effect:
    """What came of a hint.

    Attributes:
        hint: The hint.
        trials: The trials that were planned with it.
        valid: How many of them are valid so far.
        before: The best on the training split when the first of them was planned; None if there was none.
        best: The best of them on the training split; None if none is valid.
    """

    hint: Hint
    trials: Sequence[int]
    valid: int
    before: float | None
    best: float | None

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        rest = {"trials": list(self.trials), "valid": self.valid, "before": self.before, "best": self.best}
        return asdict(self.hint) | rest


def effects(run: Run) -> list[Effect]:
    """Return what came of each hint, by number."""
    given = hints(run.archive)
    plans = run.archive.plans() if given else []
    return [_effect(run, hint, [plan for plan in plans if hint.number in plan.hints]) for hint in given]


def _effect(run: Run, hint: Hint, plans: Sequence[Planned]) -> Effect:
    ended = [run.trials[plan.number] for plan in plans if plan.number in run.trials]
    earlier = list(run.trials.values())[: plans[0].after or 0] if plans else []
    valid = sum(trial.valid for trial in ended)
    return Effect(hint, [plan.number for plan in plans], valid, _best(run, earlier), _best(run, ended))


def _best(run: Run, trials: Iterable[Trial]) -> float | None:
    valid = [trial.evaluation for trial in trials if trial.valid]
    best = min(valid, key=run.problem.rank, default=None)
    return None if best is None else best.scores[run.problem.objective.name]
