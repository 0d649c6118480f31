"""What no run needs any more, and is certainly dead: found, and removed."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from adrs.archive import running
from adrs.archive.sweeping import has_campaign, sweep, vain_bytes
from adrs.campaign.folder import RunFolder, all_runs
from adrs.errors import AdrsError, SandboxUnavailable
from adrs.sandbox.containers import docker, leftover_containers, leftover_folders
from adrs.sandbox.images import image_bytes, outdated_images

_OLD_SECONDS = 3600.0
"""What was touched since may still be in the making."""
_BACKUP = re.compile(r"archive-\d{8}T\d{6}Z\.db")
_UNFINISHED = re.compile(r"\.[0-9a-f]{32}")
_EXPORT = re.compile(r"\.adrs-[a-z0-9_]{8}")
_OURS = re.compile(r"(archive|unfinished)\.db(-wal|-shm|-journal)?|log\.txt|campaign\.toml|mailbox|best\.(py|new)")


@dataclass(frozen=True)
class Leftover:
    """Something that no run needs.

    Attributes:
        kind: What it is, in a few words.
        name: A path, or what the engine calls it.
        bytes: What its removal gives back, about.
        remove: Removes it.
    """

    kind: str
    name: str
    bytes: int
    remove: Callable[[], object]


def leftovers(runs: Path, here: Path) -> Iterator[Leftover]:
    """Yield what no run in a folder of runs needs; nothing of a run that is at work.

    Args:
        runs: The folder of runs.
        here: Where exports go unless they are told otherwise.
    """
    yield from _folders(runs)
    for run in all_runs(runs):
        yield from _of(run)
    for place in {runs.absolute(), here.absolute()}:
        yield from _deletable("unfinished export", (path for path in _inside(place) if _EXPORT.fullmatch(path.name)))
    yield from (_folder("leftover of a sandbox", path) for path in leftover_folders())
    yield from _engine()


def _folders(runs: Path) -> Iterator[Leftover]:
    """Yield the folders of runs that never began, and of forks and imports that never ended."""
    yield from _deletable("run that never began", (path for path in _inside(runs) if _never_began(path)))


def _never_began(path: Path) -> bool:
    if not path.is_dir() or path.is_symlink() or not all(_OURS.fullmatch(each.name) for each in path.iterdir()):
        return False
    if _UNFINISHED.fullmatch(path.name):
        return True
    archive = path / "archive.db"
    return not (has_campaign(archive) if archive.exists() else (path / "best.py").exists())


def _of(run: RunFolder) -> Iterator[Leftover]:
    """Yield what a run that nobody works on holds in vain; a run that cannot be read may need all of it."""
    if _UNFINISHED.fullmatch(run.name) or not _at_rest(run):
        return
    for path in sorted(run.path.iterdir()):
        if _BACKUP.fullmatch(path.name):
            yield Leftover("copy from before an upgrade", str(path), path.stat().st_size, path.unlink)
    try:
        vain = vain_bytes(run.archive)
    except AdrsError:
        return
    if vain:
        yield Leftover("unused space of an archive", str(run.archive), vain, lambda: _sweep(run))


def _at_rest(run: RunFolder) -> bool:
    try:
        with closing(run.open()) as archive:
            return not running(archive.sessions())
    except AdrsError:
        return False


def _sweep(run: RunFolder) -> None:
    if _at_rest(run):  # it may have been resumed since
        sweep(run.archive)


def _engine() -> Iterator[Leftover]:
    """Yield containers of dead owners and outdated images; nothing where no engine answers."""
    try:
        dead, images = leftover_containers(), [(image, image_bytes(image)) for image in outdated_images()]
    except SandboxUnavailable:
        return
    for name in dead:
        yield Leftover("container of a dead owner", name, 0, lambda name=name: docker("rm", "--force", name))  # type: ignore[misc]
    for image, size in images:
        yield Leftover("outdated image", image, size, lambda image=image: docker("rmi", image))  # type: ignore[misc]


def _deletable(kind: str, paths: Iterator[Path]) -> Iterator[Leftover]:
    yield from (_folder(kind, path) for path in paths if time.time() - _touched(path) > _OLD_SECONDS)


def _folder(kind: str, path: Path) -> Leftover:
    size = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    return Leftover(kind, str(path), size, lambda: shutil.rmtree(path, ignore_errors=True))


def _touched(path: Path) -> float:
    return max(each.stat().st_mtime for each in (path, *path.rglob("*")))


def _inside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
