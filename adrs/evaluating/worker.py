"""What runs in an evaluation worker: one process, one bench."""

import ctypes
import os
import signal
from collections.abc import Callable
from typing import TypeVar

from adrs.errors import AdrsError, EvaluatorBroken, SandboxUnavailable
from adrs.evaluating import audit as audits
from adrs.evaluating.foreign import SelfScored, open_bench
from adrs.evaluating.stages import Bench
from adrs.evaluating.track import open_track
from adrs.evaluation import Audit, Evaluation
from adrs.problem import Split, load
from adrs.program import Program
from adrs.sandbox.choice import Choice, open_sandbox
from adrs.sandbox.cores import Pin

T = TypeVar("T")
_PR_SET_PDEATHSIG = 1
# A worker process is made for one bench, which cannot be handed over with each task, and lives as long as it.
_bench: Bench | SelfScored | None = None
_walls: audits.Walls
_pin: Pin
_trouble: AdrsError | None = None
"""Why this process is not prepared; told by the first task, for an initializer that fails passes for a death."""


def start(problem: str, wall: Choice, slots: int, slot: int, parent: int) -> None:
    """Prepare this process to evaluate programs of one problem beside others, and to die with its parent."""
    global _bench, _walls, _pin, _trouble  # noqa: PLW0603
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the controller decides what an interrupt means
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    _pin = Pin(slots)
    _walls = audits.fresh_walls(wall, slot=slot)
    try:
        _bench = _open_bench(problem, wall, slot, _pin.core)
    except AdrsError as error:
        _trouble = error


def _open_bench(problem: str, wall: Choice, slot: int, core: int | None) -> Bench | SelfScored:
    loaded = load(problem)
    track = open_track(loaded, wall, slot=slot, core=core)
    return open_bench(loaded, open_sandbox(wall, slot=slot, core=core), track)


def ready() -> bool:
    """Return whether this process is prepared."""
    return _bench is not None


def run(source: str, split: Split) -> Evaluation:
    """Return how a program does on a split."""
    return _blaming_the_evaluator(lambda bench: bench.evaluate(Program(source), split))


def audit(source: str, before: Evaluation, key: int) -> Audit:
    """Return whether a program gets the results that it got before; see `adrs.evaluating.audit`."""
    return _blaming_the_evaluator(lambda bench: _audit(bench, Program(source), before, key))


def _audit(bench: Bench | SelfScored, program: Program, before: Evaluation, key: int) -> Audit:
    if isinstance(bench, SelfScored):
        raise EvaluatorBroken(f"{bench.problem.name!r} is self-scored and cannot be audited", "Please report this.")
    return audits.audit(bench, program, before, walls=_walls, key=key)


def _blaming_the_evaluator(work: Callable[[Bench | SelfScored], T]) -> T:
    if _trouble is not None:
        raise _trouble
    if _bench is None:
        raise SandboxUnavailable("the evaluation worker was not prepared", "This is a bug of adrs; please report it.")
    try:
        return work(_bench)
    except AdrsError:
        raise
    except Exception as error:
        raise EvaluatorBroken(
            f"the evaluator of {_bench.problem.name!r} failed: {type(error).__name__}: {error}",
            "Mend the pack (`adrs problems check`), then `adrs resume`; the trial was not counted against the program.",
        ) from error
