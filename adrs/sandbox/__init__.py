"""The wall: a candidate runs inside it, and everything that judges the candidate stays outside.

`Sandbox.open` puts one program behind the wall; the `Policy` that it yields is the candidate as a simulator sees
it. Calls travel as frames (`adrs.sandbox.frames`): plain data in, plain data out, never pickle.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

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


@dataclass(frozen=True)
class Needs:
    """What a problem and its user ask of a wall.

    Attributes:
        packages: Pinned requirements (`networkx==3.4.2`) that programs may import beside numpy.
        modules: What of them is imported beforehand, for a candidate can read no file and so import nothing else.
        isolation: `warm`: a fresh process per candidate, in a runner that goes on. `fresh`: a runner (in Docker, a
            container) per candidate, started ahead of time.
        runtime: The container runtime by the engine's name for it, such as `runsc`; the engine's default if empty.
        inside: Who is behind the wall. `policy`: a candidate alone, which may compute and nothing else. `evaluator`: a
            foreign evaluator together with the candidate; both may read files, write to `/tmp`, and start processes.
        folder: What is shown read-only at `/problem`; only where an evaluator is inside.
        seed: Of hashes, and of the shared random streams.
        timed: Whether calls are timed: `TimedPolicy.timed` works only there.
    """

    packages: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    isolation: Literal["warm", "fresh"] = "warm"
    runtime: str = ""
    inside: Literal["policy", "evaluator"] = "policy"
    folder: Path | None = None
    seed: int = 0
    timed: bool = False


@dataclass(frozen=True)
class Timed:
    """An answer and what it took, both times less those of an empty call.

    Attributes:
        value: The answer.
        cpu_seconds: CPU time of the candidate's process since its previous timed answer, or since it was loaded, as the
            kernel counts it: what it computes meanwhile, while it is handed data to hold included, is charged.
        wall_seconds: Time between the question and the answer at the socket.
    """

    value: Data
    cpu_seconds: float
    wall_seconds: float


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


class TimedPolicy(Policy, Protocol):
    """A policy whose calls can be timed, where the wall was asked for it (`Needs.timed`)."""

    def timed(self, function: str, *args: Data) -> Timed:
        """Return what the function answers, and the time that it took, measured outside the candidate.

        Raises:
            CandidateFailed: As for `call`.
            SandboxUnavailable: As for `call`.
        """
        ...


class TimedSandbox(Sandbox, Protocol):
    """A sandbox that can time calls."""

    def open(self, program: Program, limits: Limits) -> AbstractContextManager[TimedPolicy]: ...
