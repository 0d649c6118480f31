"""Text and tables on stdout: drawn on a terminal, plain and complete elsewhere."""

import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Literal

import click

from adrs.cli.output import results_console

Tone = Literal["bold", "dim", "green", "red", "cyan"]

_NUMBER = re.compile(r"[-+]?(\d[\d.]*(e[-+]?\d+)?|inf)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def on_terminal() -> bool:
    """Return whether stdout is a terminal on which colours are welcome."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def print_text(text: str, *, tone: Tone | None = None, end: str = "\n") -> None:
    """Print text as it is; on a terminal in a tone, and with control characters, which could redraw it, spelt out."""
    if on_terminal():
        text = _spelt(text)
        if tone in {"bold", "dim"}:
            text = click.style(text, bold=tone == "bold" or None, dim=tone == "dim" or None)
        elif tone is not None:
            text = click.style(text, fg=tone)
    click.echo(text + end, nl=False, color=True)  # click would take a program's escape sequences out of a file


def print_heading(text: str) -> None:
    """Print the heading of what follows, after an empty line."""
    print_text("")
    print_text(text, tone="bold")


def print_fields(fields: Iterable[tuple[str, str]]) -> None:
    """Print names and values, one to a line, the values under each other; empty ones are left out."""
    kept = [(name, one_line(value)) for name, value in fields if value]
    width = max((len(name) for name, _ in kept), default=0)
    for name, value in kept:
        print_text(f"{name:<{width}}  {value}")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table, columns of numbers to the right; a terminal cuts cells that are too wide for it."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    right = [all(_NUMBER.fullmatch(row[place]) for row in cells if row[place]) for place in range(len(columns))]
    if on_terminal():
        _draw(columns, cells, right)
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for row in [columns, *cells]:
        places = zip(row, widths, right, strict=True)
        padded = [cell.rjust(width) if number else cell.ljust(width) for cell, width, number in places]
        click.echo("  ".join(padded).rstrip())


def one_line(text: str) -> str:
    """Return text on one line, with nothing in it that moves the cursor."""
    return _spelt(" ".join(text.split()))


def figure(value: float | None, *, sign: bool = False) -> str:
    """Return a number, a float in up to five digits; empty for None."""
    if value is None:
        return ""
    form = "d" if isinstance(value, int) else ".5g"
    return format(value, f"+{form}" if sign else form)


def _spelt(text: str) -> str:
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name, number in zip(columns, right, strict=True):
        table.add_column(name, justify="right" if number else "left", no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(*map(Text, row))
    results_console().print(table, soft_wrap=False)
