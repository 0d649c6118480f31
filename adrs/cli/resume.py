"""`adrs resume`: go on with a campaign."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, print_json, runs_option

if TYPE_CHECKING:
    from adrs.campaign.folder import RunFolder

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
@click.option("--evaluator-seconds", help="A new limit, or +N more.")
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

    Nothing that was paid for is bought again. Changed limits are recorded. A run that pauses is asked to continue.
    """
    from adrs.campaign import folder, session
    from adrs.cli.conduct import Interrupts, conduct

    found = folder.find(run, Path(runs))
    given = {name: value for name, value in changes.items() if value is not None}
    if _continued(found, given, as_json=as_json):
        return
    interrupts = Interrupts()
    conduct(session.reopen(found, given, wait=interrupts.wait), interrupts, as_json=as_json)


def _continued(found: "RunFolder", changes: Mapping[str, str], *, as_json: bool) -> bool:
    """Return whether the run pauses, and was asked to continue; its settings cannot change while it is open."""
    from adrs.campaign.control import ask, pause_asked
    from adrs.errors import UsageError

    with closing(found.open()) as archive:
        if not pause_asked(archive):
            return False
        if changes:
            what = f"{found.name!r} pauses, and a session keeps the settings that it began with"
            raise UsageError(what, f"`adrs stop {found.name}` first, then resume with other limits.")
        ask(archive, found.name, "continue")
    if as_json:
        print_json({"event": "continue", "run": found.name})
    else:
        click.echo(f"{found.name} continues, where it was started; `adrs watch {found.name}` shows it", err=True)
    return True
