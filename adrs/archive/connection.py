"""Opening the database, and turning its failures into ours."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, InterfaceError
from sqlalchemy.pool import StaticPool

from adrs.address import bare
from adrs.archive import server
from adrs.archive.server import ONCE, Attempts, Server
from adrs.archive.statements import driver
from adrs.errors import ArchiveError, ConfigError, MissingPart

_WAIT_SECONDS = 30
_INSTALL = "`pip install 'adrs[postgresql]'`."
_R = TypeVar("_R")


def connect(url: URL) -> Engine:
    """Return an engine for `url` with a single connection: one process, one writer.

    SQLite is put in WAL mode, so that readers never block the writer and `kill -9` loses nothing that was committed.
    What must survive a power cut as well is flushed to the disk: see `Database.run`.

    Raises:
        ConfigError: It is no URL of SQLite or PostgreSQL.
        MissingPart: The driver is not installed.
    """
    if url.get_backend_name() == "postgresql":
        return server.connect(url)
    if url.get_backend_name() != "sqlite":
        raise ConfigError(
            f"{bare(url.render_as_string())!r} is neither SQLite nor PostgreSQL",
            "Write postgresql://USER@HOST/DATABASE.",
        )
    engine = create_engine(
        url, poolclass=StaticPool, connect_args={"check_same_thread": False, "timeout": _WAIT_SECONDS}
    )
    event.listen(engine, "connect", _configure)
    return engine


def parse_url(url: str) -> URL:
    """Return a database's URL, taken apart.

    Raises:
        ConfigError: It is none.
    """
    try:
        return make_url(url)
    except ArgumentError:
        raise ConfigError(f"{bare(url)!r} is no URL of a database", "Write postgresql://USER@HOST/DATABASE.") from None


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
        parsed = parse_url(url)
        self.url = bare(url)
        try:
            self.engine = connect(parsed)
        except ImportError as error:
            raise MissingPart(f"the driver of PostgreSQL is not here: {error}", _INSTALL) from None
        self._server = Server(self.engine) if self.shared else None
        self._lock = RLock()
        self._kept: Connection | None = None
        self._lasting = True

    @property
    def shared(self) -> bool:
        """Whether it is a server's, and may hold several campaigns."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a connection inside one transaction: all of the block is kept, or nothing.

        Raises:
            ArchiveError: The disk is full, the file is read-only, locked or no database; the server is away.
        """
        with self._lock, self._explained(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Yield a connection that goes on with what it sees first; nothing is written.

        Raises:
            ArchiveError: As `transaction`.
        """
        level = "REPEATABLE READ" if self.shared else "SERIALIZABLE"
        with self._lock, self._explained(), self.engine.connect() as connection:
            seeing = connection.execution_options(isolation_level=level)
            if not self.shared:
                seeing.exec_driver_sql("BEGIN")
            yield seeing

    def run(self, body: Callable[[Connection], _R], attempts: Attempts = ONCE, *, lasting: bool = True) -> _R:
        """Return what `body` returns, in one transaction; again, where a database server went away meanwhile.

        Args:
            body: What is done in it.
            attempts: How to go on where the server went away.
            lasting: Whether a power cut right afterwards must not lose it. In a file, what need not last by itself
                does as soon as something later must; the death of the process loses neither.

        Raises:
            ArchiveError: As `transaction`, or the server does not come back in time.
        """
        with self._lock, self._explained():
            try:
                if self._server is not None:
                    return self._server.run(body, attempts)
                connection = self._file(lasting=lasting)
                with connection.begin():
                    return body(connection)
            except BaseException:
                attempts.undone()
                raise

    def _file(self, *, lasting: bool) -> Connection:
        """Return the connection to an SQLite file, which stays open, and is to flush every commit if `lasting`."""
        if self._kept is None:
            self._kept = self.engine.connect()
        if lasting is not self._lasting:
            driver(self._kept).execute(f"PRAGMA synchronous={'FULL' if lasting else 'NORMAL'}")
            self._lasting = lasting
        return self._kept

    def close(self) -> None:
        """Close the connection; the write-ahead log is folded into the file."""
        with self._lock:
            if self._kept is not None:
                self._kept.close()
                self._kept = None
            self.engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (IntegrityError, sqlite3.IntegrityError):
            raise  # a bug of ours, not of the machine
        except (DatabaseError, InterfaceError, sqlite3.Error) as error:
            said = " ".join(str(getattr(error, "orig", error)).split())
            way = _way_out_of_server(said) if self.shared else _way_out(said)
            raise ArchiveError(f"the archive {self.url!r} cannot be used: {said}", way) from error


def _way_out_of_server(message: str) -> str:
    ways = {
        "password": "Give it in PGPASSWORD or ~/.pgpass.",
        "does not exist": "Make the database or the role (`createdb`, `createuser`), or name another.",
        "permission denied": "Let this user write to the database.",
        "full": "Free some disk space of the server, then `adrs resume RUN`; nothing that was committed is lost.",
        "No space left": "Free some disk space of the server, then `adrs resume RUN`; nothing committed is lost.",
    }
    check = "Check that the database server runs and can be reached, then `adrs resume RUN`."
    return next((way for mark, way in ways.items() if mark in message), check)


def _way_out(message: str) -> str:
    ways = {
        "full": "Free some disk space, then `adrs resume RUN`; nothing that was committed is lost.",
        "readonly": "Make the run's folder writable, or copy it.",
        "locked": "Another process writes to it: see `adrs status`.",
        "unable to open": "Check that the run's folder exists and can be read.",
        "not a database": "Name the folder of a run; if it was one, restore it from a copy.",
        "malformed": "Restore it from a copy.",
    }
    return next((way for mark, way in ways.items() if mark in message), "Check the disk, then `adrs resume RUN`.")
