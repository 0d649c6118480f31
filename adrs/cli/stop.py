"""`adrs stop`: ask a running campaign to stop."""

from pathlib import Path

import click

from adrs.cli.names import RunName
from adrs.cli.output import runs_option


@click.command(name="stop")
@click.argument("run", type=RunName())
@runs_option
def command(run: str, runs: str) -> None:
    """Ask the campaign RUN to finish what is in flight and stop; `adrs resume` goes on."""
    from contextlib import closing

    from adrs.campaign import folder
    from adrs.campaign.control import ask

    found = folder.find(run, Path(runs))
    with closing(found.open()) as archive:
        ask(archive, found.name, "stop")
    click.echo(
        f"{found.name} will stop once what is in flight is finished; `adrs resume {found.name}` goes on", err=True
    )
