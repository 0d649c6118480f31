"""A hostile program, and how it must end."""

from collections.abc import Mapping
from dataclasses import dataclass

from adrs.evaluating.hostile.problem import LIMITS, SHORT
from adrs.evaluation import Status
from adrs.program import Program

GRACE = 1.0
"""Seconds beyond its limit within which a program must have ended."""
TARGETS = "TARGETS"
"""What a source writes where it wants the addresses of the host's canaries, as a dict."""
MARK = "adrs-hostile"
"""What the name of every file begins with that a program of the suite tries to make."""


@dataclass(frozen=True)
class Hostile:
    """A program that means harm.

    Attributes:
        group: What kind of harm.
        name: Unique in the suite.
        expected: How its evaluation must end. `valid` says that the harm must come to nothing: the program then
            answers as an honest one would, and must score the same.
        message: What the evaluation's message must hold.
        source: The program; a problem's `order(times)` among it.
        limit: Seconds after which it must be stopped if nothing else ends it; 0: that of a call, or of the evaluation.
    """

    group: str
    name: str
    expected: Status
    message: str
    source: str
    limit: float = 0.0

    @property
    def seconds(self) -> float:
        """The limit that ends it."""
        natural = SHORT.call_seconds if self.expected is Status.TIMED_OUT else LIMITS.seconds
        return self.limit or natural

    def program(self, targets: Mapping[str, object]) -> Program:
        """Return what is evaluated: it knows where the host's canaries are."""
        return Program(self.source.replace(TARGETS, repr(dict(targets))))


_SPY = """

asked = []

def order(times):
    import numpy as np
    reached = [] if asked else [name for name, reach in attempts().items() if came_through(reach)]
    asked.append(True)
    if reached:
        raise RuntimeError(f"reached {reached}")
    return np.argsort(times)

def came_through(reach):
    try:
        return reach()
    except OSError:
        return False
"""


def spy(group: str, name: str, attempts: str) -> Hostile:
    """Return a program that crashes if one of its attempts succeeds, and answers honestly if none does.

    Args:
        group: What kind of harm.
        name: Unique in the suite.
        attempts: Source of `attempts()`, which returns functions by name. One that raises `OSError` or returns
            something false has come to nothing. They must do no harm where they succeed, so that tests can show,
            without a wall, that they do.
    """
    return Hostile(group, name, Status.VALID, "", attempts.strip() + _SPY)
