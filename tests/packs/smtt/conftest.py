from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from adrs.errors import SandboxUnavailable
from adrs.evaluating.loading import load_evaluator
from adrs.evaluating.stages import Bench
from adrs.evaluation import Result
from adrs.problem import Problem, open_pack
from adrs.sandbox.local import LocalSandbox
from evaluators.smtt import evaluator
from tests.packs.smtt.in_process import InProcess

Evaluate = Callable[[str, str], Mapping[str, float]]


@pytest.fixture(scope="session")
def problem() -> Problem:
    return open_pack(Path(__file__).parents[3] / "evaluators" / "smtt")


@pytest.fixture(scope="session")
def bench(problem: Problem) -> Iterator[Bench]:
    sandbox = LocalSandbox()
    try:
        sandbox.walls  # noqa: B018 - starts the runner, or says that it cannot
    except SandboxUnavailable as error:
        pytest.skip(str(error))
    yield Bench(problem, load_evaluator(problem), sandbox)
    sandbox.close()


@pytest.fixture(scope="session")
def evaluate() -> Evaluate:
    """Return a function from the source of a program and a split to objectives; no wall."""

    def scores(source: str, split: str) -> Mapping[str, float]:
        return evaluator.score(run(source, split))

    return scores


def run(source: str, split: str) -> list[Result]:
    return list(evaluator.run(InProcess(source), evaluator.instances(split)))
