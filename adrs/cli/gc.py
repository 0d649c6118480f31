"""`adrs gc`: remove what no run needs any more."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from adrs.cli.output import json_option, print_json, runs_option

if TYPE_CHECKING:
    from adrs.report.leftovers import Leftover


@click.command(name="gc")
@click.option("--dry-run", is_flag=True, help="List it, and remove nothing (as without --yes).")
@click.option("--yes", is_flag=True, help="Remove it.")
@runs_option
@json_option
def command(dry_run: bool, yes: bool, runs: str, as_json: bool) -> None:
    """List what no run needs any more and is certainly dead, with its size; with --yes, remove it.

    That is: runs, forks and imports that never began, copies from before an upgrade, unused space of archives,
    unfinished exports, and what dead sandboxes have left. A run that is at work is never touched.
    """
    from adrs.report.leftovers import leftovers

    if dry_run and yes:
        raise click.UsageError("--dry-run lists, and --yes removes: choose one.")
    found = list(leftovers(Path(runs), Path.cwd()))
    kept = [each for each in found if yes and not _removed(each)]
    if as_json:
        rows = [
            {"kind": each.kind, "name": each.name, "bytes": each.bytes, "removed": yes and each not in kept}
            for each in found
        ]
        print_json({"leftovers": rows, "bytes": sum(each.bytes for each in found)})
        return
    _print(found)
    total = f"{sum(each.bytes for each in found)} bytes"
    said = f"{total} given back" if yes else f"{total}; `adrs gc --yes` removes it" if found else "nothing to remove"
    click.echo(said, err=True)


def _removed(leftover: "Leftover") -> bool:
    """Remove it; say so where that cannot be."""
    from adrs.errors import AdrsError

    try:
        leftover.remove()
    except (AdrsError, OSError) as error:
        click.echo(f"note: {leftover.name} stays: {error}", err=True)
        return False
    return True


def _print(found: "list[Leftover]") -> None:
    from adrs.cli.drawing import print_table

    if found:
        print_table(("what", "name", "bytes"), [(each.kind, each.name, str(each.bytes)) for each in found])
