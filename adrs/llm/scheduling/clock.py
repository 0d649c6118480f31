"""Time, as a scheduler sees it."""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> float:
        """Return seconds that never go back."""
        ...

    def today(self) -> float:
        """Return seconds since 1970."""
        ...

    def rest(self, turn: threading.Condition, seconds: float) -> None:
        """Wait for news, at most so long; `turn` is held before and after, and not meanwhile."""
        ...


class MachineClock:
    """The machine's."""

    def now(self) -> float:
        return time.monotonic()

    def today(self) -> float:
        return time.time()

    def rest(self, turn: threading.Condition, seconds: float) -> None:
        turn.wait(seconds)
