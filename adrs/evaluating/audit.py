"""Auditing a program: run again under conditions that must not matter, it must get the results that it got before."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from adrs.evaluating.clock import comparable
from adrs.evaluating.stages import Bench
from adrs.evaluation import Audit, CandidateFailed, Cause, Evaluation, Finding, Result, Status
from adrs.problem import Limits, Problem
from adrs.program import Program
from adrs.randomness import derive
from adrs.sandbox import Sandbox
from adrs.sandbox.choice import Choice, open_sandbox

Walls: TypeAlias = Callable[[int], Sandbox]
"""Returns a fresh sandbox for a seed of hashes and shared random streams; 0 is that of ordinary evaluations."""

_CAUSES: Mapping[Cause, str] = {
    "order": "with the instances in another order and in two parts, {differs}. Each instance must be answered from "
    "that instance alone.",
    "seed": "with another seed of hashes and of the shared random streams, {differs}. It must not use hash(), the "
    "order of a set, or random numbers that it does not seed itself.",
    "state": "the second time in the same process, {differs}. Nothing may be remembered between calls.",
    "names": "with what each instance holds numbered in another way, {differs}. It must neither depend on where a "
    "thing stands in its input, ties included, nor recognise instances.",
    "chance": "run again just as before, in a fresh process, {differs}. It must use no clock, no address such as "
    "id(), and no randomness that it does not seed.",
    "together": "with another order, other seeds and another numbering at once, {differs}; no one of them alone "
    "shows it. It must depend on its arguments only.",
}


def auditable(problem: Problem) -> bool:
    """Return whether programs of `problem` can be audited: the same one must get the same results, measured outside."""
    return problem.pack.deterministic and not problem.pack.self_scored


def audit(bench: Bench, program: Program, before: Evaluation, *, walls: Walls, key: int) -> Audit:
    """Return what the results of `program` depend on beside its arguments.

    Everything is changed at once first; a program whose results stay passes at the cost of one evaluation. Only
    otherwise is each thing changed alone, to name the causes. A timeout counts the second time only, for a machine may
    be busy.

    Args:
        bench: Its problem, the evaluator in particular; its own sandbox is not used.
        program: What to audit.
        before: Its valid evaluation on the split to audit it on, with per-instance results.
        walls: Gives each run a sandbox of its own.
        key: Orders, seeds and numberings follow from it; another key draws others.

    Raises:
        SandboxUnavailable: The wall failed.
        PackError: The evaluator gave another number of results than of instances.
    """
    start = time.perf_counter()
    findings = tuple(_Auditor(bench, program, before, walls, key).findings())
    return Audit(before.split, findings, time.perf_counter() - start)


def fresh_walls(wall: Choice, *, slot: int = 0) -> Walls:
    """Return sandboxes of the kind of `wall`, each with a runner (in Docker, a container) of its own.

    They are used once, and so need no runner that is started ahead for the next candidate.
    """

    def opened(seed: int) -> Sandbox:
        needs = replace(wall.needs, isolation="warm", seed=(wall.needs.seed + seed) % 2**32)
        return open_sandbox(replace(wall, needs=needs), slot=slot)

    return opened


@dataclass(frozen=True)
class _Changes:
    """What is unlike an ordinary evaluation: order and company, seeds, numbering, or what ran before in the process."""

    order: bool = False
    seed: bool = False
    names: bool = False
    state: bool = False


_Outcome: TypeAlias = Mapping[str, Result] | CandidateFailed


@dataclass(frozen=True)
class _Auditor:
    bench: Bench
    program: Program
    before: Evaluation
    walls: Walls
    key: int

    def findings(self) -> Sequence[Finding]:
        """Return the causes; first whether there is any."""
        everything = self._run(_Changes(order=True, seed=True, names=True))
        if self._same(everything):
            return []
        if isinstance(everything, CandidateFailed):
            return [_failure(everything)]
        if self._renumbers and self._same(self._run(_Changes(order=True, seed=True))):
            return self._numbered(everything)  # nothing else can be the cause
        return self._when("chance", _Changes()) or self._singly() or [self._finding("together", everything)]

    def _singly(self) -> list[Finding]:
        """Return the causes, each found alone; what is remembered shows in any other order, which then says nothing."""
        found = [*self._when("seed", _Changes(seed=True)), *self._when("state", _Changes(state=True))]
        if any(finding.cause == "state" for finding in found):
            return found
        found += self._when("order", _Changes(order=True))
        return found + (self._numbered(self._run(_Changes(names=True))) if self._renumbers else [])

    def _when(self, cause: Cause, changes: _Changes) -> list[Finding]:
        outcome = self._run(changes)
        return [] if self._same(outcome) else [self._finding(cause, outcome)]

    def _numbered(self, outcome: _Outcome) -> list[Finding]:
        """Return whether another numbering shows, more than the pack allows for."""
        return [] if self._same(outcome) or self._alike(outcome) else [self._finding("names", outcome)]

    # --- one run

    def _run(self, changes: _Changes) -> _Outcome:
        outcome = self._once(changes)
        late = isinstance(outcome, CandidateFailed) and outcome.status is Status.TIMED_OUT
        return self._once(changes) if late else outcome

    def _once(self, changes: _Changes) -> _Outcome:
        """Return the results of a process of its own by instance, or how it failed."""
        seed = derive(self.key, "seed").randrange(1, 2**32) if changes.seed else 0
        limits = _doubled(self.bench.problem.pack.limits) if changes.state else self.bench.problem.pack.limits
        results: list[Result] = []
        try:
            with contextlib.closing(self.walls(seed)) as sandbox, sandbox.open(self.program, limits) as policy:
                for part in self._parts(changes):
                    results += self.bench.ask(policy, part)
        except CandidateFailed as failure:
            return failure
        return {result.instance: result for result in results}  # of two passes, the second counts

    def _parts(self, changes: _Changes) -> list[list[Any]]:
        """Return what the evaluator is given, one list after the other."""
        chosen = list(self.bench.evaluator.instances(self.before.split))
        if changes.names:
            chosen = [self._renumbered(place, instance) for place, instance in enumerate(chosen)]
        if changes.order:
            derive(self.key, "order").shuffle(chosen)
            middle = (len(chosen) + 1) // 2
            return [part for part in (chosen[:middle], chosen[middle:]) if part]
        return [chosen, chosen] if changes.state else [chosen]

    @property
    def _renumbers(self) -> bool:
        return hasattr(self.bench.evaluator, "permuted")

    def _renumbered(self, place: int, instance: Any) -> Any:
        permuted = getattr(self.bench.evaluator, "permuted", lambda same, rng: same)
        return permuted(instance, derive(self.key, "names", place))

    # --- comparing

    def _same(self, outcome: _Outcome) -> bool:
        return not isinstance(outcome, CandidateFailed) and not self._changed(outcome)

    def _changed(self, outcome: Mapping[str, Result]) -> list[str]:
        """Return the instances whose results differ in more than measured times."""
        clock = self.bench.problem.pack.clock
        now = {name: comparable(result, clock) for name, result in outcome.items()}
        return [one.instance for one in self.before.results if now.get(one.instance) != comparable(one, clock)]

    def _alike(self, outcome: _Outcome) -> bool:
        """Return whether the pack lets these results of renumbered instances pass."""
        if isinstance(outcome, CandidateFailed):
            return False
        close = getattr(self.bench.evaluator, "alike", lambda before, after: False)
        return bool(close(self.before.results, [outcome[result.instance] for result in self.before.results]))

    def _finding(self, cause: Cause, outcome: _Outcome) -> Finding:
        return Finding(cause, _CAUSES[cause].format(differs=self._difference(outcome)))

    def _difference(self, outcome: _Outcome) -> str:
        if isinstance(outcome, CandidateFailed):
            return f"the program is {outcome.status} ({outcome.message})"
        changed = self._changed(outcome)
        return f"its results differ on {len(changed)} of {len(self.before.results)} instances (first: {changed[0]})"


def _failure(failed: CandidateFailed) -> Finding:
    where = "in a fresh process, with another order, other seeds and another numbering"
    return Finding("failure", f"{where}, the program is {failed.status}: {failed.message}")


def _doubled(limits: Limits) -> Limits:
    """Return limits for two passes."""
    twice = {"seconds": 2 * limits.seconds, "cpu_seconds": 2 * limits.cpu_seconds, "memory_mb": 2 * limits.memory_mb}
    return limits.model_copy(update=twice)
