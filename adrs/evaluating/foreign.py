"""Scoring programs by the evaluator of a foreign problem, which runs behind the wall together with the program.

The program can reach everything that scores it. That is why each of these scores is marked as self-scored.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from adrs import foreign
from adrs.errors import MissingPart, PackError, UsageError
from adrs.evaluating.loading import load_evaluator
from adrs.evaluating.stages import Bench
from adrs.evaluating.track import Track
from adrs.evaluating.verdict import SCORE, Outcome, mean_or_score, verdict
from adrs.evaluation import CandidateFailed, Evaluation, Result, Status
from adrs.foreign import Foreign
from adrs.problem import Problem, Split
from adrs.program import Program
from adrs.resources import folder
from adrs.sandbox import Data, Policy, Sandbox

_LARGE = 1 << 20  # bytes from which a file is shown at /problem rather than sent
_SHOWN = 50
_STAND_INS = ("openevolve", "skydiscover", "skydiscover/evaluation")


def open_bench(problem: Problem, sandbox: Sandbox, track: Track | None) -> "Bench | SelfScored":
    """Return what scores programs of `problem` in `sandbox`, and has them race on `track` if there is one."""
    if problem.pack.self_scored:
        return SelfScored(problem, sandbox)
    return Bench(problem, load_evaluator(problem), sandbox, track)


def figure(problem: Problem) -> Callable[[Sequence[Result]], float]:
    """Return what folds results into the leading objective; a self-scored result holds it itself."""
    if problem.pack.self_scored:
        return lambda results: results[0].scores[SCORE]
    score, name = load_evaluator(problem).score, problem.objective.name
    return lambda results: score(results)[name]


@dataclass(frozen=True)
class SelfScored:
    """What `Bench` is for a pack: everything that scoring programs of one foreign problem needs."""

    problem: Problem
    sandbox: Sandbox

    def evaluate(self, program: Program, split: Split) -> Evaluation:
        """Return how `program` does; a failure of the program, or one that its evaluator tells of, is a status.

        Raises:
            SandboxUnavailable: The wall failed.
            PackError: The evaluator cannot be loaded.
            UsageError: The problem knows no such split.
        """
        start = time.perf_counter()
        try:
            evaluation = self._scored(program, split)
        except CandidateFailed as failure:
            evaluation = Evaluation(failure.status, split, failure.message)
        return replace(evaluation, seconds=time.perf_counter() - start)

    def _scored(self, program: Program, split: Split) -> Evaluation:
        self._require(split)
        complaint = self.problem.complaint(program)
        if complaint is not None:
            raise CandidateFailed(Status.INVALID, complaint)
        with self.sandbox.open(self._driver, self.problem.pack.limits) as policy:
            functions = self._prepare(policy, program)
            outcome, reached = self._through_stages(policy, functions, split)
        return self._evaluation(program, split, outcome, reached)

    def _require(self, split: Split) -> None:
        known = {"train"} | ({"test"} if self._foreign.settings.kind == "script" else set())
        if split not in known:
            raise UsageError(
                f"{self.problem.name!r} is a foreign problem and has no {split} split",
                f"It has: {', '.join(sorted(known))}.",
            )

    def _prepare(self, policy: Policy, program: Program) -> list[str]:
        """Return the functions that the evaluator offers."""
        settings = self._foreign.settings
        given: dict[str, Data] = {
            "kind": settings.kind,
            "file": settings.file,
            "mode_first": settings.mode_first,
            "arguments": settings.arguments,
            "stand_ins": self._stand_ins,
        }
        reply = policy.call("prepare", program.source, given, self._files)
        if not isinstance(reply, dict) or not isinstance(functions := reply.get("functions"), list):
            why = str(reply.get("broken", reply)) if isinstance(reply, dict) else repr(reply)
            what = f"{settings.file} of {self.problem.name!r} cannot be loaded: {why[:1500]}"
            if why.startswith(("ModuleNotFoundError", "ImportError")):
                raise MissingPart(what, "List it in a requirements.txt beside it for Docker; locally, install it.")
            raise PackError(what, "Mend it and begin a new run: with another evaluator, scores would not compare.")
        return [str(name) for name in functions]

    def _through_stages(self, policy: Policy, functions: Sequence[str], split: Split) -> tuple[Outcome, int]:
        """Return what the stages come to, and how many of them were run; the whole at once is one stage."""
        settings = self._foreign.settings
        stages = [name for name in settings.stages if name in functions] or [self._whole(functions)]
        outcome = self._stage(policy, stages[0], split)
        for reached, (name, threshold) in enumerate(zip(stages[1:], settings.thresholds, strict=False), 1):
            if outcome.score < threshold:
                note = f"{outcome.score:.6g} is less than {threshold:g}, so stage {reached + 1} was not run"
                return replace(outcome, words={**outcome.words, "cascade": note}), reached
            later = self._stage(policy, name, split)
            merged = {**outcome.figures, **later.figures}
            outcome = outcome.then(later, mean_or_score(merged, settings.features))
        return outcome, len(stages)

    def _whole(self, functions: Sequence[str]) -> str:
        name = "script" if self._foreign.settings.kind == "script" else "evaluate"
        if name not in functions:
            raise PackError(
                f"{self._foreign.settings.file} of {self.problem.name!r} defines no function evaluate(program_path)",
                "It is what a foreign evaluator is called by.",
            )
        return name

    def _stage(self, policy: Policy, name: str, split: Split) -> Outcome:
        try:
            return verdict(policy.call("run", name, split), self._foreign.settings.features)
        except CandidateFailed as failure:
            where = f"{name}: " if name in foreign.STAGES else ""
            raise CandidateFailed(failure.status, f"{where}{failure.message}") from None

    def _evaluation(self, program: Program, split: Split, outcome: Outcome, reached: int) -> Evaluation:
        declared = {objective.name: objective for objective in self.problem.pack.objectives}
        scores = {SCORE: outcome.score, "cascade_stage": float(reached)}
        scores = {name: value for name, value in scores.items() if name in declared}
        if not declared[SCORE].low <= outcome.score <= declared[SCORE].high:
            raise CandidateFailed(Status.INVALID, f"{SCORE} is {outcome.score:g}, which no comparison can hold")
        result = Result("evaluator", "metrics", {**outcome.figures, SCORE: outcome.score})
        features = {"size": float(program.size)}
        return Evaluation(Status.VALID, split, "", scores, (result,), features, _feedback(outcome))

    @cached_property
    def _foreign(self) -> Foreign:
        return foreign.read(self.problem.folder)

    @cached_property
    def _driver(self) -> Program:
        return Program((folder("sandbox") / "foreign.py").read_text())

    @cached_property
    def _files(self) -> dict[str, Data]:
        """The files as they were when the campaign began; those of a script are its own folder's, as in its image."""
        root = self.problem.folder
        inside = (root / self._foreign.settings.file).parent if self._foreign.settings.kind == "script" else root
        paths = [path for path in foreign.files(root) if path.is_relative_to(inside)]
        return {str(path.relative_to(root)): _content(path) for path in paths}

    @cached_property
    def _stand_ins(self) -> dict[str, Data]:
        module = (folder("sandbox") / "evaluation_result.py").read_text()
        found: dict[str, Data] = {f"{place}/__init__.py": "" for place in _STAND_INS}
        places = ("openevolve", "skydiscover/evaluation")
        exported = "from .evaluation_result import EvaluationResult\n"
        return found | {
            f"{place}/{name}": text
            for place in places
            for name, text in (("__init__.py", exported), ("evaluation_result.py", module))
        }


def _content(path: Path) -> Data:
    """Return what is sent of a file: its content and whether it can be executed; no content if it is large."""
    status = path.stat()
    return [None if status.st_size >= _LARGE else path.read_bytes(), bool(status.st_mode & 0o100)]


def _feedback(outcome: Outcome) -> str:
    """Return metrics and artifacts as a model is told them."""
    shown = [f"{name} = {value:.6g}" for name, value in list(outcome.figures.items())[:_SHOWN]]
    lines = [f"Metrics: {', '.join(shown)}{', …' if len(outcome.figures) > _SHOWN else ''}"]
    return "\n".join([*lines, *(f"{name}: {text.strip()}" for name, text in outcome.words.items())])
