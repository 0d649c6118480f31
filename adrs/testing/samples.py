"""A small real problem that evaluates in milliseconds, and trials for it."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from adrs.evaluation import Evaluation, Result, Status
from adrs.problem import Problem, open_pack
from adrs.program import Program
from adrs.resources import folder
from adrs.trial import Trial

PACK = folder("evaluators") / "queues"
"""A complete pack in pure Python: one function `choose`, one objective `regret` (min), features `depth` and `size`,
six instances per split, one baseline and one cheat. The seed has a regret of about 25 minutes; 0 is optimal."""

_INSTANCES = tuple(f"train-{group}-{copy}" for copy in range(3) for group in ("few", "many"))


def write_pack(folder: Path) -> Path:
    """Copy the sample pack into `folder`, to be opened or broken at will; return the copy's path."""
    return Path(shutil.copytree(PACK, folder / PACK.name, ignore=shutil.ignore_patterns("__pycache__")))


def sample_problem() -> Problem:
    """Return the sample problem."""
    return open_pack(PACK)


def sample_program(limit: int = 80) -> Program:
    """Return the seed of the sample problem with another limit; each limit is another meaning."""
    source = (PACK / "seed.py").read_text()
    return Program(source.replace("LIMIT = 80", f"LIMIT = {limit}"))


def sample_trial(
    number: int,
    regret: float = 10.0,
    *,
    parents: Sequence[int] | None = None,
    status: Status = Status.VALID,
    depth: float = 0.5,
    program: Program | None = None,
) -> Trial:
    """Return trial `number` of a campaign on the sample problem, as if it had ended so.

    Args:
        number: The trial's number; 0 makes the seed.
        regret: Its objective, on every instance; of no effect unless valid.
        parents: Its parents; the seed if not given.
        status: How it ended. An unparsed one has no program.
        depth: Its behavioural feature; `size` is that of the program.
        program: What it is; a program of its own meaning if not given.
    """
    lineage = ((0,) if number else ()) if parents is None else tuple(parents)
    program = program or sample_program(80 + number)
    return Trial(
        number=number,
        parents=lineage,
        inspirations=(),
        program=None if status is Status.UNPARSED else program,
        evaluation=_evaluation(program, status, regret, depth),
        model="sample" if number else "seed",
    )


def _evaluation(program: Program, status: Status, regret: float, depth: float) -> Evaluation:
    if status is not Status.VALID:
        return Evaluation(status, split="train", message=f"the sample program was {status}")
    figures = {"regret": regret, "depth": depth}
    return Evaluation(
        status,
        split="train",
        scores={"regret": regret},
        results=tuple(Result(name, name.split("-")[1], figures) for name in _INSTANCES),
        features={"depth": depth, "size": float(program.size)},
        feedback=f"few: {regret:.2f} min of regret\nmany: {regret:.2f} min of regret",
        seconds=0.01,
    )
