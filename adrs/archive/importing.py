"""Making an archive from what `exporting` wrote."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from adrs.address import bare
from adrs.archive import schema
from adrs.archive.checking import check
from adrs.archive.connection import Database, sqlite_url
from adrs.archive.formats import Source, csv, damaged, parquet
from adrs.archive.formats.folders import Folder
from adrs.archive.formats.jsonl import Lines
from adrs.archive.raw import Raw, Row
from adrs.archive.tables import SCHEMA
from adrs.errors import UsageError


def import_archive(source: Path, target: Path) -> None:
    """Make the archive `target`, which does not exist, from an export of this or an older schema.

    Where it fails, something may be left at `target`.

    Raises:
        UsageError: There is no `source`.
        ArchiveOutdated: A newer adrs wrote it.
        ArchiveError: It is no export, damaged, or what it holds breaks an invariant.
        MissingPart: It is Parquet, and pyarrow is not installed.
    """
    opened = _open(source)
    _upgrade(target, opened.schema)
    _fill(target, opened, source)
    if opened.schema != SCHEMA:
        _upgrade(target, SCHEMA)
    broken = [verdict for verdict in check(target) if verdict.state == "violated"]
    if broken:
        raise damaged(source, "; ".join(f"{verdict.says}: {', '.join(verdict.offenders)}" for verdict in broken[:3]))


def settle(archive: Path, *, name: str | None, archive_url: str | None) -> None:
    """Give the campaign in an archive another name, if one is given, and say in its settings where it will be."""
    with closing(sqlite3.connect(archive)) as connection, connection:
        config = json.loads(connection.execute("SELECT config FROM campaigns").fetchone()[0])
        place = bare(archive_url) if archive_url else None
        changed: dict[str, str | None] = {"name": name} if name is not None else {}
        changed |= {"archive": place} if config.get("archive") != place else {}
        if changed:  # else it stays as it was written, bit for bit
            connection.execute("UPDATE campaigns SET config = ?", (json.dumps(config | changed),))
        if name is not None:
            connection.execute("UPDATE campaigns SET name = ?", (name,))


def _open(source: Path) -> Source:
    if source.is_dir():
        return Folder(source, {"csv": csv.read_table, "parquet": parquet.read_table})
    if not source.is_file():
        raise UsageError(f"there is no {str(source)!r}", "Name what `adrs archive export` wrote.")
    return Lines(source)


def _upgrade(target: Path, to: str) -> None:
    database = Database(sqlite_url(target))
    try:
        with database.transaction() as connection:
            schema.upgrade(connection, to=to)
    finally:
        database.close()


def _fill(target: Path, opened: Source, source: Path) -> None:
    with closing(sqlite3.connect(target)) as connection, connection:
        raw = Raw(connection)
        shapes = {shape.name: shape for shape in raw.shapes if shape.columns}
        try:
            for table, rows in groupby(opened.rows(shapes), key=itemgetter(0)):
                raw.fill(shapes[table], _values(rows))
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise damaged(source, str(error)) from None


def _values(rows: Iterator[tuple[str, Row]]) -> Iterator[Row]:
    return (row for _, row in rows)
