"""Which trial is the best one."""

from collections.abc import Mapping
from types import MappingProxyType

from adrs.archive import Archive
from adrs.campaign.audits import audits
from adrs.evaluation import Audit, Evaluation
from adrs.problem import Problem
from adrs.trial import Trial


def leader(
    problem: Problem, evaluations: Mapping[int, Evaluation], audited: Mapping[int, Audit] = MappingProxyType({})
) -> int | None:
    """Return the trial of the best evaluation, ties to the lower number; None if none may lead.

    A trial may lead if it is valid, and not marked by its audit.
    """
    marked = {number for number, audit in audited.items() if not audit.passed}
    allowed = {number: evaluation for number, evaluation in evaluations.items() if number not in marked}
    ranked = [(problem.rank(evaluation), number) for number, evaluation in allowed.items() if evaluation.valid]
    return min(ranked)[1] if ranked else None


def best(problem: Problem, archive: Archive) -> tuple[Trial, Evaluation] | None:
    """Return the trial that leads on the validation split and its evaluation there, with per-instance results."""
    number = leader(problem, archive.evaluations(problem.judged), audits(archive))
    if number is None:
        return None
    trial, validation = archive.trial(number), archive.evaluation(number, problem.judged)
    if trial is None:  # evaluated, and not told of yet
        return None
    assert validation is not None  # `number` is of one
    return trial, validation
