"""A sandbox without a wall, for tests of what stands outside it; it obeys the protocol."""

import contextlib
import copy
from collections.abc import Iterator, Sequence
from typing import Any

from adrs.evaluation import CandidateFailed, Status
from adrs.problem import Limits
from adrs.program import Program
from adrs.sandbox import Data, Held, Policy


class InProcess:
    """Runs a program in this process: copies in, plain data out, every exception a crash."""

    name = "in-process"

    def __init__(self) -> None:
        self.opened = 0

    @contextlib.contextmanager
    def open(self, program: Program, limits: Limits) -> Iterator[Policy]:
        self.opened += 1
        space: dict[str, Any] = {}
        try:
            exec(compile(program.source, "candidate", "exec"), space)
        except Exception as error:
            raise CandidateFailed(Status.CRASHED, repr(error)) from error
        yield _Policy(space)

    def close(self) -> None:
        pass


class _Policy:
    def __init__(self, space: dict[str, Any]) -> None:
        self._space = space
        self._held: list[Data] = []

    def hold(self, value: Data) -> Held:
        self._held.append(value)
        return Held(len(self._held) - 1)

    def call(self, function: str, *args: Data) -> Data:
        given = [self._held[arg.key] if isinstance(arg, Held) else arg for arg in args]
        try:
            answer: Data = self._space[function](*copy.deepcopy(given))
        except Exception as error:
            raise CandidateFailed(Status.CRASHED, repr(error)) from error
        return answer

    def call_many(self, function: str, calls: Sequence[Sequence[Data]]) -> list[Data]:
        return [self.call(function, *call) for call in calls]
