"""The rows of an archive for its invariants: values of another type or shape than declared are listed, and left out."""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter

from adrs.archive.raw import TYPES, Column, Raw, Row, Value

Fields = Mapping[str, Any]

_NUMBERS = TypeAdapter[Any](list[int])
_FIGURES = TypeAdapter[Any](dict[str, float])
_OBJECT = TypeAdapter[Any](dict[str, Any])
_TABLE = TypeAdapter[dict[str, list[float]]](dict[str, list[float]])
_LISTING = TypeAdapter[list[tuple[str, str]]](list[tuple[str, str]])
_SHAPES: Mapping[str, TypeAdapter[Any]] = {
    **dict.fromkeys(("parents", "inspirations"), _NUMBERS),
    **dict.fromkeys(("scores", "features"), _FIGURES),
    **dict.fromkeys(("config", "written", "data"), _OBJECT),
    "trials.failed": _NUMBERS,
    "completions.prompt": _LISTING,
    "conditions": TypeAdapter[Any](dict[str, float] | None),
    "hints": TypeAdapter[Any](list[int] | None),
}
_KEYS: Mapping[str, tuple[str, ...]] = {
    "trials": ("number",),
    "completions": ("trial", "call", "request"),
    "evaluations": ("trial", "split"),
    "references": ("name", "split"),
    "sessions": ("number",),
    "events": ("id",),
    "underway": ("trial", "split"),
    "texts": ("hash",),
    "campaigns": ("name",),
}
_NEEDED = {**_KEYS, "sessions": ("number", "started", "heartbeat")}


@dataclass(frozen=True)
class Facts:
    """One archive."""

    raw: Raw
    mistyped: list[str] = field(default_factory=list)

    @cached_property
    def campaigns(self) -> list[Fields]:
        return self._read("campaigns")

    @cached_property
    def sessions(self) -> list[Fields]:
        return sorted(self._read("sessions"), key=lambda row: row["number"])

    @cached_property
    def trials(self) -> Mapping[int, Fields]:
        """The trials by number."""
        return {row["number"]: row for row in self._read("trials")}

    @cached_property
    def completions(self) -> list[Fields]:
        found = self._read("completions")
        return sorted(found, key=lambda row: (row["trial"], row["call"], row["request"]))

    @cached_property
    def evaluations(self) -> Mapping[tuple[int, str], Fields]:
        """The evaluations by trial and split."""
        return {(row["trial"], row["split"]): row for row in self._read("evaluations")}

    @cached_property
    def references(self) -> list[Fields]:
        return self._read("references")

    @cached_property
    def events(self) -> list[Fields]:
        return self._read("events")

    @cached_property
    def underway(self) -> set[tuple[int, str]]:
        """Trial and split of the evaluations that have begun and not ended."""
        return {(row["trial"], row["split"]) for row in self._read("underway")}

    @cached_property
    def hashes(self) -> set[str]:
        """The hashes of all texts."""
        return {digest for (digest,) in self.raw.connection.execute("SELECT hash FROM texts")}

    def text(self, digest: str | None) -> str | None:
        """Return a text; None if there is none of this hash."""
        found = self.raw.connection.execute("SELECT inflate(content) FROM texts WHERE hash = ?", (digest,)).fetchone()
        return None if found is None else str(found[0])

    def load(self) -> None:
        """Read every table, so that `mistyped` is complete."""
        _ = self.campaigns, self.sessions, self.trials, self.completions, self.evaluations, self.references, self.events

    def _read(self, table: str) -> list[Fields]:
        columns = self.raw.shape(table).columns
        found = [self._fields(table, columns, row) for row in self.raw.rows(table)]
        return [row for row in found if all(row[key] is not None for key in _NEEDED[table])]

    def _fields(self, table: str, columns: tuple[Column, ...], row: Row) -> Fields:
        values = dict(zip((column.name for column in columns), row, strict=True))
        where = named(table, values)
        return {column.name: self._value(table, column, values[column.name], where) for column in columns}

    def _value(self, table: str, column: Column, value: Value, where: str) -> Any:
        """Return the value, decoded where it is JSON; an empty one in place of one of another type or shape."""
        shape = _SHAPES.get(f"{table}.{column.name}") or _SHAPES.get(column.name)
        if value is not None and not isinstance(value, TYPES[column.kind]):
            self.mistyped.append(f"{where}: {column.name} is {value!r:.60}")
            value = None
        if shape is None or (value is None and column.name in {"conditions", "hints"}):
            return value
        try:
            return shape.validate_python(json.loads(str(value or "null")))
        except ValueError:
            self.mistyped.append(f"{where}: {column.name} is {value!r:.60}")
            return [] if shape is _NUMBERS or shape is _LISTING else {}


def named(table: str, row: Mapping[str, Any]) -> str:
    """Return what a row is called in a message, such as `completion of trial 4, call 0, request 1`."""
    names = {"trials": "trial", "texts": "text", "completions": "request of"}
    if table == "trials":
        return f"trial {row['number']}"
    keys = ", ".join(f"{name} {row[name]}" for name in _KEYS[table])
    return f"{names.get(table, table.removesuffix('s') + ' of')} {keys}"


def per_instance(facts: Facts, row: Fields) -> Iterator[str]:
    """Yield what is wrong with the per-instance results of an evaluation."""
    if (row["instances"] is None) != (row["columns"] is None):
        yield "one of instances and columns is missing"
    if row["instances"] is None or row["columns"] is None:
        return
    try:
        table = _TABLE.validate_python(json.loads(zlib.decompress(row["columns"])))
        count = len(_LISTING.validate_python(json.loads(facts.text(row["instances"]) or "")))
    except (zlib.error, ValueError):
        yield "its per-instance results cannot be decoded"
        return
    yield from (f"{name} has {len(of)} results, not {count}" for name, of in table.items() if len(of) != count)
