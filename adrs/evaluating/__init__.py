"""Scoring programs: the trusted side of a problem, run in evaluation workers."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from adrs.evaluation import Result
from adrs.sandbox import Policy


class Evaluator(Protocol):
    """What a pack's `evaluator.py` offers, as top-level functions. Trusted; never in a candidate's process.

    An instance is whatever the pack likes; the framework only slices the sequence and hands it back.

    Two functions more are used by audits, where a pack has them:

    `permuted(instance, rng) -> instance` returns an equal instance under another numbering (jobs in another order,
    say), with its name and group; every program must get the result that it got before, exactly unless there is
    `alike(before, after) -> bool`, which says whether the results of a whole split and of the permuted split, in the
    same order, are close enough: where rounding, or a choice between equally good answers, may rightly follow numbers.
    """

    def instances(self, split: str) -> Sequence[Any]:
        """Return the instances of a split, always the same and in the same order.

        Any prefix should be representative: stages take the first ones.
        """
        ...

    def run(self, policy: Policy, instances: Sequence[Any]) -> Sequence[Result]:
        """Return one result per instance, in order; raise `CandidateFailed` if the policy breaks a rule.

        The result on an instance must not depend on which others are run beside it, or in what order. The
        framework checks this for the policy (hidden state) by running some of them again in a fresh process.

        Where the pack declares a clock, the policy is an `adrs.evaluating.clock.Racing`: its speed can be measured.
        """
        ...

    def score(self, results: Sequence[Result]) -> Mapping[str, float]:
        """Return the value of every declared objective."""
        ...

    def feedback(self, results: Sequence[Result]) -> str:
        """Return what a model should know about how the program did, per class of instances, in a few lines."""
        ...

    def features(self, results: Sequence[Result]) -> Mapping[str, float]:
        """Return the value of every declared feature (`size` is added by the framework)."""
        ...
