"""`adrs archive`: upgrade a run's archive."""

from pathlib import Path

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, print_json, runs_option


@click.group(name="archive")
def command() -> None:
    """Upgrade a run's archive."""


@command.command()
@click.argument("run", type=RunName())
@runs_option
@json_option
def upgrade(run: str, runs: str, as_json: bool) -> None:
    """Bring the archive of RUN, which an older adrs wrote, to the newest schema; a copy is kept beside it."""
    from adrs.campaign.folder import find
    from adrs.report.upgrading import upgrade_archive

    folder = find(run, Path(runs))
    copy = upgrade_archive(folder.archive)
    if as_json:
        print_json({"run": folder.name, "upgraded": copy is not None, "copy": str(copy) if copy else None})
    elif copy is None:
        click.echo(f"nothing to do: the archive of {folder.name} has the newest schema")
    else:
        click.echo(f"upgraded; {folder.archive} as it was is in {copy}")
