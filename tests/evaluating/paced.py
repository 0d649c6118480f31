"""A sandbox whose clock is a function, for tests of what is made of times; it obeys the protocol."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from adrs.evaluation import CandidateFailed, Status
from adrs.problem import Limits
from adrs.program import Program
from adrs.sandbox import Data, Held, Timed, TimedPolicy


def steady(run: int) -> float:
    return 1.0


class Paced:
    """Runs a program in this process; a call takes the program's `COST` in ms times the pace of the run.

    Args:
        pace: The machine's pace at each run, counted from 0: 2 is half as fast.
    """

    name = "paced"

    def __init__(self, pace: Callable[[int], float] = steady) -> None:
        self._pace = pace
        self.opened: list[Program] = []

    @contextlib.contextmanager
    def open(self, program: Program, limits: Limits) -> Iterator[TimedPolicy]:
        space: dict[str, Any] = {"RUN": len(self.opened)}
        exec(program.source, space)
        milliseconds = space.get("COST", 1.0) * self._pace(len(self.opened))
        self.opened.append(program)
        yield _Policy(space, milliseconds / 1000)

    def close(self) -> None:
        pass


class _Policy:
    def __init__(self, space: dict[str, Any], seconds: float) -> None:
        self._space = space
        self._seconds = seconds
        self._held: list[Data] = []

    def hold(self, value: Data) -> Held:
        self._held.append(value)
        return Held(len(self._held) - 1)

    def call(self, function: str, *args: Data) -> Data:
        given = [self._held[arg.key] if isinstance(arg, Held) else arg for arg in args]
        try:
            answer: Data = self._space[function](*given)
        except Exception as error:
            raise CandidateFailed(Status.CRASHED, repr(error)) from error
        return answer

    def timed(self, function: str, *args: Data) -> Timed:
        assert all(isinstance(arg, Held) or not isinstance(arg, list) for arg in args), "lists are sent ahead here"
        return Timed(self.call(function, *args), self._seconds, 2 * self._seconds)

    def call_many(self, function: str, calls: Sequence[Sequence[Data]]) -> list[Data]:
        return [self.call(function, *call) for call in calls]
