"""`adrs sandbox`: the image that candidates run in, and the programs that try to get out."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from adrs.cli.output import json_option, print_json, results_console

if TYPE_CHECKING:
    from adrs.evaluating.hostile.suite import Verdict

_WIDTH = 200  # a program that failed needs the room


@click.group(name="sandbox")
def command() -> None:
    """Build the image that candidates run in, and test the wall around them."""


@command.command()
@click.option("--base", help="The image to build on, instead of python:3.12-slim.")
@click.option(
    "--rootfs", type=click.Path(path_type=Path), help="A root file system (tar) to build on; no registry needed."
)
@json_option
def build(base: str | None, rootfs: Path | None, as_json: bool) -> None:
    """Build the image from sandbox/Dockerfile; it is tagged by its content, and found by `adrs run`."""
    from adrs.errors import UsageError
    from adrs.sandbox import images

    if base and rootfs:
        raise UsageError("--base and --rootfs exclude each other", "Give the one to build on.")
    tag = images.build(base=base, rootfs=rootfs)
    if as_json:
        print_json({"image": tag})
    else:
        click.echo(tag)


@command.command()
@click.option("--sandbox", type=click.Choice(["auto", "docker", "local"]), default="auto", help="The wall to test.")
@click.option("--only", metavar="NAME", help="Run the programs of this name or group only.")
@json_option
def test(sandbox: Literal["auto", "docker", "local"], only: str | None, as_json: bool) -> None:
    """Run the hostile suite: programs that cheat, hang, leak or hurt, each judged as a campaign's candidate is.

    Each must end in its expected status within its limit plus a second, an honest program must score afterwards as
    before, nothing may be left behind, and the host must be untouched. Exit code 3 if anything of that is not so.
    """
    from adrs.errors import GoalMissed
    from adrs.evaluating.hostile.suite import run, select
    from adrs.sandbox.choice import choose, open_sandbox

    programs, choice = select(only), choose(sandbox)
    click.echo(f"{len(programs)} hostile programs on the {choice.name} sandbox: {choice.reason}", err=True)
    wall = open_sandbox(choice)
    try:
        verdicts = run(wall, programs, listener=_say)
    finally:
        wall.close()
    if as_json:
        print_json({"sandbox": choice.name, "programs": [_data(verdict) for verdict in verdicts]})
    else:
        _print(verdicts)
    failed = [verdict.name for verdict in verdicts if not verdict.passed]
    if failed:
        what = f"{len(failed)} of {len(verdicts)} hostile programs got through: {', '.join(failed)}"
        raise GoalMissed(what, "Let no candidate run behind this wall before that is mended.")


def _say(verdict: "Verdict") -> None:
    """Tell at once what has failed; the table comes at the end."""
    if not verdict.passed:
        click.echo(f"FAIL {verdict.name}: {'; '.join(verdict.findings)}", err=True)


def _data(verdict: "Verdict") -> dict[str, object]:
    return {**asdict(verdict), "in_time": verdict.in_time, "passed": verdict.passed}


def _print(verdicts: Sequence["Verdict"]) -> None:
    from rich.table import Table

    columns = ("group", "program", "expected", "observed", "seconds", "limit", "next", "left behind", "host", "")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, no_wrap=True)
    for verdict in verdicts:
        table.add_row(*_row(verdict))
    console = results_console()
    console.width = max(console.width, _WIDTH)
    console.print(table)
    as_expected = sum(not verdict.complaint for verdict in verdicts)
    left = sum(bool(verdict.leftovers) for verdict in verdicts)
    click.echo(f"{len(verdicts)} programs: {as_expected} ended as expected, {left} left something behind")


def _row(verdict: "Verdict") -> tuple[str, ...]:
    from rich.markup import escape

    return (
        verdict.group,
        escape(verdict.name),
        verdict.expected,
        escape(verdict.observed),
        f"{verdict.seconds:.2f}",
        f"{verdict.limit:g}",
        "otherwise" if verdict.aftermath else "same",
        escape(", ".join(verdict.leftovers)) or "nothing",
        escape(", ".join(verdict.harm)) or "untouched",
        "" if verdict.passed else "FAIL",
    )
