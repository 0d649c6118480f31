"""Results to stdout, everything else to stderr; JSON with a schema number."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

SCHEMA = 1

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
runs_option = click.option(
    "--runs",
    default="runs",
    envvar="ADRS_RUNS",
    show_default=True,
    type=click.Path(),
    help="Folder of campaign folders.",
)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on one line of stdout."""
    click.echo(json.dumps({"schema": SCHEMA, **value}, default=str))


def results_console() -> "Console":
    """Return a console on stdout; plain where stdout is no terminal or NO_COLOR is set."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def notes_console() -> "Console":
    """Return a console on stderr."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)
