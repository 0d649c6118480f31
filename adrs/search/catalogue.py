"""Search policies by name."""

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import TypeAlias, cast

from adrs.errors import ConfigError
from adrs.problem import Problem
from adrs.search import Search

Option: TypeAlias = int | float | str
Factory: TypeAlias = Callable[..., Search]

ENTRY_POINTS = "adrs.searches"
_BUILT_IN = MappingProxyType(
    {
        "best_of_n": "adrs.search.best_of_n:BestOfN",
        "greedy": "adrs.search.greedy:Greedy",
        "islands": "adrs.search.islands:Islands",
    }
)


def names() -> list[str]:
    """Return the names that `open_search` knows: the built-in policies and those of installed distributions."""
    return sorted({*_BUILT_IN, *(point.name for point in entry_points(group=ENTRY_POINTS))})


def open_search(name: str, problem: Problem, options: Mapping[str, Option]) -> Search:
    """Return a new search policy for `problem`.

    Args:
        name: One of `names()`, or `package.module:Class` for any class that takes a problem and keyword options.
        problem: What is improved.
        options: Keyword arguments of the class, such as `count` of `islands`; its docstring explains them.

    Raises:
        ConfigError: There is no such policy or option, or an option has the wrong type or is out of range.
    """
    factory = _find(name)
    known = _options(name, factory)
    for option, value in options.items():
        _check(option, value, known)
    return factory(problem, **options)


def _find(name: str) -> Factory:
    plugged = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    path = {**plugged, **_BUILT_IN}.get(name, name)
    module, _, attribute = path.partition(":")
    if not attribute:
        raise ConfigError(
            f"no search is called {name!r}",
            f"{_hint(name, names())}Choose one of {_listed(names())}, or name a class as package.module:Class.",
        )
    try:
        loaded: object = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"the search {name!r} cannot be loaded: {error}", "Name it as package.module:Class, and install it here."
        ) from error
    if not callable(loaded):
        raise ConfigError(f"{name!r} is no search, but {loaded!r:.80}", "Name a class as package.module:Class.")
    return cast("Factory", loaded)


def _options(name: str, factory: Factory) -> Mapping[str, inspect.Parameter]:
    """Return the keyword options of a policy, which all have defaults."""
    parameters = list(inspect.signature(factory).parameters.values())
    positional, options = parameters[:1], parameters[1:]
    if not positional or positional[0].kind is positional[0].KEYWORD_ONLY or any(o.default is o.empty for o in options):
        raise ConfigError(
            f"the search {name!r} does not open with a problem alone",
            "Let it be a class with one positional parameter, the problem, and a default for each option.",
        )
    return {option.name: option for option in options}


def _check(name: str, value: Option, known: Mapping[str, inspect.Parameter]) -> None:
    if name not in known:
        raise ConfigError(f"the search has no option {name!r}", f"{_hint(name, known)}It has {_listed(known)}.")
    default = known[name].default
    expected = (int, float) if isinstance(default, float) else type(default)
    if not isinstance(value, expected):
        kind = {int: "a whole number", float: "a number", str: "a text"}.get(type(default), "of another type")
        raise ConfigError(f"the search option {name} is {value!r}", f"It must be {kind}, such as {default!r}.")


def _hint(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"Did you mean {close[0]!r}? " if close else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
