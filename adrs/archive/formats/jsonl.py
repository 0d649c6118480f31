"""An archive as one file of JSON lines."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from adrs.archive.formats import damaged, header, require
from adrs.archive.formats.cells import from_json, to_json
from adrs.archive.raw import Raw, Row, Shape


def write(raw: Raw, target: Path) -> None:
    """Write the archive to the file `target`."""
    digest, counts = hashlib.sha256(), Counter[str]()
    with target.open("wb") as file:
        for line in _lines(raw, counts):
            digest.update(line)
            file.write(line)
        file.write(_line({"end": counts, "sha256": digest.hexdigest()}))


class Lines:
    """An export in a file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            self.schema = require(_parsed(file.readline()), path)

    def rows(self, shapes: Mapping[str, Shape]) -> Iterator[tuple[str, Row]]:
        """Yield (table, row), in the order in which they were added.

        Raises:
            ArchiveError: It is damaged.
        """
        digest, counts = hashlib.sha256(), Counter[str]()
        ended = False
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if ended:
                    raise damaged(self._path, f"line {number} comes after the end")
                parsed = _parsed(line)
                if isinstance(parsed, dict) and "end" in parsed:
                    ended = self._matches(parsed, counts, digest.hexdigest())
                elif number > 1:
                    yield self._row(parsed, number, shapes, counts)
                digest.update(line)
        if not ended:
            raise damaged(self._path, "its end is missing")

    def _matches(self, end: Mapping[str, Any], counts: Counter[str], digest: str) -> bool:
        if end["end"] != counts or end.get("sha256") != digest:
            raise damaged(self._path, "rows were changed, added or taken away")
        return True

    def _row(self, parsed: object, number: int, shapes: Mapping[str, Shape], counts: Counter[str]) -> tuple[str, Row]:
        table = parsed.pop("table", None) if isinstance(parsed, dict) else None
        shape = shapes.get(table) if isinstance(table, str) else None
        if not isinstance(parsed, dict) or shape is None or parsed.keys() != {column.name for column in shape.columns}:
            raise damaged(self._path, f"line {number} is no row of a known table")
        counts[shape.name] += 1
        try:
            return shape.name, tuple(from_json(parsed[column.name], column) for column in shape.columns)
        except ValueError as error:
            raise damaged(self._path, f"line {number}: {error}") from None


def _lines(raw: Raw, counts: Counter[str]) -> Iterator[bytes]:
    yield _line(header())
    for shape in raw.shapes:
        for row in raw.rows(shape.name):
            counts[shape.name] += 1
            cells = {column.name: to_json(value, column) for column, value in zip(shape.columns, row, strict=True)}
            yield _line({"table": shape.name, **cells})


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _parsed(line: bytes) -> object:
    """Return the value on a line; None where it is no JSON."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
