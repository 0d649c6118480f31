"""What an archive is exported to: every row of every table, and enough beside them to notice any damage.

`jsonl` is one file: a header, one object per row, and a last line with counts and a hash. `csv` and `parquet` are
folders of one file per table, and `archive.json` with their counts and hashes.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from adrs.archive.raw import Raw, Row, Shape
from adrs.archive.schema import ArchiveOutdated
from adrs.archive.tables import SCHEMA
from adrs.errors import ArchiveError

FORMAT = 1
FIRST = "0001"
FormatName: TypeAlias = Literal["jsonl", "csv", "parquet"]


class Source(Protocol):
    """An export that is being read."""

    schema: str

    def rows(self, shapes: Mapping[str, Shape]) -> Iterator[tuple[str, Row]]:
        """Yield (table, row), in the order in which they were added.

        Raises:
            ArchiveError: It is damaged.
        """
        ...


class Writer(Protocol):
    """Writes an archive in one format."""

    def __call__(self, raw: Raw, target: Path) -> None:
        """Write to `target`, which does not exist."""
        ...


def header() -> dict[str, Any]:
    """Return what an export begins with."""
    return {"adrs": "archive", "format": FORMAT, "schema": SCHEMA}


def require(found: object, path: Path) -> str:
    """Return the schema that an export's header names.

    Raises:
        ArchiveError: It is no export.
        ArchiveOutdated: A newer adrs wrote it.
    """
    if not isinstance(found, dict) or found.get("adrs") != "archive":
        raise ArchiveError(f"{str(path)!r} is no exported archive", "Name what `adrs archive export` wrote.")
    form, schema = found.get("format"), str(found.get("schema"))
    if not isinstance(form, int) or not schema.isdecimal() or schema < FIRST:
        raise damaged(path, "its header cannot be read")
    if form > FORMAT or schema > SCHEMA:
        what = f"{str(path)!r} has format {form} and schema {schema!r}, and this adrs reads {FORMAT} and {SCHEMA!r}"
        raise ArchiveOutdated(what, "Upgrade adrs: `pip install -U adrs`.", upgradable=False)
    return schema


def damaged(path: Path, what: str) -> ArchiveError:
    """Return the error that says how an export is damaged."""
    return ArchiveError(f"{str(path)!r} is damaged: {what}", "Export the archive again, or take another copy.")
