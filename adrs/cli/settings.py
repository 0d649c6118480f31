"""`adrs config`: the settings that hold, and where each comes from."""

from pathlib import Path

import click

from adrs.cli.names import ProblemName
from adrs.cli.output import json_option, print_json

_EXAMPLES = """\b
Examples:
  adrs config show --origins
  adrs config show smtt > campaign.toml       a file to edit, for adrs run -c campaign.toml
"""


@click.group(name="config")
def command() -> None:
    """Show settings, and where each comes from."""


@command.command(epilog=_EXAMPLES)
@click.argument("problem", type=ProblemName(), required=False)
@click.option("-c", "--config", "file", type=click.Path(path_type=Path), help="A TOML file of settings.")
@click.option("--origins", is_flag=True, help="Say where each setting comes from.")
@json_option
def show(problem: str | None, file: Path | None, origins: bool, as_json: bool) -> None:
    """Show every setting of a campaign on PROBLEM as `adrs run` would take it, and what it means, as TOML.

    A flag of `adrs run` goes before ADRS_NAME in the environment, that before the file, that before the
    problem's own defaults, and these before what is built in.
    """
    from adrs.cli.drawing import print_text
    from adrs.config import resolve
    from adrs.problem import load
    from adrs.report.settings import settings

    defaults = load(problem).pack.campaign if problem is not None else {}
    # The farthest origin stands in for a problem that nobody names.
    found = settings(resolve(flags={"problem": problem}, file=file, problem={"problem": "", **defaults}))
    if as_json:
        rows = {row.name: {"value": row.value, "origin": row.origin, "meaning": row.meaning} for row in found}
        print_json({"settings": rows})
        return
    for row in found:
        print_text(f"# {row.meaning}", tone="dim")
        print_text(f"{row.toml()}  # {row.origin}" if origins else row.toml())
