"""Where programs race against the reference of a problem."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median, quantiles

from adrs.errors import EvaluatorBroken, PackError
from adrs.evaluating.clock import Ahead, Argument, Race, Racer, unclocked
from adrs.evaluation import CandidateFailed, Status
from adrs.problem import Clock, Limits, Problem
from adrs.program import Program
from adrs.sandbox import Sandbox, Timed, TimedSandbox, frames
from adrs.sandbox.choice import Choice, open_sandbox

_RESOLUTION = 1e-4
"""Seconds. Of less a clock says little: the first call of a process takes some 30 µs more than a later one."""


class Track:
    """Where programs race against the reference of a problem, one race after the other.

    Args:
        problem: A problem that declares a clock.
        sandbox: Where both run, in turn; it must time calls, and serve nothing else. Closed with the track.
        core: The core that all of this is pinned to; None if it is not.

    Attributes:
        clock: What the problem declares.
        core: As given.
        races: What the races since the list was cleared showed; without the answers.

    Raises:
        PackError: The problem declares no clock.
    """

    def __init__(self, problem: Problem, sandbox: TimedSandbox, core: int | None = None) -> None:
        if problem.pack.clock is None:
            raise PackError(f"{problem.name!r} declares no clock", "Add a table [clock] to its problem.toml.")
        self.clock: Clock = problem.pack.clock
        self.core = core
        self.races: list[Race] = []
        self._problem = problem
        self._reference = problem.programs("baselines")[self.clock.reference]
        self._sandbox = sandbox

    def close(self) -> None:
        self._sandbox.close()

    def race(self, program: Program, function: str, arguments: Sequence[Argument]) -> Race:
        """Race once; where the reference itself was too unsteady, as often again. See `Racing.race`."""
        pairs = self._pairs(program, function, arguments)
        if _noise(pairs) > self.clock.noise:
            pairs += self._pairs(program, function, arguments)
        if self._problem.pack.deterministic:
            _require_one_answer(pairs)
        race = self._judge(pairs)
        self.races.append(replace(race, value=None))
        return race

    def _pairs(self, program: Program, function: str, arguments: Sequence[Argument]) -> "list[_Pair]":
        """Return runs in the order A B, B A, A B …, in which a drift of the machine cancels."""
        pairs = []
        for turn in range(self.clock.repeats):
            theirs = self._refer(function, arguments) if turn % 2 else None
            mine = self._run(program, function, arguments)
            pairs.append(_Pair(mine, theirs or self._refer(function, arguments)))
        return pairs

    def _refer(self, function: str, arguments: Sequence[Argument]) -> Timed:
        try:
            return self._run(self._reference, function, arguments)
        except CandidateFailed as failure:
            raise EvaluatorBroken(
                f"{self._name} is {failure.status}: {failure}", "Race on arguments that it can answer in time."
            ) from None

    def _run(self, program: Program, function: str, arguments: Sequence[Argument]) -> Timed:
        with self._sandbox.open(program, self._problem.pack.limits) as policy:
            given = [policy.hold(arg.value) if isinstance(arg, Ahead) else arg for arg in arguments]
            return policy.timed(function, *given)

    def _judge(self, pairs: "Sequence[_Pair]") -> Race:
        reference = median(pair.theirs.cpu_seconds for pair in pairs)
        if reference < _RESOLUTION:
            raise EvaluatorBroken(
                f"{self._name} took {reference:.2g} s, of which a clock says little", "Give it more to do in one call."
            )
        return Race(
            value=pairs[0].mine.value,
            ratio=median(pair.ratio for pair in pairs),
            spread=_range([pair.ratio for pair in pairs]),
            cpu_seconds=median(pair.mine.cpu_seconds for pair in pairs),
            wall_seconds=median(pair.mine.wall_seconds for pair in pairs),
            reference_cpu_seconds=reference,
            reference_wall_seconds=median(pair.theirs.wall_seconds for pair in pairs),
            noise=_noise(pairs),
        )

    @property
    def _name(self) -> str:
        return f"the reference {self.clock.reference!r} of {self._problem.name!r}"


def open_track(problem: Problem, wall: Choice, *, slot: int = 0, core: int | None = None) -> Track | None:
    """Return the track of a problem that declares a clock, for a thread that is pinned to `core`."""
    if problem.pack.clock is None:
        return None
    timing = replace(wall, needs=replace(wall.needs, timed=True))
    return Track(problem, open_sandbox(timing, slot=slot, core=core), core)


@contextmanager
def open_racer(sandbox: Sandbox, program: Program, problem: Problem, track: Track | None) -> Iterator[Racer]:
    """Yield `program` behind the wall of `sandbox`, ready to race on `track` if there is one."""
    limits = problem.pack.limits
    if track is None:
        assert problem.pack.clock is None, "a bench of a problem with a clock needs a track"
        with sandbox.open(program, limits) as policy:
            yield unclocked(policy)
    else:
        with sandbox.open(program, patient(limits, track.clock)) as policy:
            yield Racer(policy, _Lane(track, program, limits).race)


class _Lane:
    """The races of one process's time; in sum they are held to the limits of an evaluation."""

    def __init__(self, track: Track, program: Program, limits: Limits) -> None:
        self._track = track
        self._program = program
        self._limits = limits
        self._wall_seconds = self._cpu_seconds = 0.0

    def race(self, function: str, arguments: Sequence[Argument]) -> Race:
        race = self._track.race(self._program, function, arguments)
        self._wall_seconds += race.wall_seconds
        self._cpu_seconds += race.cpu_seconds
        if self._wall_seconds > self._limits.seconds:
            raise CandidateFailed(Status.TIMED_OUT, f"its calls took more than {self._limits.seconds:g} s in all")
        if self._cpu_seconds > self._limits.cpu_seconds:
            raise CandidateFailed(Status.TIMED_OUT, f"it used more than {self._limits.cpu_seconds:g} s of CPU time")
        return race


@dataclass(frozen=True)
class _Pair:
    """A run of the program and one of the reference, one right after the other."""

    mine: Timed
    theirs: Timed

    @property
    def ratio(self) -> float:
        return self.mine.cpu_seconds / max(self.theirs.cpu_seconds, _RESOLUTION)


def patient(limits: Limits, clock: Clock) -> Limits:
    """Return the limits of a process that waits while races are run beside it."""
    runs = 4 * clock.repeats
    return limits.model_copy(update={"seconds": limits.seconds * (1 + runs)})


def _require_one_answer(pairs: Sequence[_Pair]) -> None:
    first, *others = (b"".join(frames.encode(pair.mine.value)) for pair in pairs)
    if any(other != first for other in others):
        raise CandidateFailed(
            Status.INVALID,
            "the program answered the same question differently in another fresh process. It must depend on its "
            "arguments only: no clock, no unseeded randomness.",
        )


def _noise(pairs: Sequence[_Pair]) -> float:
    times = [pair.theirs.cpu_seconds for pair in pairs]
    return _range(times) / max(median(times), _RESOLUTION)


def _range(values: Sequence[float]) -> float:
    """Return the interquartile range."""
    lower, _, upper = quantiles(values, n=4, method="inclusive")
    return upper - lower
