"""`adrs watch`: look at a run from another terminal."""

import time
from pathlib import Path

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, print_json, runs_option

_POLL_SECONDS = 1.0


@click.command(name="watch")
@click.argument("run", type=RunName())
@click.option("--once", is_flag=True, help="Show how it stands and leave.")
@runs_option
@json_option
def command(run: str, once: bool, runs: str, as_json: bool) -> None:
    """Attach a live view to RUN, read-only, until it ends or you interrupt. With --json: its trials as JSON Lines."""
    from adrs.archive import running
    from adrs.campaign import folder
    from adrs.cli.conduct import open_view
    from adrs.cli.follow import Follower

    found = folder.find(run, Path(runs))
    archive = found.open()
    try:
        follower = Follower(archive)
        with open_view(follower.progress, as_json=as_json) as view:
            while True:
                for event in follower.news():
                    view(event)
                if once or not running(archive.sessions()):
                    break
                time.sleep(_POLL_SECONDS)
        last = archive.sessions()[-1:] if not once else []
        ended = last[0].reason if last else ""
    finally:
        archive.close()
    if as_json:
        print_json({"event": "done", "run": found.name, "reason": ended})
    else:
        click.echo(f"{follower.progress.work()}; {follower.progress.gain()}; {follower.progress.promoted()}")
        click.echo(f"{ended or 'running'}; next: adrs status {found.name}", err=True)
