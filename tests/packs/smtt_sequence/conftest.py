from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adrs.evaluating import Evaluator
from adrs.evaluating.loading import load_evaluator
from adrs.evaluating.stages import Bench
from adrs.evaluation import CandidateFailed, Status
from adrs.problem import Problem, open_pack
from adrs.sandbox import Data, Held
from adrs.sandbox.local import LocalSandbox

PACK = Path(__file__).parents[3] / "evaluators" / "smtt_sequence"


class InProcess:
    """A policy without a wall: arguments and answers are copied as a sandbox does, for a program in this process."""

    def __init__(self, source: str) -> None:
        self._defined: dict[str, Any] = {}
        self._held: list[Data] = []
        exec(compile(source, "candidate.py", "exec"), self._defined)

    def hold(self, value: Data) -> Held:
        self._held.append(value)
        return Held(len(self._held) - 1)

    def call(self, function: str, *args: Data) -> Data:
        arguments = [_sent(self._held[one.key] if isinstance(one, Held) else one) for one in args]
        try:
            return _sent(self._defined[function](*arguments))
        except (ArithmeticError, LookupError, NameError, TypeError, ValueError) as error:
            raise CandidateFailed(Status.CRASHED, f"{type(error).__name__}: {error}") from error

    def call_many(self, function: str, calls: Sequence[Sequence[Data]]) -> list[Data]:
        return [self.call(function, *args) for args in calls]


def _sent(value: Data) -> Data:
    """Return `value` as it arrives at the other end: a copy whose arrays are read-only."""
    if isinstance(value, np.ndarray):
        return np.frombuffer(value.tobytes(), value.dtype).reshape(value.shape)
    if isinstance(value, list | tuple):
        return [_sent(item) for item in value]
    return value


@pytest.fixture(scope="session")
def problem() -> Problem:
    return open_pack(PACK)


@pytest.fixture(scope="session")
def evaluator(problem: Problem) -> Evaluator:
    return load_evaluator(problem)


@pytest.fixture(scope="session")
def bench(problem: Problem, evaluator: Evaluator) -> Iterator[Bench]:
    sandbox = LocalSandbox()
    yield Bench(problem, evaluator, sandbox)
    sandbox.close()


@pytest.fixture
def in_process() -> Callable[[str], InProcess]:
    return InProcess


@pytest.fixture(scope="session")
def baseline(problem: Problem) -> Callable[[str], Callable[..., Any]]:
    """The `schedule` of a baseline, in this process."""

    def named(name: str) -> Callable[..., Any]:
        defined: dict[str, Any] = {}
        exec(compile(problem.programs("baselines")[name].source, f"{name}.py", "exec"), defined)
        schedule: Callable[..., Any] = defined["schedule"]
        return schedule

    return named
