"""Answers that were paid for and that the archive could not take: files in the run's folder, until it can."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from adrs.archive import Archive
from adrs.errors import ArchiveError
from adrs.llm import Completion


@dataclass(frozen=True)
class Unsaved:
    """An answer, and the request that it answers."""

    trial: int
    call: int
    request: int
    completion: Completion


_UNSAVED = TypeAdapter(Unsaved)


def write(folder: Path, trial: int, call: int, request: int, completion: Completion) -> None:
    """Keep an answer in a file, whole or not at all."""
    folder.mkdir(exist_ok=True)
    fresh = folder / f".{trial}-{call}-{request}"
    with fresh.open("w") as file:
        json.dump(asdict(Unsaved(trial, call, request, completion)), file)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(folder / f"{trial}-{call}-{request}.json")


def take_in(folder: Path, archive: Archive) -> None:
    """Let the archive keep what lies in the folder, as the answers that they are.

    Raises:
        ArchiveError: A file is none that `write` wrote, or the archive cannot be written.
    """
    for path, found in _read(folder):
        waiting = {(call.call, call.request) for call in archive.calls(found.trial) if call.completion is None}
        if (found.call, found.request) in waiting:
            archive.answer(found.trial, found.call, found.request, found.completion)
        path.unlink()


def _read(folder: Path) -> Iterator[tuple[Path, Unsaved]]:
    for path in sorted(folder.glob("*.json")):
        try:
            yield path, _UNSAVED.validate_json(path.read_bytes())
        except ValidationError:
            raise ArchiveError(
                f"{str(path)!r} is no answer that a session could not keep", "Move it away if you know what it is."
            ) from None
