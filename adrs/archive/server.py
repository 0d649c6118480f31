"""PostgreSQL: connecting, and going on where its server was restarted in the middle of something."""

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

PATIENCE_SECONDS = 60.0
"""How long a server that went away is waited for."""
_PAUSE_SECONDS = 0.5
_NUMBER = text("SELECT pg_current_xact_id_if_assigned()::text")
_FATE = text("SELECT pg_xact_status(CAST(:number AS text)::xid8)")
_R = TypeVar("_R")


def connect(url: URL) -> Engine:
    """Return an engine for a PostgreSQL server of version 13 or newer, with a single connection."""
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=1,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10, "application_name": "adrs"},
    )


def run(engine: Engine, body: Callable[[Connection], _R]) -> _R:
    """Return what `body` returns, in one transaction.

    Where the server goes away, it is waited for, and `body` runs again, unless the server says that the transaction
    was kept all the same: its answer to the commit is what was lost.

    Raises:
        DBAPIError: The server does not come back in time, or something else is wrong.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    unsure: tuple[str | None, _R] | None = None
    while True:
        try:
            with engine.connect() as connection:
                if unsure is not None and _kept(connection, unsure[0]):
                    return unsure[1]
                unsure = None
                result = body(connection)
                unsure = connection.scalar(_NUMBER), result
                connection.commit()
                return result
        except DBAPIError as error:
            if not _gone(error) or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_SECONDS)


def _kept(connection: Connection, number: str | None) -> bool:
    """Return whether a transaction was committed; one that wrote nothing has no number, and was not."""
    while (fate := connection.scalar(_FATE, {"number": number})) == "in progress":
        time.sleep(_PAUSE_SECONDS)
    return bool(fate == "committed")


def _gone(error: DBAPIError) -> bool:
    """Return whether the server went away, or is not back yet; it names a reason of its own only for other things."""
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state is None or str(state).startswith("57P")
