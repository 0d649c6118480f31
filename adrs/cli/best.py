"""`adrs best`: a run's best program."""

from pathlib import Path

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, print_json, runs_option


@click.command(name="best")
@click.argument("run", type=RunName())
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the program to this file.")
@runs_option
@json_option
def command(run: str, output: Path | None, runs: str, as_json: bool) -> None:
    """Print the best program of RUN (a name, a folder, or `last`), or write it to a file.

    The best program is the one that leads on the validation split, and that no audit has marked. Exit code 3 if there
    is none.
    """
    from adrs.cli.drawing import print_text
    from adrs.report.opening import open_run

    with open_run(run, Path(runs)) as opened:
        trial = opened.best()
        validation, audit = opened.validations.get(trial.number), opened.audits.get(trial.number)
    assert trial.program is not None  # a valid trial has one
    if output is not None:
        output.write_text(trial.program.source)
        click.echo(f"trial {trial.number} of {opened.name} is in {output}", err=True)
    if opened.problem.label:
        click.echo(
            f"trial {trial.number} is {opened.problem.label}: it ran with what scored it (docs/foreign.md)", err=True
        )
    elif audit is None:
        click.echo(f"trial {trial.number} was not audited: adrs audit {opened.name}", err=True)
    if as_json:
        print_json(
            {
                "run": opened.name,
                "problem": opened.problem.name,
                "trial": trial.number,
                "model": trial.model,
                "note": trial.note,
                "train": dict(trial.evaluation.scores),
                "validation": dict(validation.scores) if validation is not None else None,
                "self_scored": opened.problem.pack.self_scored,
                "audit": audit.verdict if audit is not None else "not audited",
                "hash": trial.program.hash,
                "program": trial.program.source,
            }
        )
    elif output is None:
        print_text(trial.program.source, end="")
