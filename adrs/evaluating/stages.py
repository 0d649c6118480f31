"""Running a program through the stages of a split: the boundary where a candidate's failure becomes a value."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adrs.errors import EvaluatorBroken, PackError
from adrs.evaluating import Evaluator
from adrs.evaluating.clock import Racer, Untimed, comparable
from adrs.evaluating.conditions import Watch
from adrs.evaluating.track import Track, open_racer, patient
from adrs.evaluation import CandidateFailed, Evaluation, Result, Status
from adrs.problem import Problem, Split, Stage
from adrs.program import Program
from adrs.sandbox import Policy, Sandbox


@dataclass(frozen=True)
class Bench:
    """Everything that scoring programs of one problem needs."""

    problem: Problem
    evaluator: Evaluator
    sandbox: Sandbox
    track: Track | None = None
    """Where programs race, if the problem declares a clock."""

    def evaluate(self, program: Program, split: Split) -> Evaluation:
        """Return how `program` does on `split`; a candidate's failure is a status, never an exception.

        Raises:
            SandboxUnavailable: The wall failed.
            EvaluatorBroken: The evaluator contradicts itself, or raised something of its own.
        """
        start, watch = time.perf_counter(), Watch(self.track)
        try:
            evaluation = self._through_stages(program, split)
        except CandidateFailed as failure:
            evaluation = Evaluation(failure.status, split, failure.message)
        return replace(evaluation, seconds=time.perf_counter() - start, conditions=watch.conditions())

    def _through_stages(self, program: Program, split: Split) -> Evaluation:
        complaint = self.problem.complaint(program)
        if complaint is not None:
            raise CandidateFailed(Status.INVALID, complaint)
        before: dict[str, Result] = {}
        results: Sequence[Result] = ()
        for stage in stages(self.problem, split):
            results = self._run(program, stage)
            compared = [comparable(result, self.problem.pack.clock) for result in results]
            if self.problem.pack.deterministic:
                _compare(before, compared)
            before = {result.instance: result for result in compared}
        return self._judge(program, split, results)

    def _run(self, program: Program, stage: Stage) -> Sequence[Result]:
        """Return the results of one stage, from a process of its own, in the split's order."""
        instances = self.evaluator.instances(stage.split)
        chosen = list(instances if stage.instances is None else instances[: stage.instances])
        # A stage that runs a part runs it backwards, so that hidden state shows when the whole is run forwards.
        partial = len(chosen) < len(instances)
        with open_racer(self.sandbox, program, self.problem, self.track) as policy:
            results = self.ask(policy, chosen[::-1] if partial else chosen)
        return results[::-1] if partial else results

    def ask(self, policy: Policy, instances: Sequence[Any]) -> list[Result]:
        """Return the results of `policy` on `instances`, one each and in order; where it is no `Racer`, untimed.

        Raises:
            CandidateFailed: The candidate broke a rule.
            PackError: The evaluator gave more or fewer.
        """
        racer = policy if isinstance(policy, Racer) else Untimed(policy)
        results = list(self.evaluator.run(racer, instances))
        if len(results) != len(instances):
            raise PackError(f"{self.problem.name!r} gave {len(results)} results for {len(instances)} instances")
        return results

    def _judge(self, program: Program, split: Split, results: Sequence[Result]) -> Evaluation:
        scores = dict(self.evaluator.score(results))
        _check_scores(self.problem, scores)
        features = dict(self.evaluator.features(results)) | {"size": float(program.size)}
        missing = {feature.name for feature in self.problem.pack.features} - features.keys()
        if missing:
            raise PackError(f"the evaluator of {self.problem.name!r} gave no feature {sorted(missing)}")
        feedback = self.evaluator.feedback(results)
        return Evaluation(Status.VALID, split, "", scores, tuple(results), features, feedback)


def stages(problem: Problem, split: Split) -> list[Stage]:
    """Return the declared stages of a split, in order; the whole split last, also where it is not declared."""
    declared = [stage for stage in problem.pack.stages if stage.split == split]
    if not declared or declared[-1].instances is not None:
        declared.append(Stage(name=split, split=split))
    return declared


def longest(problem: Problem) -> float:
    """Return the most seconds that an evaluation on a split can take: each stage may use its limit, races their own."""
    each = problem.pack.limits if problem.pack.clock is None else patient(problem.pack.limits, problem.pack.clock)
    return each.seconds * max(len(stages(problem, "train")), len(stages(problem, "validation")))


def _compare(before: Mapping[str, Result], results: Sequence[Result]) -> None:
    changed = [result for result in results if result.instance in before and before[result.instance] != result]
    if changed:
        raise CandidateFailed(
            Status.INVALID,
            f"on {len(changed)} of {len(before)} instances the program gave another result in a fresh process and "
            f"another order (first: {changed[0].instance}). It must depend on its arguments only: no state between "
            "calls, no clock, no unseeded randomness, nothing from other instances.",
        )


def _check_scores(problem: Problem, scores: Mapping[str, float]) -> None:
    declared = {objective.name for objective in problem.pack.objectives}
    if declared != scores.keys():
        raise EvaluatorBroken(f"{problem.name!r} declares {sorted(declared)}, its evaluator gave {sorted(scores)}")
    for objective in problem.pack.objectives:
        value = scores[objective.name]
        if not math.isfinite(value) or not objective.low <= value <= objective.high:
            raise CandidateFailed(
                Status.INVALID,
                f"{objective.name} is {value:g} {objective.unit}, outside its valid range "
                f"[{objective.low:g}, {objective.high:g}]",
            )
