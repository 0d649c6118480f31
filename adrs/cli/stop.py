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
    from adrs.archive import running
    from adrs.campaign import folder
    from adrs.errors import GoalMissed

    found = folder.find(run, Path(runs))
    archive = found.open()
    at_work = running(archive.sessions())
    archive.close()
    if not at_work:
        raise GoalMissed(f"{found.name!r} is not running", f"`adrs status {found.name}` says how it stands.")
    found.stop_request.touch()
    click.echo(
        f"{found.name} will stop once what is in flight is finished; `adrs resume {found.name}` goes on", err=True
    )
