"""A second request where the first is slow; the first answer counts."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, as_completed, wait
from dataclasses import dataclass

from adrs.llm import Completion


@dataclass(frozen=True)
class Hedge:
    """When a second request is sent.

    Attributes:
        seconds: After how long without an answer.
        calm: Returns whether requests are sent at once, so that the first is under way and not held back.
    """

    seconds: float
    calm: Callable[[], bool]


def first_bought(buy: Callable[[], Completion], again: Callable[[], Completion], hedge: Hedge) -> Completion:
    """Return what `buy` returns; where that takes long `again` is called as well, and the first to return counts.

    The slower one goes on in a thread that nobody waits for, not even at the end of the process. If both fail, the
    failure of the first is raised; a second one that fails alone (the budget may have no room for it) is no failure.
    """
    first = _begin(buy)
    slow = _still(first, hedge.seconds)
    while slow and not hedge.calm():
        slow = _still(first, hedge.seconds)
    bought = [first, _begin(again)] if slow else [first]
    done = (future for future in as_completed(bought) if future.exception() is None)
    return next(done, first).result()


def _still(future: "Future[Completion]", seconds: float) -> bool:
    """Return whether `future` is still open after so long."""
    return bool(wait([future], seconds).not_done)


def _begin(buy: Callable[[], Completion]) -> "Future[Completion]":
    """Call `buy` in a thread of its own, which ends with the process."""
    future: Future[Completion] = Future()

    def work() -> None:
        try:
            future.set_result(buy())
        except BaseException as error:  # noqa: BLE001 - whoever waits for the future raises it
            future.set_exception(error)

    threading.Thread(target=work, name="model-hedged", daemon=True).start()
    return future
