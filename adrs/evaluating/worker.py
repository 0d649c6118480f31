"""What runs in an evaluation worker: one process, one bench."""

import ctypes
import os
import signal

from adrs.errors import AdrsError, EvaluatorBroken, SandboxUnavailable
from adrs.evaluating.loading import load_evaluator
from adrs.evaluating.stages import Bench
from adrs.evaluation import Evaluation
from adrs.problem import Split, load
from adrs.program import Program
from adrs.sandbox.choice import Choice, open_sandbox

_PR_SET_PDEATHSIG = 1
_bench: Bench | None = None  # a worker process is made for one bench; it cannot be handed over with each task


def start(problem: str, wall: Choice, slot: int, parent: int) -> None:
    """Prepare this process to evaluate programs of one problem, and to die with its parent."""
    global _bench  # noqa: PLW0603
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the controller decides what an interrupt means
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    loaded = load(problem)
    _bench = Bench(loaded, load_evaluator(loaded), open_sandbox(wall, slot=slot))


def ready() -> bool:
    """Return whether this process is prepared."""
    return _bench is not None


def run(source: str, split: Split) -> Evaluation:
    """Return how a program does on a split."""
    if _bench is None:
        raise SandboxUnavailable("the evaluation worker was not prepared", "This is a bug of adrs; please report it.")
    try:
        return _bench.evaluate(Program(source), split)
    except AdrsError:
        raise
    except Exception as error:
        raise EvaluatorBroken(
            f"the evaluator of {_bench.problem.name!r} failed: {type(error).__name__}: {error}",
            "Mend the pack (`adrs problems check`), then `adrs resume`; the trial was not counted against the program.",
        ) from error
