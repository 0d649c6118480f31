"""Worker processes that a crash, an interrupt and a dead parent leave in order."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from adrs.errors import SandboxUnavailable

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """Single-process executors side by side, each prepared by `start(slot)`; a dead one is replaced.

    One executor a process, so that a worker that dies takes only its own task with it, and so that each has a
    slot number of its own.
    """

    def __init__(self, count: int, start: Callable[[int, int], None]) -> None:
        self._start = start
        self._executors = [self._launch(slot) for slot in range(count)]
        self._free = list(range(count))

    @property
    def free(self) -> int:
        """How many workers have nothing to do."""
        return len(self._free)

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Run `function` on a free worker; call from one thread only, and only while `free` is not 0.

        The future raises `SandboxUnavailable` if the worker process dies.
        """
        slot = self._free.pop(0)
        outer: Future[T] = Future()
        outer.set_running_or_notify_cancel()
        with _interrupts_blocked():
            inner = self._executors[slot].submit(function, *args, **kwargs)
        inner.add_done_callback(lambda done: self._finish(slot, done, outer))
        return outer

    def close(self) -> None:
        """End all workers; what they were doing is abandoned."""
        for executor in self._executors:
            executor.shutdown(wait=False, cancel_futures=True)
        for executor in self._executors:
            executor.shutdown(wait=True)

    def _launch(self, slot: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(1, mp_context=context, initializer=self._start, initargs=(slot, os.getpid()))

    def _finish(self, slot: int, inner: "Future[T]", outer: "Future[T]") -> None:
        error = inner.exception()
        if isinstance(error, BrokenProcessPool):
            self._executors[slot] = self._launch(slot)
            error = SandboxUnavailable(
                "an evaluation worker died (killed from outside, or out of memory)",
                "Free some memory or use fewer --workers, then `adrs resume`.",
            )
        self._free.append(slot)
        if error is not None:
            outer.set_exception(error)
        else:
            outer.set_result(inner.result())


class _interrupts_blocked:  # noqa: N801 - reads as the context that it is
    """Interrupts wait while a process is made, which inherits the mask until it is prepared to ignore them."""

    def __enter__(self) -> None:
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

    def __exit__(self, *_: object) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
