"""PostgreSQL: connecting, and going on where its server was restarted in the middle of something."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

PATIENCE_SECONDS = 60.0
"""How long a server that went away is waited for."""
_PAUSE_SECONDS = 0.2
# A dead network must not hold either end for hours: not ours in a read, and not our locks on the server.
_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
_SETTINGS = "SET idle_in_transaction_session_timeout = '60s'"
_LOST_RACES = {"40001", "40P01"}  # serialization failure, deadlock: nothing was kept, and again is likely to do
_R = TypeVar("_R")


@dataclass(frozen=True)
class Attempts:
    """What is asked of a transaction that may have to be tried again.

    Attributes:
        kept: Returns whether the transaction before this connection was kept, given what its body returned; its answer
            to the commit was lost. It waits for the end of a transaction that is still being kept.
        undone: Called whenever a transaction was not kept.
    """

    kept: Callable[[Connection, Any], bool] = lambda connection, result: False
    undone: Callable[[], None] = lambda: None


ONCE = Attempts()


def connect(url: URL) -> Engine:
    """Return an engine for a PostgreSQL server, with a single connection."""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=1,
        max_overflow=0,
        connect_args={"connect_timeout": 10, "application_name": "adrs", **_ALIVE},
    )
    event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: Any, _: object) -> None:
    connection.execute(_SETTINGS)
    connection.commit()


class Server:
    """Runs transactions on a server that may go away, for as long as its patience lasts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._given_up = False

    def run(self, body: Callable[[Connection], _R], attempts: Attempts) -> _R:
        """Return what `body` returns, in one transaction; again, where the server went away and it was not kept.

        Once the server was waited for in vain, it is not waited for any more until it is back.

        Raises:
            DBAPIError: The server does not come back in time, or something else is wrong.
        """
        patience = 0.0 if self._given_up else PATIENCE_SECONDS
        deadline: float | None = None
        unsure: list[_R] = []
        while True:
            try:
                result = self._once(body, attempts, unsure)
            except DBAPIError as error:
                attempts.undone()
                deadline = deadline or time.monotonic() + patience
                if not _again(error):
                    raise
                if time.monotonic() >= deadline:
                    self._given_up = True
                    raise
            else:
                self._given_up = False
                return result
            time.sleep(_PAUSE_SECONDS)

    def _once(self, body: Callable[[Connection], _R], attempts: Attempts, unsure: list[_R]) -> _R:
        """Try once; what was returned before a commit without an answer is in `unsure`."""
        with self._engine.connect() as connection:
            if unsure and attempts.kept(connection, unsure[0]):
                return unsure[0]
            unsure.clear()
            result = body(connection)
            unsure.append(result)
            connection.commit()
            return result


def gone(error: DBAPIError) -> bool:
    """Return whether the server went away, or is not back yet; it names a reason of its own only for other things."""
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state is None or str(state).startswith(("08", "57P"))


def _again(error: DBAPIError) -> bool:
    return gone(error) or getattr(error.orig, "sqlstate", None) in _LOST_RACES
