"""Statements that run for every trial, compiled once: to build one anew costs more than to run it."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Connection, Delete, Insert, Select, Update
from sqlalchemy.engine import Dialect

Statement: TypeAlias = Insert | Update | Delete | Select[Any]


@dataclass(frozen=True)
class _Compiled:
    """A statement in the words of one kind of database.

    Attributes:
        sql: The words.
        constants: Values that it holds itself, by name.
        converters: What turns a value into what the driver takes, by name.
        order: The names in the order of their places; None where the driver takes them by name.
    """

    sql: str
    constants: Mapping[str, object]
    converters: Mapping[str, Callable[[Any], Any]]
    order: tuple[str, ...] | None

    def arguments(self, values: Mapping[str, object]) -> tuple[object, ...] | dict[str, object]:
        found = {**self.constants, **values}
        for name, convert in self.converters.items():
            if found[name] is not None:
                found[name] = convert(found[name])
        return found if self.order is None else tuple(found[name] for name in self.order)


class Rows(Protocol):
    """What a statement found, or how many rows it changed."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any:
        """Return the next row; None after the last."""
        ...


def driver(connection: Connection) -> sqlite3.Connection:
    """Return what a connection to SQLite stands on."""
    found = connection.connection.dbapi_connection
    assert isinstance(found, sqlite3.Connection)
    return found


class Prepared:
    """A statement with a value to be given for each of its parameters, by name."""

    def __init__(self, statement: Statement, *columns: str) -> None:
        """Prepare `statement`; an insertion or a change names the `columns` that it sets, each a parameter."""
        self._statement = statement
        self._columns = list(columns) or None
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, **values: object) -> Rows:
        """Run the statement; by the driver itself where that is SQLite's, which the way there would cost more than."""
        name = connection.dialect.name
        if name not in self._compiled:
            self._compiled[name] = self._compile(connection.dialect)
        compiled = self._compiled[name]
        if name != "sqlite":
            return connection.exec_driver_sql(compiled.sql, compiled.arguments(values))
        return driver(connection).execute(compiled.sql, compiled.arguments(values))

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
        types = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
        converters = {name: kind.bind_processor(dialect) for name, kind in types.items()}
        order = getattr(compiled, "positiontup", None)
        return _Compiled(
            str(compiled),
            {name: bind.value for name, bind in compiled.binds.items() if bind.value is not None},
            {name: convert for name, convert in converters.items() if convert is not None},
            tuple(order) if order is not None else None,
        )
