"""Two programs on the same instances."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adrs.cli.bench import read_program
from adrs.comparison import Interval, paired
from adrs.errors import GoalMissed, UsageError
from adrs.evaluating.foreign import SelfScored, figure
from adrs.evaluating.stages import Bench
from adrs.evaluation import Evaluation
from adrs.problem import Objective, Problem, Split
from adrs.program import Program
from adrs.randomness import derive


@dataclass(frozen=True)
class Versus:
    """The leading objective of one program less that of another, over the same instances."""

    name: str
    score: float
    difference: Interval

    def data(self) -> dict[str, Any]:
        """Return it as plain data; an end of the interval that is not known is null."""
        low, high = (end if math.isfinite(end) else None for end in (self.difference.low, self.difference.high))
        interval = {"estimate": self.difference.estimate, "low": low, "high": high}
        return {"name": self.name, "score": self.score, "difference": interval}

    def sentence(self, objective: Objective) -> str:
        """Return it in words."""
        unit = f" {objective.unit}" if objective.unit else ""
        gain = objective.cost(self.difference.estimate)
        word = "better" if gain < 0 else "worse" if gain > 0 else "different"
        low, high = self.difference.low, self.difference.high
        if not math.isfinite(high - low):
            return f"against {self.name} ({self.score:.6g}{unit}): {self.difference.estimate:+.4g}{unit}, no interval"
        return (
            f"against {self.name} ({self.score:.6g}{unit}): {self.difference.estimate:+.4g}{unit}, "
            f"95 % interval {low:+.4g} to {high:+.4g} (paired bootstrap), so "
            + (f"{word} beyond chance" if self.difference.excludes(0.0) else "not told apart by these instances")
        )


def compare(bench: Bench | SelfScored, evaluation: Evaluation, split: Split, against: str) -> Versus | None:
    """Evaluate a baseline's name or a file on the same split, and return the paired difference to it.

    None where `evaluation` itself is not valid.

    Raises:
        GoalMissed: The other program is not valid.
        UsageError: It is neither a baseline nor a file.
    """
    if not evaluation.valid:
        return None
    other = bench.evaluate(_program(bench.problem, against), split)
    if not other.valid:
        raise GoalMissed(f"{against!r} is {other.status}: {other.message}", "Compare with a valid program.")
    leading = figure(bench.problem)
    difference = paired(evaluation.results, other.results, leading, rng=derive(0, "eval", "against"))
    return Versus(against, other.scores[bench.problem.objective.name], difference)


def _program(problem: Problem, against: str) -> Program:
    baselines = problem.programs("baselines")
    if against in baselines:
        return baselines[against]
    if not Path(against).is_file():
        known = ", ".join(baselines)
        raise UsageError(f"{against!r} is neither a baseline of {problem.name!r} nor a file", f"Baselines: {known}.")
    return read_program(Path(against))
