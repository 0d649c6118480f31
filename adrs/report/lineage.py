"""How a trial came about: the chain of its ancestors."""

from collections.abc import Mapping
from dataclasses import dataclass

from adrs.evaluation import Evaluation
from adrs.problem import Problem
from adrs.trial import Trial


@dataclass(frozen=True)
class Ancestor:
    """A trial in the chain.

    Attributes:
        trial: Its number.
        parents: Numbers of its parents; the chain goes on with the first.
        status: How it ended on the training split.
        train: Leading objective on the training split; None unless valid.
        gain: How much better that is than its first parent's, in the objective's unit; None where one has none.
        validation: Leading objective on the validation split; None unless valid there.
        note: What was changed.
        model: Who changed it.
    """

    trial: int
    parents: tuple[int, ...]
    status: str
    train: float | None
    gain: float | None
    validation: float | None
    note: str
    model: str


def lineage(
    problem: Problem, trials: Mapping[int, Trial], validations: Mapping[int, Evaluation], number: int
) -> list[Ancestor]:
    """Return trial `number` and its ancestors along the first parents, the seed first."""
    chain = [trials[number]]
    while chain[-1].parents:
        chain.append(trials[chain[-1].parents[0]])
    found: list[Ancestor] = []
    for trial in reversed(chain):
        found.append(_ancestor(problem, trial, validations.get(trial.number), found[-1].train if found else None))
    return found


def _ancestor(problem: Problem, trial: Trial, validation: Evaluation | None, before: float | None) -> Ancestor:
    objective, scored = problem.objective, trial.evaluation
    train = scored.scores.get(objective.name)
    return Ancestor(
        trial=trial.number,
        parents=trial.parents,
        status=scored.status,
        train=train,
        gain=None if train is None or before is None else objective.cost(before) - objective.cost(train),
        validation=validation.scores.get(objective.name) if validation is not None else None,
        note=trial.note,
        model=trial.model,
    )
