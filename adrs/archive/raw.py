"""The database as it lies on the disk, opened for reading alone: what SQLite holds, and not what we make of it."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from adrs.archive.schema import require
from adrs.archive.tables import METADATA, Deflated, deflate
from adrs.errors import ArchiveError

Kind: TypeAlias = Literal["text", "integer", "real", "blob"]
Value: TypeAlias = str | int | float | bytes | None
Row: TypeAlias = tuple[Value, ...]

_KINDS: dict[str, Kind] = {"INTEGER": "integer", "BOOLEAN": "integer", "FLOAT": "real", "BLOB": "blob"}
TYPES: dict[Kind, type] = {"text": str, "integer": int, "real": float, "blob": bytes}
"""What SQLite hands out for a value of each kind."""
_DEFLATED = {
    (table.name, column.name)
    for table in METADATA.tables.values()
    for column in table.columns
    if isinstance(column.type, Deflated)
}


@dataclass(frozen=True)
class Column:
    """A column, and what its values are; text may be kept deflated."""

    name: str
    kind: Kind
    deflated: bool = False


@dataclass(frozen=True)
class Shape:
    """A table's name and columns."""

    name: str
    columns: tuple[Column, ...]


class _Snapshot(sqlite3.Connection):
    """A connection that goes on with what it saw first, whoever uses it."""

    def rollback(self) -> None:
        """Do nothing: there is nothing to undo, and the snapshot would end."""


class Raw:
    """One snapshot of a database; what a controller commits meanwhile is not seen."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        connection.create_function("inflate", 1, _inflate, deterministic=True)
        connection.create_function("deflate", 1, _deflate, deterministic=True)

    @property
    def shapes(self) -> list[Shape]:
        """The tables, those first that others refer to."""
        return [self.shape(table.name) for table in METADATA.sorted_tables]

    def shape(self, table: str) -> Shape:
        """Return the columns of a table, in the order in which rows have them."""
        found = self.connection.execute(f'PRAGMA table_info("{table}")')
        return Shape(table, tuple(_column(table, name, kind) for _, name, kind, *_ in found))

    def rows(self, table: str) -> Iterator[Row]:
        """Return the rows of a table in the order in which they were added."""
        names = (f'inflate("{each.name}")' if each.deflated else f'"{each.name}"' for each in self.shape(table).columns)
        return self.connection.execute(f'SELECT {", ".join(names)} FROM "{table}" ORDER BY rowid')

    def fill(self, shape: Shape, rows: Iterator[Row]) -> None:
        """Add rows to a table."""
        places = ", ".join("deflate(?)" if column.deflated else "?" for column in shape.columns)
        self.connection.executemany(f'INSERT INTO "{shape.name}" VALUES ({places})', rows)


def _column(table: str, name: str, declared: str) -> Column:
    deflated = declared == "BLOB" and (table, name) in _DEFLATED
    return Column(name, "text" if deflated else _KINDS.get(declared, "text"), deflated)


def _inflate(value: bytes | str | None) -> str | bytes | None:
    """Return the text that was deflated to `value`; what is no such thing as it is, for others to find wrong."""
    try:
        return zlib.decompress(value).decode() if isinstance(value, bytes) else value
    except (zlib.error, UnicodeDecodeError):
        return value


def _deflate(value: str | None) -> bytes | None:
    return None if value is None else deflate(value)


@contextmanager
def open_raw(path: Path) -> Iterator[Raw]:
    """Yield the archive at `path`; neither it nor its folder is written to.

    Raises:
        ArchiveOutdated: Another version of adrs wrote it.
        ArchiveError: It is no archive, or cannot be read.
    """
    try:
        with closing(sqlite3.connect(uri(path), uri=True, isolation_level=None, factory=_Snapshot)) as connection:
            connection.execute("BEGIN")
            require(_schema(connection), url=str(path))
            yield Raw(connection)
    except sqlite3.Error as error:
        raise ArchiveError(f"the archive {str(path)!r} cannot be read: {error}", "Restore it from a copy.") from None


def uri(path: Path) -> str:
    """Return how to open a file without leaving a write-ahead log beside it, unless one is there."""
    log = path.with_name(f"{path.name}-wal")
    return f"{path.absolute().as_uri()}?mode=ro{'' if log.exists() else '&immutable=1'}"


def _schema(connection: sqlite3.Connection) -> str | None:
    query = "SELECT name FROM sqlite_master WHERE name = 'alembic_version'"
    if connection.execute(query).fetchone() is None:
        return None
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found[0]) if found else None
