"""Opening the database, and turning its failures into ours."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.pool import StaticPool

from adrs.errors import ArchiveError

_WAIT_SECONDS = 30


def connect(url: str) -> Engine:
    """Return an engine for `url` with a single connection: one process, one writer.

    SQLite is put in WAL mode with a flush at every commit, so that readers never block the writer, and neither
    `kill -9` nor a power cut loses what was committed.
    """
    engine = create_engine(
        url, poolclass=StaticPool, connect_args={"check_same_thread": False, "timeout": _WAIT_SECONDS}
    )
    event.listen(engine, "connect", _configure)
    return engine


def sqlite_url(path: Path) -> str:
    """Return the URL of the SQLite file at `path`; for reading alone where nothing may be written.

    Raises:
        ArchiveError: It may not be written, and its last session was not closed.
    """
    if not path.exists() or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return f"sqlite:///{path}"
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size > 0:
        raise ArchiveError(
            f"{str(path)!r} was not closed and may not be written", "Copy the run's folder and read that."
        )
    return f"sqlite:///file:{path}?immutable=1&uri=true"


def _configure(connection: Any, _: object) -> None:
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


class Database:
    """One connection, handed to one thread at a time."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url).render_as_string(hide_password=True)
        self.engine = connect(url)
        self._lock = RLock()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a connection inside one transaction: all of the block is kept, or nothing.

        Raises:
            ArchiveError: The disk is full, the file is read-only, locked or no database.
        """
        with self._lock:
            try:
                with self.engine.begin() as connection:
                    yield connection
            except IntegrityError:
                raise  # a bug of ours, not of the machine
            except DatabaseError as error:
                raise ArchiveError(f"the archive {self.url!r} cannot be used: {error.orig}", _way_out(error)) from error

    def close(self) -> None:
        """Close the connection; the write-ahead log is folded into the file."""
        with self._lock:
            self.engine.dispose()


def _way_out(error: DatabaseError) -> str:
    message = str(error.orig)
    ways = {
        "full": "Free some disk space, then `adrs resume RUN`; nothing that was committed is lost.",
        "readonly": "Make the run's folder writable, or copy it.",
        "locked": "Another process writes to it: see `adrs status`.",
        "unable to open": "Check that the run's folder exists and can be read.",
        "not a database": "Name the folder of a run; if it was one, restore it from a copy.",
        "malformed": "Restore it from a copy.",
    }
    return next((way for mark, way in ways.items() if mark in message), "Check the disk, then `adrs resume RUN`.")
