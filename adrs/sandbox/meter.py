"""The CPU time of a candidate, read from the kernel by the runner, and its limit."""

import time

from adrs.sandbox.link import Link


class Overdrawn(TimeoutError):
    """The candidate has used more CPU time than it may."""


class Meter:
    """What a candidate has used of its CPU time.

    It is asked for rarely: a process of one thread cannot use more of it than has passed on the wall.

    Attributes:
        used: CPU time in seconds when it was last read.
        earliest_end: When, on the monotonic clock, the limit can be reached.
    """

    def __init__(self, link: Link, limit: float) -> None:
        self._link = link
        self._limit = limit
        self.used = 0.0
        self.earliest_end = time.monotonic() + limit

    def read(self) -> float:
        """Ask the kernel; return what has been used."""
        self.used = self._link.clock()
        self.earliest_end = time.monotonic() + self._limit - self.used
        return self.used

    def check(self) -> None:
        """Read the meter where the limit may have been reached.

        Raises:
            Overdrawn: It has.
        """
        if time.monotonic() >= self.earliest_end and self.read() >= self._limit:
            raise Overdrawn
