"""A table as CSV: UTF-8, a line of names first; see `cells` for nulls and blobs."""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adrs.archive.formats import folders
from adrs.archive.formats.cells import from_text, to_text
from adrs.archive.raw import Raw, Row, Shape


def write(raw: Raw, target: Path) -> None:
    """Write the archive to the folder `target`."""
    folders.write(raw, target, "csv", _write_table)


def read_table(shape: Shape, path: Path) -> Iterator[Row]:
    """Yield the rows of a table.

    Raises:
        ValueError: The file is no such table.
    """
    with _long_fields(), path.open(encoding="utf-8", newline="") as file:
        try:
            yield from _rows(shape, csv.reader(file, strict=True))
        except csv.Error as error:
            raise ValueError(str(error)) from None


def _rows(shape: Shape, lines: Iterator[list[str]]) -> Iterator[Row]:
    if next(lines, None) != [column.name for column in shape.columns]:
        raise ValueError(f"its columns are not those of {shape.name}")
    for line in lines:
        yield tuple(from_text(cell, column) for cell, column in zip(line, shape.columns, strict=True))


def _write_table(shape: Shape, rows: Iterator[Row], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(column.name for column in shape.columns)
        for count, row in enumerate(rows, 1):  # noqa: B007 - the last count is the number of rows
            writer.writerow(to_text(value, column) for value, column in zip(row, shape.columns, strict=True))
    return count


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let fields be of any length; the limit is the whole process's."""
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)
