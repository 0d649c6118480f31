"""What a pack must keep before its results can be believed."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from adrs.evaluating.stages import Bench
from adrs.evaluation import Evaluation
from adrs.program import Program


class Finding(NamedTuple):
    """One thing that was checked."""

    what: str
    passed: bool
    detail: str


def check_pack(bench: Bench, *, note: Callable[[str], None]) -> list[Finding]:
    """Evaluate the seed, every baseline and every cheat on the training split, and return what was found.

    Args:
        bench: The problem with its evaluator and a sandbox.
        note: Hears what is being done.
    """
    note(f"checking {bench.problem.name} on the {bench.sandbox.name} sandbox")
    return [*_declarations(bench), *_honest(bench, note), *_cheats(bench, note)]


def _declarations(bench: Bench) -> Iterator[Finding]:
    problem = bench.problem
    baselines = problem.programs("baselines")
    unknown = sorted(set(problem.pack.references) - baselines.keys())
    yield Finding("references", not unknown, f"no such baseline: {unknown}" if unknown else "all are baselines")
    yield Finding("statement", len(problem.statement) > 200, f"{len(problem.statement)} characters")
    sourced = all(program.source.lstrip().startswith('"""') for program in baselines.values())
    yield Finding("sources", sourced, "each baseline begins with a docstring that says where it comes from")
    for split in ("train", "validation", "test"):
        instances = bench.evaluator.instances(split)
        yield Finding(f"{split} split", len(instances) > 0, f"{len(instances)} instances")


def _honest(bench: Bench, note: Callable[[str], None]) -> Iterator[Finding]:
    programs = {"seed": bench.problem.seed, **bench.problem.programs("baselines")}
    for name, program in programs.items():
        note(f"  {name}")
        first, second = bench.evaluate(program, "train"), bench.evaluate(program, "train")
        yield Finding(f"{name} is valid", first.valid, _say(bench, first))
        if first.valid and bench.problem.pack.deterministic:
            same = (first.scores, first.results) == (second.scores, second.results)
            yield Finding(f"{name} repeats", same, "twice the same" if same else "the second evaluation differs")


def _cheats(bench: Bench, note: Callable[[str], None]) -> Iterator[Finding]:
    seed = bench.evaluate(bench.problem.seed, "train")
    for name, program in bench.problem.programs("cheats").items():
        note(f"  cheat {name}")
        yield _cheat(bench, name, program, seed)


def _cheat(bench: Bench, name: str, program: Program, seed: Evaluation) -> Finding:
    evaluation = bench.evaluate(program, "train")
    if not evaluation.valid:
        return Finding(f"cheat {name}", True, f"{evaluation.status}: {evaluation.message.splitlines()[0][:100]}")
    gained = seed.valid and bench.problem.rank(evaluation) < bench.problem.rank(seed)
    return Finding(
        f"cheat {name}", not gained, "gains on the seed" if gained else "valid, but gains nothing on the seed"
    )


def _say(bench: Bench, evaluation: Evaluation) -> str:
    objective = bench.problem.objective
    if not evaluation.valid:
        return f"{evaluation.status}: {evaluation.message}"
    return f"{objective.name} {evaluation.scores[objective.name]:.6g} {objective.unit} in {evaluation.seconds:.2f} s"
