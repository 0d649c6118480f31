"""A policy without a wall: copies in, plain data out."""

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from adrs.evaluation import CandidateFailed, Status
from adrs.sandbox import Data, Held


class InProcess:
    """A program, run here. Its arguments own their data, so that it can even make them writeable.

    Attributes:
        calls: How often it was called.
        bytes: How much array data would have crossed the wall, in both directions.
    """

    def __init__(self, source: str) -> None:
        self.calls = self.bytes = 0
        self._defined: dict[str, Any] = {}
        self._held: list[Data] = []
        exec(compile(source, "candidate.py", "exec"), self._defined)

    def hold(self, value: Data) -> Held:
        self._held.append(self._crossed(value))
        return Held(len(self._held) - 1)

    def call(self, function: str, *args: Data) -> Data:
        self.calls += 1
        handed = [_copy(self._held[one.key]) if isinstance(one, Held) else self._crossed(one) for one in args]
        try:
            with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
                answer = self._defined[function](*handed)
        except (ArithmeticError, LookupError, NameError, TypeError, ValueError) as error:
            raise CandidateFailed(Status.CRASHED, f"{type(error).__name__}: {error}") from error
        return self._crossed(answer)

    def call_many(self, function: str, calls: Sequence[Sequence[Data]]) -> list[Data]:
        return [self.call(function, *args) for args in calls]

    def _crossed(self, value: Data) -> Data:
        self.bytes += value.nbytes if isinstance(value, np.ndarray) else 0
        return _copy(value)


def _copy(value: Data) -> Data:
    """Return `value` as it arrives at the other end: arrays are read-only copies, tuples are lists."""
    if isinstance(value, list | tuple):
        return [_copy(one) for one in value]
    if not isinstance(value, np.ndarray):
        return value
    copy = value.copy()
    copy.flags.writeable = False
    return copy
