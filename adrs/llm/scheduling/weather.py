"""What a provider is like at the moment, for whoever watches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Outage:
    """A model cannot be had for now; nothing is sent but one probe at a time.

    Attributes:
        model: Its name.
        reason: What the provider said last.
        since: When it began, in seconds since 1970.
        probe: When the next probe is due, in seconds since 1970.
    """

    model: str
    reason: str
    since: float
    probe: float


@dataclass(frozen=True)
class Cleared:
    """A model that could not be had answers again.

    Attributes:
        model: Its name.
        seconds: How long it could not be had.
    """

    model: str
    seconds: float


Weather: TypeAlias = Outage | Cleared
Hear: TypeAlias = Callable[[Weather], None]
"""Hears of the weather, in whichever thread met it."""
