"""What an archive file holds in vain: texts that nothing names, free pages, a log that was not folded in."""

import sqlite3
from contextlib import closing
from pathlib import Path

from adrs.archive.raw import open_raw, uri
from adrs.errors import ArchiveError

_UNNAMED = """FROM texts WHERE hash NOT IN (SELECT program FROM trials WHERE program IS NOT NULL)
AND hash NOT IN (SELECT instances FROM evaluations WHERE instances IS NOT NULL)
AND hash NOT IN (SELECT instances FROM "references" WHERE instances IS NOT NULL)
AND hash NOT IN (SELECT json_extract(value, '$[1]') FROM completions, json_each(prompt))"""


def has_campaign(path: Path) -> bool:
    """Return whether an archive file holds a campaign; a file that cannot be read may."""
    try:
        with closing(sqlite3.connect(uri(path), uri=True)) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'campaigns'").fetchone() is None:
                return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None
            return connection.execute("SELECT 1 FROM campaigns").fetchone() is not None
    except sqlite3.Error:
        return True


def vain_bytes(path: Path) -> int:
    """Return about how many bytes `sweep` gives back.

    Raises:
        ArchiveError: It cannot be read.
    """
    log = path.with_name(f"{path.name}-wal")
    with open_raw(path) as raw:
        texts = raw.connection.execute(f"SELECT coalesce(sum(length(content)), 0) {_UNNAMED}").fetchone()[0]
        free = raw.connection.execute("PRAGMA freelist_count").fetchone()[0]
        page = raw.connection.execute("PRAGMA page_size").fetchone()[0]
    return int(texts) + int(free) * int(page) + (log.stat().st_size if log.exists() else 0)


def sweep(path: Path) -> None:
    """Delete the texts that no row names, give free pages back, and fold the log into the file.

    Nobody may be at work on it.

    Raises:
        ArchiveError: It cannot be written.
    """
    try:
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            with connection:
                connection.execute(f"DELETE {_UNNAMED}")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise ArchiveError(f"{str(path)!r} cannot be swept: {error}", "Free some disk space and try again.") from None
