"""Single-machine total tardiness: the orders that a constructor makes under a cap, against the proven optimum."""

import time
from collections.abc import Sequence

import numpy as np

from adrs.errors import EvaluatorBroken
from adrs.evaluation import Result
from adrs.sandbox import Data, Policy

from ..smtt.feedback import feedback
from ..smtt.instances import Instance, permuted
from ..smtt.labels import lateness, stack
from ..smtt.scoring import FIGURES, features, score
from .cap import Cap, budget
from .order import verified
from .splits import labelled

__all__ = ["alike", "features", "feedback", "instances", "permuted", "run", "score"]


def instances(split: str) -> Sequence[Instance]:
    """Return the instances of a split with their optima, cells and sizes interleaved."""
    return labelled(split)


def run(policy: Policy, instances: Sequence[Instance]) -> Sequence[Result]:
    """Return what the program's `schedule` achieves; it is asked about one instance at a time.

    Raises:
        CandidateFailed: It failed, took too long, or answered something that is no order.
        EvaluatorBroken: An order is better than a proven optimum.
    """
    cap = Cap(one.jobs for one in instances)
    return [_result(one, _asked(policy, one, cap)) for one in instances]


def alike(before: Sequence[Result], after: Sequence[Result]) -> bool:
    """Return whether the gaps differ by no more than chance explains when the jobs are numbered in another way.

    Any method is welcome, so also one that draws jobs by number, or chooses the first of equally good ones; less than
    half of this was seen. A program that recognises instances loses most of what it has.
    """
    gap, again = score(before)["gap"], score(after)["gap"]
    return abs(again - gap) <= 0.02 + 0.05 * gap


def _asked(policy: Policy, instance: Instance, cap: Cap) -> Data:
    begin = time.perf_counter()
    answer = policy.call("schedule", instance.p, instance.d, budget(instance.jobs))
    cap.charge(instance.jobs, time.perf_counter() - begin)
    return answer


def _result(one: Instance, answer: Data) -> Result:
    """Return the result of an order, scored from times that never crossed the wall."""
    if one.optimum is None or one.mdd is None:
        raise EvaluatorBroken(f"{one.name!r} has no label", "Take instances from `instances(split)`.")
    beyond = lateness(*stack([one]), verified(answer, one.jobs)[None])
    total, late = int(np.maximum(beyond, 0).sum()), int(np.count_nonzero(beyond > 0))
    if total < one.optimum:
        raise EvaluatorBroken(
            f"an order of {one.name!r} has a total tardiness of {total}, below the proven optimum {one.optimum}",
            "The label or the verifier is wrong; believe no score until it is found.",
        )
    figures = (one.jobs, total, one.optimum, one.mdd, late, one.role == "hard", one.role == "easy")
    return Result(one.name, one.group, dict(zip(FIGURES, map(float, figures), strict=True)))
