"""What a problem needs of the wall that its programs run behind."""

from typing import Literal

from adrs import foreign
from adrs.problem import Problem
from adrs.sandbox import Needs


def needs_of(problem: Problem, *, isolation: Literal["warm", "fresh"] = "warm", runtime: str = "") -> Needs:
    """Return what `problem` needs of a wall, together with what its user asks for (see `Needs`)."""
    if problem.pack.self_scored:
        wanted = foreign.read(problem.folder).settings.packages
        return Needs(packages=wanted, isolation="fresh", runtime=runtime, inside="evaluator", folder=problem.folder)
    pinned = tuple(package for package in problem.pack.packages if package != "numpy")
    return Needs(
        packages=pinned,
        modules=problem.pack.modules or tuple(map(_module, pinned)),
        isolation=isolation,
        runtime=runtime,
        timed=problem.pack.clock is not None,
    )


def _module(pinned: str) -> str:
    """Return the module that a pinned requirement most likely brings."""
    return pinned.partition("==")[0].replace("-", "_")
