"""Waiting that can be cut short."""

import time
from collections.abc import Callable
from typing import TypeAlias

Wait: TypeAlias = Callable[[float], bool]
"""Waits so many seconds and returns whether the work is to stop; `threading.Event.wait` is one."""


def sleep(seconds: float) -> bool:
    """Wait for `seconds`; nothing ever asks to stop."""
    time.sleep(seconds)
    return False
