"""The wall: a candidate runs inside it, and everything that judges the candidate stays outside.

`Sandbox.open` puts one program behind the wall; the `Policy` that it yields is the candidate as a simulator sees
it. Calls travel as frames (`adrs.sandbox.frames`): plain data in, plain data out, never pickle.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from adrs.problem import Limits
from adrs.program import Program

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Scalar: TypeAlias = bool | int | float | str | bytes | None
    Data: TypeAlias = Scalar | list["Data"] | tuple["Data", ...] | dict[str, "Data"] | NDArray[np.generic] | "Held"
else:
    Data: TypeAlias = Any


@dataclass(frozen=True)
class Held:
    """Data that was sent once and waits behind the wall; calls that name it get it as read-only arrays.

    A program that writes into them all the same changes them for itself alone.
    """

    key: int


class Policy(Protocol):
    """A candidate behind the wall. Every method raises `CandidateFailed` where the candidate fails."""

    def hold(self, value: Data) -> Held:
        """Send `value` once, to be named as an argument in later calls."""
        ...

    def call(self, function: str, *args: Data) -> Data:
        """Return what the candidate's top-level `function` answers.

        Numpy arrays arrive as read-only copies; answers are size-limited and hold plain data only (tuples come
        back as lists).

        Raises:
            CandidateFailed: It raised, died, was late, used too much, or answered something that is no plain data.
            SandboxUnavailable: The wall itself failed.
        """
        ...

    def call_many(self, function: str, calls: Sequence[Sequence[Data]]) -> list[Data]:
        """Return the answers to many calls that travel in one frame; the time limit of a call holds for the frame."""
        ...


class Sandbox(Protocol):
    """A way to put programs behind a wall. One sandbox serves one evaluation at a time."""

    name: str

    def open(self, program: Program, limits: Limits) -> AbstractContextManager[Policy]:
        """Load `program` behind the wall; leave the context to end all that it started.

        Raises:
            CandidateFailed: The program does not load (on entering the context).
            SandboxUnavailable: The wall itself failed.
        """
        ...

    def close(self) -> None:
        """End everything that the sandbox keeps ready."""
        ...
