"""Ranges of the options of search policies."""

import math

from adrs.errors import ConfigError


def require(name: str, value: float, low: float, high: float = math.inf) -> None:
    """Raise `ConfigError` unless the option `name` lies between `low` and `high`."""
    if not low <= value <= high:
        limits = f"at least {low}" if high == math.inf else f"between {low} and {high}"
        raise ConfigError(f"the search option {name} is {value!r}", f"It must be {limits}.")
