"""Bringing an archive that an older adrs wrote to the newest schema."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adrs.archive import schema
from adrs.archive.connection import Database, sqlite_url
from adrs.archive.lease import at_work
from adrs.archive.schema import ArchiveOutdated
from adrs.campaign.folder import RunFolder
from adrs.errors import ArchiveError, UsageError


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade did.

    Attributes:
        campaigns: Those that were upgraded.
        copy: What the archive was; None where it is in a database.
    """

    campaigns: tuple[str, ...]
    copy: Path | None = None


def upgrade_run(folder: RunFolder) -> Upgraded | None:
    """Bring a run's archive to the newest schema, with all others of its database; return None if it is the newest.

    Raises:
        UsageError: A campaign of its database is running.
        ArchiveOutdated: A newer adrs wrote it.
        ArchiveError: It is no archive, or cannot be written.
    """
    if folder.url is not None:
        return _upgrade_shared(folder.url)
    copy = upgrade_archive(folder.archive)
    return None if copy is None else Upgraded((folder.name,), copy)


def _upgrade_shared(url: str) -> Upgraded | None:
    database = Database(url)
    try:
        if _newest(database):
            return None
        with database.transaction() as connection:
            found = at_work(connection)
            _require_rest(found)
            schema.upgrade(connection)
            return Upgraded(tuple(found))
    finally:
        database.close()


def _require_rest(found: Mapping[str, bool]) -> None:
    running = [name for name, works in found.items() if works]
    if running:
        raise UsageError(
            f"of the campaigns in this archive, these are running: {', '.join(running)}",
            "Stop them first: `adrs stop RUN`.",
        )


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
        with database.transaction() as connection:
            _require_rest(at_work(connection))
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
