"""`adrs show`: a run's trials, or one in full."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, print_json, runs_option

if TYPE_CHECKING:
    from adrs.report.details import Detail
    from adrs.report.opening import Run
    from adrs.trial import Trial

_STATUSES = ("valid", "invalid", "crashed", "timed_out", "out_of_memory", "unparsed", "duplicate")
_EXAMPLES = """\b
Examples:
  adrs show last --top 5            the five best on the training split
  adrs show last best               the best trial in full
  adrs show last 17 --reply         what the model answered, and nothing else
"""


@click.command(name="show", epilog=_EXAMPLES)
@click.argument("run", type=RunName())
@click.argument("trial", required=False)
@click.option("--status", type=click.Choice(_STATUSES), help="List the trials that ended so.")
@click.option("--top", type=click.IntRange(1), help="List so many of the best on the training split.")
@click.option("--all", "everything", is_flag=True, help="List all trials, not the last 20 and the best.")
@click.option("--prompt", "part", flag_value="prompt", help="Print what the model was told, and nothing else.")
@click.option("--reply", "part", flag_value="reply", help="Print what the model answered, and nothing else.")
@click.option("--program", "part", flag_value="program", help="Print the program, and nothing else.")
@runs_option
@json_option
def command(
    run: str,
    trial: str | None,
    status: str | None,
    top: int | None,
    everything: bool,
    part: str | None,
    runs: str,
    as_json: bool,
) -> None:
    """List the trials of RUN, or show TRIAL in full: numbers, prompts, replies and program.

    TRIAL is a number, `best` or `seed`.
    """
    listing = status is not None or top is not None or everything
    if trial is None and part is not None:
        raise click.UsageError(f"--{part} needs a TRIAL.")
    if trial is not None and listing:
        raise click.UsageError("--status, --top and --all list trials: leave TRIAL out.")
    if as_json and part is not None:
        raise click.UsageError(f"--{part} prints raw text: leave --json out; it holds that too.")
