"""Evaluating programs in the foreground."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Literal

from adrs.errors import UsageError
from adrs.evaluating.foreign import SelfScored, open_bench
from adrs.evaluating.needs import needs_of
from adrs.evaluating.stages import Bench
from adrs.evaluating.track import open_track
from adrs.problem import Problem
from adrs.program import Program
from adrs.sandbox.choice import choose, open_sandbox
from adrs.sandbox.cores import Pin


@contextmanager
def bench(problem: Problem, on: Literal["auto", "docker", "local"]) -> Iterator[Bench | SelfScored]:
    """Yield a bench for `problem`; its sandboxes are closed at the end."""
    wall = choose(on, needs_of(problem))
    with ExitStack() as opened:
        core = opened.enter_context(closing(Pin(1))).core
        track = open_track(problem, wall, core=core)
        if track:
            opened.enter_context(closing(track))
        sandbox = opened.enter_context(closing(open_sandbox(wall, core=core)))
        yield open_bench(problem, sandbox, track)


def read_program(path: Path) -> Program:
    """Return the program in a file.

    Raises:
        UsageError: There is no such file, or it is no text.
    """
    try:
        return Program(path.read_text())
    except FileNotFoundError:
        raise UsageError(f"there is no file {str(path)!r}", "Name a Python file.") from None
    except (IsADirectoryError, UnicodeDecodeError):
        raise UsageError(f"{str(path)!r} is no Python source", "Name a Python file.") from None
