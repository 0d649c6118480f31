"""`adrs ls`: runs in a table."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from adrs.cli.output import json_option, print_json, runs_option

if TYPE_CHECKING:
    from adrs.report.summary import Row

_Key: TypeAlias = "Callable[[Row], tuple[bool, str | float]]"

_EXAMPLES = """\b
Examples:
  adrs ls --state paused --state running
  adrs ls --problem smtt --sort dollars       the most expensive first
"""
_SORTS: Mapping[str, tuple[_Key, bool]] = {
    "created": (lambda row: (True, row.created), True),
    "name": (lambda row: (True, row.run), False),
    "trials": (lambda row: (True, row.trials), True),
    "dollars": (lambda row: (True, row.dollars), True),
    "seconds": (lambda row: (True, row.seconds), True),
}
"""What rows are sorted by, and whether the largest comes first."""
_STATES = ("running", "paused", "stopped", "finished", "crashed", "unreadable")


@click.command(name="ls", epilog=_EXAMPLES)
@click.option("--state", "states", multiple=True, type=click.Choice(_STATES), help="Those in this state; repeatable.")
@click.option("--problem", help="Those on this problem.")
@click.option("--sort", type=click.Choice(list(_SORTS)), default="created", show_default=True, help="The order.")
@runs_option
@json_option
def command(states: tuple[str, ...], problem: str | None, sort: str, runs: str, as_json: bool) -> None:
    """List the runs in a folder, with totals; what a fork has inherited is counted once, for the run that paid it."""
    from dataclasses import asdict

    from adrs.cli.status import print_rows
    from adrs.report.summary import rows, totals

    key, largest_first = _SORTS[sort]
    kept = [row for row in rows(Path(runs)) if problem in {None, row.problem} and (not states or row.state in states)]
    found = sorted(kept, key=key, reverse=largest_first)
    total = totals(found)
    if as_json:
        print_json({"runs": [asdict(row) for row in found], "total": asdict(total)})
        return
    if not found:
        click.echo(f"no such runs in {str(runs)!r}; `adrs run smtt` starts one", err=True)
        return
    print_rows(found)
    words = f"{total.runs} runs, {total.trials} trials, {total.dollars:.2f} dollars"
    inherited = f", {total.inherited:.2f} inherited ones left out" if total.inherited else ""
    click.echo(f"{words}{inherited}", err=True)
