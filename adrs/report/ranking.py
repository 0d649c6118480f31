"""Which trial is the best one."""

from collections.abc import Mapping

from adrs.archive import Archive
from adrs.evaluation import Evaluation
from adrs.problem import Problem
from adrs.trial import Trial


def leader(problem: Problem, evaluations: Mapping[int, Evaluation]) -> int | None:
    """Return the trial of the best evaluation, ties to the lower number; None if none is valid."""
    ranked = [(problem.rank(evaluation), number) for number, evaluation in evaluations.items() if evaluation.valid]
    return min(ranked)[1] if ranked else None


def best(problem: Problem, archive: Archive) -> tuple[Trial, Evaluation] | None:
    """Return the trial that leads on the validation split and its evaluation there, with per-instance results."""
    number = leader(problem, archive.evaluations("validation"))
    if number is None:
        return None
    trial, validation = archive.trial(number), archive.evaluation(number, "validation")
    assert trial is not None  # only told trials are validated
    assert validation is not None  # `number` is of one
    return trial, validation
