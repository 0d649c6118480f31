"""Judging hostile programs: five things must be true of each."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from adrs.errors import SandboxUnavailable, UsageError
from adrs.evaluating.hostile.canaries import Canaries, Clock
from adrs.evaluating.hostile.hostile import GRACE, Hostile
from adrs.evaluating.hostile.problem import HONEST, IMPATIENT, PROBLEM, OneMachine
from adrs.evaluating.hostile.programs import PROGRAMS
from adrs.evaluating.hostile.surroundings import Surroundings
from adrs.evaluating.stages import Bench
from adrs.evaluation import Evaluation, Result, Status
from adrs.program import Program
from adrs.sandbox import Sandbox

# Its scores depend on all that a program finds on arrival, so that they show what an earlier one left.
CONTROL = Program("""
import random
import numpy as np

found = [random.random(), np.random.rand(), hash("adrs"), list({"alpha", "beta", "gamma"}), np.geterr()]
found += [random.Random.random is not None, np.argsort([3, 1, 2]).tolist(), len(np.__dict__), __import__("sys").path]

def order(times):
    return np.array(random.Random(repr(found)).sample(range(len(times)), len(times)))
""")

_REHEARSAL = ("import os\ndef order(times): os.write(3, b'garbage' * 9)", "import os\ndef order(times): os._exit(1)")


@dataclass(frozen=True)
class Verdict:
    """What came of one program.

    Attributes:
        name: The program.
        group: What kind of harm it means.
        expected: The status that its evaluation must have.
        observed: The one that it had; the name of an exception where it made the evaluation itself fail.
        message: What the evaluation said.
        complaint: In which way that is not as expected; empty if it is.
        seconds: What the evaluation took.
        limit: What it may take, but for `GRACE`.
        aftermath: In which way the next honest program did otherwise than before; empty if it did not.
        leftovers: Processes, containers, files and memory that are still there.
        harm: What happened to the host.
    """

    name: str
    group: str
    expected: Status
    observed: str
    message: str
    complaint: str
    seconds: float
    limit: float
    aftermath: str
    leftovers: tuple[str, ...]
    harm: tuple[str, ...]

    @property
    def in_time(self) -> bool:
        """Whether it ended within its limit plus `GRACE`."""
        return self.seconds <= self.limit + GRACE

    @property
    def findings(self) -> tuple[str, ...]:
        """All that is not as it must be, in words."""
        late = "" if self.in_time else f"it took {self.seconds:.2f} s; its limit is {self.limit:g} s"
        return (*filter(None, (self.complaint, late, self.aftermath)), *self.leftovers, *self.harm)

    @property
    def passed(self) -> bool:
        """Whether all five are true."""
        return not self.findings


def select(only: str | None) -> tuple[Hostile, ...]:
    """Return the programs of one name or group; all of them for None.

    Raises:
        UsageError: There is no such name and no such group.
    """
    chosen = tuple(program for program in PROGRAMS if only in (None, program.name, program.group))
    if not chosen:
        groups = ", ".join(dict.fromkeys(program.group for program in PROGRAMS))
        raise UsageError(f"no hostile program and no group is called {only!r}", f"The groups are {groups}.")
    return chosen


def run(
    sandbox: Sandbox,
    programs: Iterable[Hostile] = PROGRAMS,
    *,
    listener: Callable[[Verdict], None] = lambda verdict: None,
) -> list[Verdict]:
    """Return a verdict on each program; `listener` hears each as it falls."""
    court, verdicts = Court(sandbox), []
    for program in programs:
        verdicts.append(court.judge(program))
        listener(verdicts[-1])
    return verdicts


class Court:
    """Judges one program after the other.

    Raises:
        SandboxUnavailable: The wall does not stand, or an honest program does not do the same twice.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._bench = Bench(PROBLEM, OneMachine(), sandbox)
        self._impatient = Bench(IMPATIENT, OneMachine(), sandbox)
        self._surroundings = Surroundings(sandbox)
        self._honest = self._bench.evaluate(Program(HONEST), "train")
        self._control = self._bench.evaluate(CONTROL, "train")
        for evaluation in (self._honest, self._control):
            if not evaluation.valid:
                raise SandboxUnavailable(
                    f"an honest program is {evaluation.status}: {evaluation.message}", "See `adrs doctor`."
                )
        for source in _REHEARSAL:  # a wall that was hurt once keeps a thread and a runner more
            self._evaluate(Program(source), self._bench)
            self._evaluate(CONTROL, self._bench)
        with Canaries():
            self._before = self._surroundings.stable()

    def judge(self, hostile: Hostile) -> Verdict:
        """Return what is true of one program."""
        with Canaries() as canaries:
            clock = Clock()
            bench = self._impatient if hostile.expected is Status.TIMED_OUT else self._bench
            ending = self._evaluate(hostile.program(canaries.targets), bench)
            aftermath = self._aftermath()
            now = self._surroundings.settled(self._before)
            harm = canaries.touched(repr(ending)) + ("the clock was set",) * clock.turned
        leftovers, self._before = now.left_since(self._before), now
        return Verdict(
            name=hostile.name,
            group=hostile.group,
            expected=hostile.expected,
            observed=ending.observed,
            message=ending.message,
            complaint=self._complaint(hostile, ending),
            seconds=ending.seconds,
            limit=hostile.seconds,
            aftermath=aftermath,
            leftovers=leftovers,
            harm=harm,
        )

    def _evaluate(self, program: Program, bench: Bench) -> "Ending":
        began = time.perf_counter()
        try:
            evaluation = bench.evaluate(program, "train")
        except Exception as error:  # noqa: BLE001 - that a program can make the evaluation itself fail is a finding
            return Ending(type(error).__name__, str(error), time.perf_counter() - began)
        return Ending(evaluation.status.value, evaluation.message, evaluation.seconds, _achieved(evaluation))

    def _complaint(self, hostile: Hostile, ending: "Ending") -> str:
        if ending.observed != hostile.expected:
            return f"it is {ending.observed}: {ending.message}"
        if not ending.message.replace("\n", "").isprintable():
            return f"its message cannot be shown: {ending.message!r}"
        if hostile.message not in ending.message:
            return f"its message does not hold {hostile.message!r}"
        if hostile.expected is Status.VALID and ending.achieved != _achieved(self._honest):
            return "its scores are not those of an honest program"
        return ""

    def _aftermath(self) -> str:
        ending = self._evaluate(CONTROL, self._bench)
        if ending.observed != Status.VALID:
            return f"an honest program is {ending.observed}: {ending.message}"
        return "" if ending.achieved == _achieved(self._control) else "an honest program scores otherwise"


@dataclass(frozen=True)
class Ending:
    """How an evaluation ended, or failed."""

    observed: str
    message: str
    seconds: float
    achieved: tuple[dict[str, float], tuple[Result, ...]] = ({}, ())


def _achieved(evaluation: Evaluation) -> tuple[dict[str, float], tuple[Result, ...]]:
    return dict(evaluation.scores), evaluation.results
