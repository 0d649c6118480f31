"""One value of an archive as JSON or as text in a table, and back, exactly."""

import base64
import math
from typing import TypeAlias

from adrs.archive.raw import TYPES, Column, Value
from adrs.errors import ArchiveError

Cell: TypeAlias = str | int | float | None

_NULL = "\\N"
_MARKED = ("\\", "=", "+", "-", "@", "\t", "\r")  # the others begin a formula where a spreadsheet opens the file


def checked(value: Value, column: Column) -> Value:
    """Return `value` if it is what its column is declared to hold.

    Raises:
        ArchiveError: It is not.
    """
    if value is None or type(value) is TYPES[column.kind]:
        return value
    what = f"{value!r:.60} stands in the column {column.name}, which holds {column.kind}"
    raise ArchiveError(what, "`adrs archive check RUN` says what else is wrong.")


def to_json(value: Value, column: Column) -> Cell:
    """Return a value as JSON has it: blobs in base64, infinities as text."""
    value = checked(value, column)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value


def from_json(cell: object, column: Column) -> Value:
    """Return what `to_json` was given.

    Raises:
        ValueError: It is not of the column's kind.
    """
    if isinstance(cell, str) and column.kind == "blob":
        return base64.b64decode(cell, validate=True)
    if isinstance(cell, str) and column.kind == "real":
        return float(cell)
    if cell is None or (isinstance(cell, str | int | float) and type(cell) is TYPES[column.kind]):
        return cell
    raise ValueError(f"{column.name} is {cell!r:.60}")


def to_text(value: Value, column: Column) -> str:
    r"""Return a value as text: `\N` for null, a backslash before text that begins with one or as a formula does."""
    value = checked(value, column)
    if value is None:
        return _NULL
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, str):
        return f"\\{value}" if value.startswith(_MARKED) else value
    return repr(value)


def from_text(cell: str, column: Column) -> Value:
    """Return what `to_text` was given.

    Raises:
        ValueError: It is not of the column's kind.
    """
    if cell == _NULL:
        return None
    if column.kind == "text":
        return cell.removeprefix("\\")
    if column.kind == "blob":
        return base64.b64decode(cell, validate=True)
    return int(cell) if column.kind == "integer" else float(cell)
