"""A folder as it can be shown behind the wall, where another user reads it."""

import shutil
import stat
from pathlib import Path

from adrs.sandbox.containers import private_folder


class Shown:
    """The folder itself where everybody may read all of it, else a copy that everybody may read.

    Attributes:
        path: What to show.
    """

    def __init__(self, folder: Path) -> None:
        self._copy = None if _readable(folder) else private_folder()
        self.path = folder if self._copy is None else self._copy / folder.name
        if self._copy:
            shutil.copytree(folder, self.path)
            _make_readable(self.path)

    def close(self) -> None:
        """Remove the copy, if there is one."""
        if self._copy:
            shutil.rmtree(self._copy, ignore_errors=True)


def _readable(folder: Path) -> bool:
    return all(_allows(path) for path in (folder, *folder.rglob("*")) if not path.is_symlink())


def _allows(path: Path) -> bool:
    wanted = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
    return path.stat().st_mode & wanted == wanted


def _make_readable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0))
