"""A table as Parquet, by pyarrow."""

import importlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from adrs.archive.formats import folders
from adrs.archive.formats.cells import checked
from adrs.archive.raw import Raw, Row, Shape
from adrs.errors import MissingPart

_TYPES = {"text": "large_string", "integer": "int64", "real": "float64", "blob": "large_binary"}
_BATCH = 1000


def write(raw: Raw, target: Path) -> None:
    """Write the archive to the folder `target`.

    Raises:
        MissingPart: pyarrow is not installed.
    """
    _library("pyarrow.parquet")
    folders.write(raw, target, "parquet", _write_table)


def read_table(shape: Shape, path: Path) -> Iterator[Row]:
    """Yield the rows of a table.

    Raises:
        MissingPart: pyarrow is not installed.
        ValueError: The file is no such table.
    """
    names = [column.name for column in shape.columns]
    with _library("pyarrow.parquet").ParquetFile(path) as file:
        if file.schema_arrow.names != names:
            raise ValueError(f"its columns are not those of {shape.name}")
        for batch in file.iter_batches(_BATCH):
            yield from (tuple(row[name] for name in names) for row in batch.to_pylist())


def _write_table(shape: Shape, rows: Iterator[Row], path: Path) -> int:
    arrow, count = _library("pyarrow"), 0
    schema = arrow.schema([(column.name, getattr(arrow, _TYPES[column.kind])()) for column in shape.columns])
    with _library("pyarrow.parquet").ParquetWriter(path, schema) as writer:
        while some := list(islice(rows, _BATCH)):
            columns = [[checked(row[place], column) for row in some] for place, column in enumerate(shape.columns)]
            writer.write_table(arrow.table(columns, schema=schema))
            count += len(some)
    return count


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingPart(
            "Parquet needs pyarrow, which is not installed",
            "`pip install 'adrs[parquet]'`, or choose `--format jsonl` or `csv`.",
        ) from None
