"""`adrs steer`: hints for the prompts of later trials."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, print_json, runs_option

if TYPE_CHECKING:
    from adrs.report.hints import Effect
    from adrs.report.opening import Run

_EXAMPLES = """\b
Examples:
  adrs steer last "Look two jobs ahead."      from now on, every prompt holds it
  adrs steer last                             the hints, and what came of them
  adrs steer last --drop 0                    later prompts do without it
"""


@click.command(name="steer", epilog=_EXAMPLES)
@click.argument("run", type=RunName())
@click.argument("hint", required=False)
@click.option("--drop", "dropped", type=click.IntRange(0), metavar="N", help="Withdraw hint N.")
@runs_option
@json_option
def command(run: str, hint: str | None, dropped: int | None, runs: str, as_json: bool) -> None:
    """Give RUN a HINT for the prompts of all trials planned from now on, or list its hints.

    A run that works hears of it within about a second; one that does not, when it is resumed. Which hints a prompt held
    is recorded.
    """
    from adrs.campaign import steering
    from adrs.report.hints import effects
    from adrs.report.opening import open_run

    if hint is not None and dropped is not None:
        raise click.UsageError("give a HINT, or --drop N: one of them.")
    with open_run(run, Path(runs)) as opened:
        if hint is not None:
            given = steering.steer(opened.archive, hint)
            click.echo(f"hint {given.number} is in the prompts of trials planned from now on", err=True)
        elif dropped is not None:
            steering.drop(opened.archive, dropped)
            click.echo(f"hint {dropped} is in no prompts of trials planned from now on", err=True)
        found = effects(opened)
        if as_json:
            print_json({"run": opened.name, "hints": [effect.data() for effect in found]})
        elif hint is None and dropped is None:
            _print(opened, found)


def _print(run: "Run", found: "Sequence[Effect]") -> None:
    from adrs.cli.drawing import figure, print_table

    if not found:
        click.echo(f'{run.name} has no hints; `adrs steer {run.name} "HINT"` gives one', err=True)
        return
    name = run.problem.objective.name
    cells = [
        (
            str(effect.hint.number),
            "withdrawn" if effect.hint.dropped else "holds",
            str(len(effect.trials)),
            str(effect.valid),
            figure(effect.before),
            figure(effect.best),
            effect.hint.text,
        )
        for effect in found
    ]
    print_table(("hint", "state", "trials", "valid", f"{name} before", f"{name} since", "text"), cells)
