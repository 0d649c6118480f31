"""The speed of a program as an evaluator sees it: a race against a reference, so that the machine's is not scored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from adrs.errors import EvaluatorBroken, PackError
from adrs.evaluation import Result
from adrs.problem import Clock
from adrs.sandbox import Data, Held, Policy


@dataclass(frozen=True)
class Race:
    """How fast a program answered, beside a reference on the same arguments. Times are medians over the runs.

    Attributes:
        value: The program's answer.
        ratio: CPU time of the program over that of the reference, the median over the pairs of runs; about the same
            on every machine.
        spread: Interquartile range of that ratio over the pairs.
        cpu_seconds: The program's.
        wall_seconds: The program's, at the socket.
        reference_cpu_seconds: The reference's.
        reference_wall_seconds: The reference's, at the socket.
        noise: Interquartile range of the reference's CPU times over their median.
    """

    value: Data
    ratio: float
    spread: float
    cpu_seconds: float
    wall_seconds: float
    reference_cpu_seconds: float
    reference_wall_seconds: float
    noise: float


@dataclass(frozen=True)
class Ahead:
    """An argument that is sent before the clock runs."""

    value: Data


Argument: TypeAlias = Data | Ahead
Start: TypeAlias = Callable[[str, Sequence[Argument]], Race]
"""Begins a race: which function, on what."""


class Racing(Policy, Protocol):
    """A policy whose speed can be measured."""

    def race(self, function: str, *args: Data) -> Race:
        """Let the program and the reference answer in turn, as often as the pack's clock says.

        Every run is the first call of a fresh process, so that nothing is gained by remembering an answer; this
        policy's own process hears nothing of it.

        Raises:
            CandidateFailed: As for `call`; or its answers differ, where the pack is deterministic.
            EvaluatorBroken: The pack declares no clock; or the reference fails, or is too quick to be timed.
            SandboxUnavailable: As for `call`.
        """
        ...


class Racer:
    """A policy whose races are run elsewhere."""

    def __init__(self, policy: Policy, start: Start) -> None:
        self._policy = policy
        self._start = start
        self._values: dict[int, Data] = {}

    def hold(self, value: Data) -> Held:
        held = self._policy.hold(value)
        self._values[held.key] = value
        return held

    def call(self, function: str, *args: Data) -> Data:
        return self._policy.call(function, *args)

    def call_many(self, function: str, calls: Sequence[Sequence[Data]]) -> list[Data]:
        return self._policy.call_many(function, calls)

    def race(self, function: str, *args: Data) -> Race:
        return self._start(function, [Ahead(self._values[arg.key]) if isinstance(arg, Held) else arg for arg in args])


class Untimed(Racer):
    """A policy for runs of which no time is kept: a race is one call, and every time in it is 1 s."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy, _refuse)

    def race(self, function: str, *args: Data) -> Race:
        return Race(self.call(function, *args), 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0)


def unclocked(policy: Policy) -> Racer:
    """Return a policy of a pack that declares no clock."""
    return Racer(policy, _refuse)


def comparable(result: Result, clock: Clock | None) -> Result:
    """Return `result` without its measured times, as every run of a deterministic program must get it.

    Raises:
        PackError: It has no figure of a name that the clock declares.
    """
    if clock is None:
        return result
    missing = set(clock.figures) - result.scores.keys()
    if missing:
        raise PackError(
            f"the clock declares the figures {sorted(missing)}, and the evaluator gave {sorted(result.scores)}"
        )
    return replace(result, scores={name: value for name, value in result.scores.items() if name not in clock.figures})


def _refuse(function: str, _: Sequence[Argument]) -> Race:
    raise EvaluatorBroken(
        f"the evaluator races {function!r}, and its problem.toml declares no clock",
        "Add a table [clock] to it; docs/clocks.md says how.",
    )
