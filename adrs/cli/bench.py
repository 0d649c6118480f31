"""Evaluating programs in the foreground."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from adrs.errors import UsageError
from adrs.evaluating.loading import load_evaluator
from adrs.evaluating.stages import Bench
from adrs.problem import Problem
from adrs.program import Program
from adrs.sandbox.choice import choose, open_sandbox


@contextmanager
def bench(problem: Problem, on: Literal["auto", "docker", "local"]) -> Iterator[Bench]:
    """Yield a bench for `problem`; its sandbox is closed at the end."""
    sandbox = open_sandbox(choose(on))
    try:
        yield Bench(problem, load_evaluator(problem), sandbox)
    finally:
        sandbox.close()


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
