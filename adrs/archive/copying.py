"""Copying campaigns between databases, with all their facts and the texts that these name."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from adrs.archive import schema
from adrs.archive.connection import Database, sqlite_url
from adrs.archive.shared import find, taken
from adrs.archive.tables import METADATA, campaigns, completions, events, references, texts

Wanted = Callable[[Table], ColumnElement[bool] | None]
"""Returns which of a campaign's rows in a table are copied; None for all."""
_BATCH = 500


def copy(
    source: Database,
    campaign: int,
    target: Database,
    *,
    wanted: Wanted = lambda table: None,
    replacing: Mapping[str, object] | None = None,
) -> int:
    """Copy a campaign, as it is at one moment, whole or not at all; return its number in `target`.

    Args:
        source: Where it is.
        campaign: Its number there.
        target: Another connection, to a database of the newest schema.
        wanted: Which rows are copied. Those that they refer to must be among them; texts are found by themselves.
        replacing: Columns of the campaign's own row that get other values, such as its name.

    Raises:
        UsageError: `target` has a campaign of this name.
        ArchiveError: One of them cannot be used.
    """
    with source.snapshot() as reads, target.transaction() as writes:
        row = dict(reads.execute(select(campaigns).where(campaigns.c.id == campaign)).mappings().one())
        row |= replacing or {}
        try:
            made = writes.execute(insert(campaigns).values(_without(row, "id"))).inserted_primary_key
        except IntegrityError:
            raise taken(target, str(row["name"])) from None
        number = int(made[0]) if made else 0
        carrier = _Texts(reads, writes)
        for table in METADATA.sorted_tables:
            if table not in (campaigns, texts):
                for rows in _batches(reads, table, campaign, wanted(table)):
                    carrier.carry(table, rows)
                    writes.execute(insert(table), [_moved(table, row, number) for row in rows])
    return number


def of_trials(numbers: Collection[int]) -> Wanted:
    """Return a filter for the rows that are about some trials, or about none."""

    def wanted(table: Table) -> ColumnElement[bool] | None:
        trial = table.c.get("trial", table.c.number if table.name == "trials" else None)
        return None if trial is None else trial.in_(sorted(numbers))

    return wanted


@contextmanager
def copied(url: str, name: str) -> Iterator[Path]:
    """Yield a copy of a campaign as an SQLite file, which goes away again.

    Raises:
        ArchiveOutdated: Another version of adrs made the database's tables.
        ArchiveError: There is no such campaign, or the database cannot be read.
    """
    with TemporaryDirectory(prefix="adrs-") as folder:
        path = Path(folder, "archive.db")
        source, target = Database(url), Database(sqlite_url(path))
        try:
            with target.transaction() as connection:
                schema.upgrade(connection)
            copy(source, find(source, name), target)
        finally:
            source.close()
            target.close()
        yield path


class _Texts:
    """Copies texts that rows name, each once."""

    def __init__(self, reads: Connection, writes: Connection) -> None:
        self._reads = reads
        self._writes = writes
        self._there: set[str] = set()
        self._insert = sqlite.insert if writes.dialect.name == "sqlite" else postgresql.insert

    def carry(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        missing = sorted({digest for row in rows for digest in _named(table, row)} - self._there)
        for start in range(0, len(missing), _BATCH):
            query = select(texts).where(texts.c.hash.in_(missing[start : start + _BATCH]))
            found = self._reads.execute(query).mappings().all()
            if found:
                self._writes.execute(self._insert(texts).on_conflict_do_nothing(), [dict(row) for row in found])
        self._there.update(missing)


def _named(table: Table, row: Mapping[str, Any]) -> Iterator[str]:
    """Return the hashes of the texts that a row names."""
    if table is completions:
        yield from (digest for _, digest in row["prompt"])
    for key in table.foreign_keys:
        if key.column is texts.c.hash and row[key.parent.name] is not None:
            yield row[key.parent.name]


def _batches(
    reads: Connection, table: Table, campaign: int, wanted: ColumnElement[bool] | None
) -> Iterator[Sequence[Mapping[str, Any]]]:
    query = select(table).where(table.c.campaign == campaign)
    if wanted is not None:
        query = query.where(wanted)
    found = reads.execution_options(yield_per=_BATCH).execute(_ordered(query, table, reads.dialect.name))
    for rows in found.mappings().partitions():
        yield [dict(row) for row in rows]


def _ordered(query: Select[Any], table: Table, dialect: str) -> Select[Any]:
    """Return a query in the order in which rows were added, as far as the database remembers it."""
    if dialect == "sqlite":
        return query.order_by(text(f'"{table.name}".rowid'))
    return query.order_by(text("ctid")) if table is references else query.order_by(*table.primary_key)


def _moved(table: Table, row: Mapping[str, Any], campaign: int) -> Mapping[str, Any]:
    moved = {**row, "campaign": campaign}
    return _without(moved, "id") if table is events else moved


def _without(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {key: value for key, value in row.items() if key != name}
