"""`adrs resume`: go on with a campaign."""

from pathlib import Path

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, runs_option

_EXAMPLES = """\b
Examples:
  adrs resume brave-heron
  adrs resume last --dollars +5
"""


@click.command(name="resume", epilog=_EXAMPLES)
@click.argument("run", type=RunName())
@click.option("--trials", help="A new limit, or +N more.")
@click.option("--evaluations", help="A new limit, or +N more.")
@click.option("--dollars", help="A new limit, or +N more.")
@click.option("--tokens", help="A new limit, or +N more.")
@click.option("--seconds", help="A new limit, or +N more.")
@click.option("--target", help="A new target.")
@click.option("--workers", help="Evaluations at a time.")
@click.option("--concurrency", help="Requests to one model in flight at a time.")
@click.option("--requests-per-minute", help="Most requests to one model in any minute.")
@click.option("--tokens-per-minute", help="Most tokens of one model in any minute.")
@click.option("--outage-seconds", help="How long a provider that is down is waited for.")
@click.option("--hedge-seconds", help="Send a request again that is unanswered for so long.")
@click.option("--on", type=click.Choice(["auto", "docker", "local"]), help="Where candidates run.")
@click.option("--isolation", type=click.Choice(["warm", "fresh"]), help="fresh: a container per candidate.")
@click.option("--runtime", help="Docker's runtime for the containers.")
@runs_option
@json_option
def command(run: str, runs: str, as_json: bool, **changes: str | None) -> None:
    """Go on with the campaign RUN (a name, a folder, or `last`) where it stands.

    Nothing that was paid for is bought again. Changed limits are recorded.
    """
    from adrs.campaign import folder, session
    from adrs.cli.conduct import Interrupts, conduct

    found = folder.find(run, Path(runs))
    given = {name: value for name, value in changes.items() if value is not None}
    interrupts = Interrupts()
    conduct(session.reopen(found, given, wait=interrupts.wait), interrupts, as_json=as_json)
