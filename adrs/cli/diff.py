"""`adrs diff`: what changed between two programs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, print_json, runs_option

if TYPE_CHECKING:
    from adrs.cli.drawing import Tone

_TONES: "dict[str, Tone]" = {"@": "cyan", "+": "green", "-": "red"}
_EXAMPLES = """\b
Examples:
  adrs diff last best         the best program against its parent
  adrs diff last seed best    from the seed to the best
"""


@click.command(name="diff", epilog=_EXAMPLES)
@click.argument("run", type=RunName())
@click.argument("a")
@click.argument("b", required=False)
@runs_option
@json_option
def command(run: str, a: str, b: str | None, runs: str, as_json: bool) -> None:
    """Show what changed from trial A to trial B of RUN, or from A's first parent to A.

    A trial is a number, `best` or `seed`.
    """
    from adrs.cli.drawing import print_text
    from adrs.report.changes import change
    from adrs.report.opening import open_run

    with open_run(run, Path(runs)) as opened:
        found = change(opened, a, b)
    if as_json:
        numbers = {"run": opened.name, "before": found.before.number, "after": found.after.number}
        print_json({**numbers, "added": found.added, "removed": found.removed, "diff": "".join(found.lines)})
        return
    for place, line in enumerate(found.lines):
        print_text(line, tone="bold" if place < 2 else _TONES.get(line[0]), end="")
    if not found.lines:
        click.echo(f"trials {found.before.number} and {found.after.number} have the same program", err=True)
