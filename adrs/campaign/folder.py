"""A run's folder: where its archive, settings, log and best program lie."""

import difflib
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from pydantic import ValidationError

from adrs.address import bare, current
from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.archive.copying import copied
from adrs.config import CampaignConfig, Written, toml
from adrs.errors import ArchiveError, UsageError
from adrs.problem import explain
from adrs.program import Program

_ADJECTIVES = "able amber bold brave brisk calm clear deft early exact fair fleet fond glad keen kind lean lucid merry"
_NOUNS = "badger crane dove eland falcon finch gull hare heron ibis kite lark lynx marten otter owl plover stoat tern"

MARKS = ("archive.db", "archive.url")
"""A folder that holds one of these is a run's."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of one campaign."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def archive(self) -> Path:
        return self.path / "archive.db"

    @property
    def elsewhere(self) -> Path:
        """A file that stands for the archive where that is in a database: its URL, and the campaign's name there."""
        return self.path / "archive.url"

    @property
    def location(self) -> str:
        """Where the archive is, in words: a path or a URL."""
        return self._address[0] if self.elsewhere.is_file() else str(self.archive)

    @property
    def best(self) -> Path:
        """The best program, rewritten at every promotion."""
        return self.path / "best.py"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def settings(self) -> Path:
        """The settings and what made the results, for people to read; the archive holds the same."""
        return self.path / "campaign.toml"

    @property
    def unsaved(self) -> Path:
        """Answers that the archive could not take, until it can."""
        return self.path / "unsaved"

    @property
    def begun(self) -> bool:
        """Whether a session can have begun here: a run that was killed while it was made has no settings and no log."""
        return self.settings.is_file() or self.log.is_file()

    def open(self) -> Archive:
        """Return the archive in this folder, or where the folder says that it is."""
        if not self.elsewhere.is_file():
            return Archive.open(sqlite_url(self.archive))
        url, name = self._address
        return Archive.open(current(url), name=name)

    @contextmanager
    def file(self) -> Iterator[Path]:
        """Yield the archive as a file, to be read alone; a copy, where it is in a database."""
        if not self.elsewhere.is_file():
            yield self.archive
            return
        url, name = self._address
        with copied(current(url), name) as copy:
            yield copy

    @property
    def url(self) -> str | None:
        """The URL of the database that the archive is in; None if it is a file of its own."""
        return current(self._address[0]) if self.elsewhere.is_file() else None

    @property
    def _address(self) -> tuple[str, str]:
        lines = self.elsewhere.read_text().split("\n")
        if len(lines) != 3:
            raise ArchiveError(
                f"{str(self.elsewhere)!r} does not say where the archive is",
                "Its two lines are the URL of the database, and the campaign's name there.",
            )
        return bare(lines[0]), lines[1]

    def write_address(self, url: str, name: str) -> None:
        """Write `elsewhere`."""
        self.elsewhere.write_text(f"{bare(url)}\n{name}\n")

    def write_best(self, program: Program) -> None:
        """Write `best`."""
        _write_whole(self.best, program.source)

    def write_config(self, config: CampaignConfig, written: Written) -> None:
        """Write `settings`, unless that is what they are."""
        settings = config.model_dump(exclude_none=True)
        options = settings.pop("search_options")
        lines = [f"{name} = {toml(value)}" for name, value in settings.items()]
        lines += _section("search_options", options)
        facts = written.model_dump()
        packages, hardware = facts.pop("packages"), facts.pop("hardware") or {}
        lines += [
            "",
            "# What made the results; not read back.",
            *(f"# {name} = {toml(v)}" for name, v in facts.items()),
        ]
        lines += [f"# {name} {version}" for name, version in packages.items()]
        lines += [f"# {name} {fact}" for name, fact in hardware.items() if fact not in {None, ""}]
        text = "\n".join(lines) + "\n"
        if not self.settings.is_file() or self.settings.read_text() != text:
            _write_whole(self.settings, text)


def _write_whole(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


def create(runs: Path, name: str | None, *, taken: Collection[str] = ()) -> RunFolder:
    """Make the folder of a new run; a name is made up if none is given, and is none of those `taken`.

    Raises:
        UsageError: It exists, or cannot be made.
    """
    chosen = name or _fresh_name(runs, taken)
    path = runs / chosen
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        raise _taken(RunFolder(path)) from None
    except OSError as error:
        raise UsageError(
            f"the folder {str(path)!r} cannot be made: {error.strerror}", "Name another with --runs."
        ) from None
    return RunFolder(path)


def _taken(folder: RunFolder) -> UsageError:
    name, path = folder.name, str(folder.path)
    if folder.begun:
        return UsageError(f"there is a run called {name!r} already", f"`adrs resume {name}`, or another --name.")
    what = f"the folder {path!r} was left before a run began in it"
    return UsageError(what, f"Give another --name, or delete {path!r} if nothing in it is wanted.")


def require_free(runs: Path, name: str) -> None:
    """Refuse a name that no run can have, or that another has.

    Raises:
        UsageError: It is one of these.
    """
    try:
        CampaignConfig(problem="", name=name)  # it knows what a name may be
    except ValidationError as error:
        raise UsageError(explain(error), "Name another with --name.") from None
    if (runs / name).exists():
        raise UsageError(f"there is a run called {name!r} already", "Name another with --name.")


def find(reference: str, runs: Path) -> RunFolder:
    """Return the run that `reference` names: a folder, a name in `runs`, or `last` for the newest.

    Raises:
        UsageError: There is no such run.
    """
    names = {folder.name: folder for folder in all_runs(runs)}
    if reference == "last" and names:
        return max(names.values(), key=_touched)
    if reference in names:
        return names[reference]
    if any((Path(reference) / mark).is_file() for mark in MARKS):
        return RunFolder(Path(reference))
    close = difflib.get_close_matches(reference, names, 1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    raise UsageError(f"there is no run {reference!r} in {str(runs)!r}", f"{hint}`adrs status` lists all runs.")


def _touched(folder: RunFolder) -> float:
    """Return when a run was begun or last extended; the archive's own time says little, since its log is beside it."""
    beside = (folder.settings, folder.elsewhere, folder.archive)
    return next(path for path in beside if path.is_file()).stat().st_mtime


def all_runs(runs: Path) -> list[RunFolder]:
    """Return the runs in a folder of runs, by name."""
    return [RunFolder(path) for path in sorted({path.parent for mark in MARKS for path in runs.glob(f"*/{mark}")})]


def remove(folder: RunFolder) -> None:
    """Delete the folder of a run that never began."""
    shutil.rmtree(folder.path)


def _fresh_name(runs: Path, taken: Collection[str]) -> str:
    random = SystemRandom()  # names must differ between campaigns of one seed
    for attempt in range(1000):
        name = f"{random.choice(_ADJECTIVES.split())}-{random.choice(_NOUNS.split())}"
        if attempt > 100:
            name = f"{name}-{attempt}"
        if name not in taken and not (runs / name).exists():
            return name
    raise UsageError(f"no free name was found in {str(runs)!r}", "Give one with --name.")


def _section(name: str, values: Mapping[str, int | float | str]) -> list[str]:
    return ["", f"[{name}]", *(f"{key} = {toml(value)}" for key, value in values.items())] if values else []
