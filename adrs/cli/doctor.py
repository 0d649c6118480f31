"""`adrs doctor`: what works on this machine."""

import importlib.util
import os
import platform
import sqlite3
import tempfile
from pathlib import Path
from typing import NamedTuple

import click

from adrs.cli.output import json_option, print_json, runs_option


class Check(NamedTuple):
    """One thing that may be missing; `needed` if nothing works without it."""

    what: str
    works: bool
    detail: str
    todo: str = ""
    needed: bool = False
    words: tuple[str, str] = ("works", "missing")
    """What it is called if it works, and if not."""


@click.command(name="doctor")
@runs_option
@json_option
def command(runs: str, as_json: bool) -> None:
    """Say what works on this machine (walls, keys, database, packs), and what to do about the rest.

    Exit code 4 if something is missing that every campaign needs.
    """
    from adrs.errors import MissingPart

    checks = [*_machine(), _store(Path(runs)), *_walls(), *_keys(), *_packs()]
    if as_json:
        print_json({"checks": [check._asdict() for check in checks]})
    else:
        for check in checks:
            click.echo(f"{check.words[0 if check.works else 1]:8} {check.what}: {check.detail}")
            if check.todo and not check.works:
                click.echo(f"         {check.todo}")
    broken = [check.what for check in checks if check.needed and not check.works]
    if broken:
        raise MissingPart(f"campaigns cannot run here: {', '.join(broken)}", "See the lines marked `missing`.")


def _machine() -> list[Check]:
    cores = os.cpu_count() or 1
    linux = platform.system() == "Linux"
    return [
        Check("python", True, platform.python_version()),
        Check("system", linux, platform.platform(), "Run adrs on Linux; the walls need its kernel.", needed=True),
        Check("cores", True, f"{cores}, so {cores} evaluations at a time"),
    ]


def _store(runs: Path) -> Check:
    nearest = next(path for path in (runs, *runs.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryDirectory(dir=nearest) as folder:
            connection = sqlite3.connect(Path(folder) / "probe.db")
            mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            connection.close()
    except (OSError, sqlite3.Error) as error:
        return Check(
            "archive", False, f"{nearest}: {error}", "Name a folder that you may write with --runs.", needed=True
        )
    detail = f"SQLite {sqlite3.sqlite_version} ({mode} mode) in {nearest}"
    return Check("archive", mode == "wal", detail, "Use a local file system: WAL mode needs one.", needed=True)


def _walls() -> list[Check]:
    from adrs.errors import AdrsError
    from adrs.problem import Limits
    from adrs.program import Program
    from adrs.sandbox.choice import choose, open_sandbox, protections
    from adrs.sandbox.local import bubblewrap

    checks = []
    for name in ("local", "docker"):
        try:
            wall = choose(name)
            sandbox = open_sandbox(wall)
            with sandbox.open(Program("def answer():\n    return 42\n"), Limits()) as policy:
                works = policy.call("answer") == 42
            sandbox.close()
            checks.append(Check(f"{name} sandbox", works, "ran a program behind the wall", needed=name == "local"))
        except AdrsError as error:
            checks.append(Check(f"{name} sandbox", False, str(error), error.todo, needed=name == "local"))
    namespaces = bubblewrap() is not None
    detail = "gives the local sandbox namespaces of its own, and lets it run foreign evaluators"
    checks.append(Check("bubblewrap", namespaces, detail, "Debian: `apt install bubblewrap`; the rest works without."))
    return checks + [
        Check(f"  {found.what}", found.protected, found.why, words=("safe", "open")) for found in protections()
    ]


def _keys() -> list[Check]:
    from adrs.llm.catalogue import describe_keys

    keys = describe_keys()
    found = [name for name, is_set in keys.items() if is_set]
    unset = ", ".join(name for name in keys if name not in found)
    detail = f"{', '.join(found) or 'none'} set; unset: {unset}"
    todo = "A model needs the key of its provider; the mutator, mailbox and local endpoints need none."
    return [Check("model keys", bool(found), detail, todo)]


def _packs() -> list[Check]:
    from adrs.errors import AdrsError
    from adrs.evaluating.loading import load_evaluator
    from adrs.packs import shipped_and_local
    from adrs.problem import open_pack

    checks = []
    for path in shipped_and_local():
        try:
            load_evaluator(open_pack(path))
            checks.append(Check(f"problem {path.name}", True, str(path)))
        except AdrsError as error:
            checks.append(Check(f"problem {path.name}", False, str(error), error.todo))
    if importlib.util.find_spec("numba") is None:
        checks.append(Check("numba", False, "exact solvers run without it, some of them slower", "Optional."))
    return checks
