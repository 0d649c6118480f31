"""`adrs lineage`: how a program came about."""

from pathlib import Path

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, print_json, runs_option


@click.command(name="lineage")
@click.argument("run", type=RunName())
@click.argument("trial", default="best")
@runs_option
@json_option
def command(run: str, trial: str, runs: str, as_json: bool) -> None:
    """Show the ancestors of TRIAL (a number; the best if absent) in RUN, from the seed on, along the first parents."""
    from dataclasses import asdict

    from adrs.cli.drawing import figure, print_table
    from adrs.report.lineage import lineage
    from adrs.report.opening import open_run

    with open_run(run, Path(runs)) as opened:
        number = opened.trial(trial).number
        chain = lineage(opened.problem, opened.trials, opened.validations, number)
    if as_json:
        scored = opened.problem.pack.self_scored
        print_json(
            {
                "run": opened.name,
                "self_scored": scored,
                "trial": number,
                "lineage": [asdict(ancestor) for ancestor in chain],
            }
        )
        return
    name, label = opened.problem.objective.name, opened.problem.label or "train"
    print_table(
        ("trial", "parents", f"{name} ({label})", "gain", "validation", "model", "change"),
        (
            (
                str(ancestor.trial),
                " ".join(map(str, ancestor.parents)),
                figure(ancestor.train) or ancestor.status,
                figure(ancestor.gain, sign=True),
                figure(ancestor.validation),
                ancestor.model,
                ancestor.note,
            )
            for ancestor in chain
        ),
    )
