"""Where problems lie: shipped with adrs, plugged in, in `./evaluators`, or wherever a path says."""

import difflib
from importlib.metadata import entry_points
from pathlib import Path

from adrs import foreign
from adrs.errors import UnknownProblem
from adrs.resources import folder

ENTRY_POINTS = "adrs.problems"


def find(reference: str) -> Path:
    """Return the folder of the problem that `reference` names: a path, or a pack's name.

    Raises:
        UnknownProblem: There is none.
    """
    path = Path(reference)
    if (path / "problem.toml").is_file() or foreign.is_foreign(path):
        return path
    if "/" in reference or path.is_dir():
        raise UnknownProblem(
            f"{reference!r} holds no problem.toml, and no evaluator.py or evaluate.sh as foreign problems do",
            "Name a problem's folder; see `adrs problems list`.",
        )
    packs = {pack.name: pack for pack in shipped_and_local()}
    if reference in packs:
        return packs[reference]
    close = difflib.get_close_matches(reference, packs, 1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    raise UnknownProblem(f"no problem is called {reference!r}", f"{hint}`adrs problems list` shows all.")


def shipped_and_local() -> list[Path]:
    """Return the folders of all packs that can be named, nearest first; a nearer one hides others of its name."""
    found: dict[str, Path] = {}
    for root in (Path("evaluators"), *_plugged(), folder("evaluators")):
        for path in sorted(root.glob("*/problem.toml")):
            found.setdefault(path.parent.name, path.parent)
    return list(found.values())


def _plugged() -> list[Path]:
    """Return the folders of packs that installed distributions offer (an entry point names a module beside them)."""
    folders = []
    for point in entry_points(group=ENTRY_POINTS):
        module = point.load()
        folders.append(Path(module.__file__ or ".").parent)
    return folders
