"""Making a new pack from the smallest complete one."""

import re
import shutil
from pathlib import Path

from adrs.errors import UsageError
from adrs.resources import folder

TEMPLATE = "queues"


def make_pack(name: str, parent: Path) -> Path:
    """Copy the template pack to `parent / name`, under its new name, and return its path.

    Raises:
        UsageError: The name cannot be a pack's, or the folder exists.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise UsageError(f"{name!r} cannot name a pack", "Use lower-case letters, digits and underscores.")
    path = parent / name
    try:
        shutil.copytree(folder("evaluators") / TEMPLATE, path, ignore=shutil.ignore_patterns("__pycache__"))
    except FileExistsError:
        raise UsageError(f"{str(path)!r} exists already", "Choose another name, or another --folder.") from None
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be made: {error.strerror}", "Choose another --folder.") from None
    pack = path / "problem.toml"
    pack.write_text(pack.read_text().replace(f'name = "{TEMPLATE}"', f'name = "{name}"', 1))
    return path
