"""Writing all facts of an archive to files that other programs read, and that `importing` reads back."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from adrs.archive.formats import FormatName, Writer, csv, jsonl, parquet
from adrs.archive.raw import open_raw
from adrs.errors import UsageError

_WRITERS: Mapping[FormatName, Writer] = {"jsonl": jsonl.write, "csv": csv.write, "parquet": parquet.write}


def export(archive: Path, target: Path, form: FormatName) -> None:
    """Write the archive to `target` (a file for `jsonl`, else a folder), whole or not at all.

    Raises:
        UsageError: There is something at `target`, or its folder does not exist.
        ArchiveOutdated: Another version of adrs wrote the archive.
        ArchiveError: It cannot be read.
        MissingPart: `parquet` was asked for, and pyarrow is not installed.
    """
    if target.exists():
        raise UsageError(f"there is a {str(target)!r} already", "Name another with -o.")
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {str(target.parent)!r}", "Make it, or name another with -o.")
    with TemporaryDirectory(prefix=".adrs-", dir=target.parent) as folder, open_raw(archive) as raw:
        _WRITERS[form](raw, Path(folder, target.name))
        Path(folder, target.name).rename(target)
