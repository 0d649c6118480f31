"""An archive as a folder of one file per table."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from adrs.archive.formats import damaged, header, require
from adrs.archive.raw import Raw, Row, Shape

MANIFEST = "archive.json"
WriteTable: TypeAlias = Callable[[Shape, Iterator[Row], Path], int]
"""Writes the rows of one table to a file, and returns how many there were."""
ReadTable: TypeAlias = Callable[[Shape, Path], Iterator[Row]]


def write(raw: Raw, target: Path, suffix: str, write_table: WriteTable) -> None:
    """Write the archive to the folder `target`."""
    target.mkdir()
    files: dict[str, Any] = {}
    for shape in raw.shapes:
        path = target / f"{shape.name}.{suffix}"
        count = write_table(shape, raw.rows(shape.name), path)
        files[path.name] = {"table": shape.name, "rows": count, "sha256": _digest(path)}
    (target / MANIFEST).write_text(json.dumps({**header(), "files": files}, indent=2) + "\n")


class Folder:
    """An export in a folder."""

    def __init__(self, path: Path, readers: Mapping[str, ReadTable]) -> None:
        self._path = path
        self._readers = readers
        try:
            manifest = json.loads((path / MANIFEST).read_text())
        except (FileNotFoundError, ValueError):
            manifest = None
        self.schema = require(manifest, path)
        self._files = manifest.get("files")

    def rows(self, shapes: Mapping[str, Shape]) -> Iterator[tuple[str, Row]]:
        """Yield (table, row), in the order in which they were added.

        Raises:
            ArchiveError: It is damaged.
            MissingPart: A library that reads it is missing.
        """
        if not isinstance(self._files, dict):
            raise damaged(self._path, f"{MANIFEST} lists no files")
        for name, facts in self._files.items():
            path = self._checked(name, facts)
            shape = shapes.get(str(facts.get("table")))
            if shape is None:
                raise damaged(self._path, f"{name} is of no known table")
            yield from ((shape.name, row) for row in self._table(shape, path, facts.get("rows")))

    def _checked(self, name: str, facts: object) -> Path:
        """Return the path of a file that is as it was written."""
        path = self._path / Path(name).name
        if path.suffix.removeprefix(".") not in self._readers or not isinstance(facts, dict):
            raise damaged(self._path, f"{MANIFEST} lists {name!r}")
        if not path.is_file():
            raise damaged(self._path, f"{name} is missing")
        if _digest(path) != facts.get("sha256"):
            raise damaged(self._path, f"{name} was changed")
        return path

    def _table(self, shape: Shape, path: Path, count: object) -> Iterator[Row]:
        found = 0
        try:
            for row in self._readers[path.suffix.removeprefix(".")](shape, path):
                found += 1
                yield row
        except ValueError as error:
            raise damaged(self._path, f"{path.name}: {error}") from None
        if found != count:
            raise damaged(self._path, f"{path.name} has {found} rows, not {count}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
