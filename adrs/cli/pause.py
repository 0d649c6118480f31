"""`adrs pause`: let a running campaign rest."""

from contextlib import closing
from pathlib import Path

import click

from adrs.cli.names import RunName
from adrs.cli.output import runs_option


@click.command(name="pause")
@click.argument("run", type=RunName())
@runs_option
def command(run: str, runs: str) -> None:
    """Ask the campaign RUN to finish what is in flight and rest; `adrs resume` continues, `adrs stop` ends it.

    Its controller stays, and begins and spends nothing; the wall time of its budget stands still. Exit code 3 if RUN
    is not running.
    """
    from adrs.campaign import folder
    from adrs.campaign.control import ask, pause_asked

    found = folder.find(run, Path(runs))
    with closing(found.open()) as archive:
        before = pause_asked(archive)
        if not before:
            ask(archive, found.name, "pause")
    what = "pauses already" if before else "will rest once what is in flight is finished"
    click.echo(f"{found.name} {what}; `adrs resume {found.name}` continues", err=True)
