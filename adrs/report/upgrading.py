"""Bringing an archive that an older adrs wrote to the newest schema."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from adrs.archive import schema
from adrs.archive.connection import Database, sqlite_url
from adrs.archive.schema import ArchiveOutdated
from adrs.errors import ArchiveError


def upgrade_archive(path: Path) -> Path | None:
    """Bring the archive at `path` to the newest schema; return the copy of what it was, or None if it is the newest.

    Raises:
        ArchiveOutdated: A newer adrs wrote it.
        ArchiveError: It is no archive, or cannot be written.
    """
    database = Database(sqlite_url(path))
    try:
        if _newest(database):
            return None
        copy = _copy(path)
        with database.transaction() as connection:
            schema.upgrade(connection)
        return copy
    finally:
        database.close()


def _newest(database: Database) -> bool:
    try:
        with database.transaction() as connection:
            schema.check(connection, url=database.url)
    except ArchiveOutdated as outdated:
        if not outdated.upgradable:
            raise
        return False
    return True


def _copy(path: Path) -> Path:
    """Return a copy of the database, with what still stands in its write-ahead log."""
    copy = path.with_name(f"{path.stem}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}{path.suffix}")
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise ArchiveError(f"{str(copy)!r} cannot be written: {error}", "Free some disk space and try again.") from None
    return copy
