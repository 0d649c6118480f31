"""Arguments that a shell can complete: runs and problems."""

from pathlib import Path

import click
from click.shell_completion import CompletionItem
from click.types import StringParamType


class RunName(StringParamType):
    """A run: its name in the folder of runs, a path to its folder, or `last`."""

    name = "run"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the runs that begin so; found by file name alone, since a shell waits for it."""
        runs = Path(str(ctx.params.get("runs") or "runs"))
        names = sorted({path.parent.name for path in runs.glob("*/archive.*") if path.suffix in {".db", ".url"}})
        return _beginning(["last", *names] if names else [], incomplete)


class ProblemName(StringParamType):
    """A problem: the name of a pack, or a path to one."""

    name = "problem"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the problems that begin so, or let the shell complete a path."""
        from adrs.packs import shipped_and_local

        if "/" in incomplete or incomplete.startswith("."):
            return [CompletionItem(incomplete, type="dir")]
        return _beginning([path.name for path in shipped_and_local()], incomplete)


def _beginning(names: list[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def numbers_of(text: str | None) -> list[int] | None:
    """Return the numbers in a list such as `0,5,7`; None for None."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise click.UsageError(f"{text!r} is no list of trial numbers, such as 0,5,7.")
    return [int(part) for part in parts]
