"""`adrs fork`: a new run with the history of another."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, print_json, runs_option

if TYPE_CHECKING:
    from adrs.campaign.folder import RunFolder
    from adrs.campaign.forking import Origin

_EXAMPLES = """\b
Examples:
  adrs fork last --from 40 --set seed=8                      the same again from there, with other luck
  adrs fork brave-heron --from 40 --set model=openai/gpt-5 --set dollars=5 --name with-a-model
"""


@click.command(name="fork", epilog=_EXAMPLES)
@click.argument("run", type=RunName())
@click.option(
    "--from", "trial", type=click.IntRange(0), required=True, metavar="TRIAL", help="The last trial taken over."
)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Another setting from there on; repeatable."
)
@click.option("--name", help="The new run's name; RUN-TRIAL if absent.")
@click.option("--run", "at_once", is_flag=True, help="Also begin its first session.")
@runs_option
@json_option
@click.pass_context
def command(context: click.Context, /, run: str, trial: int, settings: tuple[str, ...], **options: Any) -> None:
    """Begin a new run that has the history of RUN up to and including TRIAL, and goes on with other settings.

    RUN is only read, and may be running. What the history has cost counts against the limits of the new run. Any
    setting of `adrs config show` can be changed but the problem: `KEY=` unsets it, `KEY=+N` adds to a limit.
    """
    from contextlib import closing

    from adrs.campaign import folder, forking

    runs, as_json = Path(options["runs"]), bool(options["as_json"])
    made = forking.fork(folder.find(run, runs), trial, runs, changes=_changes(settings), name=options["name"])
    with closing(made.open()) as archive:
        origin = forking.origin(archive)
    assert origin is not None  # it was made so
    if not (options["at_once"] and as_json):  # then the session's first line tells the name
        _say(made, origin, as_json=as_json)
    if options["at_once"]:
        from adrs.cli.resume import command as resume

        context.invoke(resume, run=made.name, runs=str(runs), as_json=as_json)


def _changes(settings: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for setting in settings:
        name, sign, value = setting.partition("=")
        if not sign or not name:
            raise click.UsageError(f"--set {setting!r} is not of the form KEY=VALUE.")
        if name in found:
            raise click.UsageError(f"--set gives {name!r} twice.")
        found[name] = value
    return found


def _say(made: "RunFolder", origin: "Origin", *, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        print_json({"run": made.name, "forked": asdict(origin), "next": f"adrs resume {made.name}"})
        return
    cost = f"{origin.dollars:.4f} dollars, {origin.tokens} tokens"
    click.echo(f"{made.name} has the {origin.trials} trials of {origin.run} up to {origin.trial}")
    click.echo(f"inherited and counted against its limits: {cost}, {origin.evaluations} evaluations")
    for setting, (before, after) in origin.changed.items():
        click.echo(f"{setting}: {before} → {after}")
    click.echo(f"next: adrs resume {made.name}", err=True)
