"""What `adrs gc` finds and removes, and what it leaves alone."""

import json
import os
import sqlite3
import time
from contextlib import closing

import pytest

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from tests.cli.command import adrs
from tests.report.sample_run import NAME, write_run

_LONG_AGO = time.time() - 7200


@pytest.fixture
def place(tmp_path):
    """A folder of runs without an engine, and a temporary folder of its own."""
    write_run(tmp_path / "runs")
    (tmp_path / "tmp").mkdir()
    return tmp_path


def gc(place, *arguments, check=0):
    env = {"PATH": "/nonexistent", "TMPDIR": str(place / "tmp")}
    return json.loads(adrs("gc", "--json", *arguments, cwd=place, check=check, env=env).stdout)["leftovers"]


def age(*paths):
    for path in paths:
        for each in (*path.rglob("*"), path):
            os.utime(each, (_LONG_AGO, _LONG_AGO))


def waste(archive):
    with closing(sqlite3.connect(archive)) as connection, connection:
        connection.execute("INSERT INTO texts VALUES ('00', zeroblob(100000))")


def dead_folder(place):
    """Return a folder of a sandbox whose owner is dead: the same name as ours, of a process that is no more."""
    from adrs.sandbox.containers import _owner

    namespace = _owner(os.getpid()).rsplit("-", 2)[0]
    folder = place / "tmp" / f"adrs-{namespace}-999999999-1-abcd"
    folder.mkdir()
    return folder


def test_a_clean_folder_has_nothing_to_remove(place):
    assert gc(place) == []
    said = adrs("gc", cwd=place, check=0, env={"PATH": "/nonexistent", "TMPDIR": str(place / "tmp")})
    assert said.stderr == "nothing to remove\n"


def test_all_kinds_are_listed_and_removed_once(place):
    run = place / "runs" / NAME
    before = Archive.open(sqlite_url(run / "archive.db"))
    trials = before.trials()
    before.close()
    waste(run / "archive.db")
    copy = run / "archive-20260101T000000Z.db"
    copy.write_bytes(b"x" * 1000)
    never, fork = place / "runs" / "glad-otter", place / "runs" / f".{'0' * 32}"
    for folder in (never, fork):
        folder.mkdir()
    (fork / "unfinished.db").write_bytes(b"x" * 10)
    export = place / ".adrs-abcd_123"
    export.mkdir()
    age(never, fork, export)
    dead = dead_folder(place)
    listed = gc(place)
    assert gc(place, "--dry-run") == listed
    assert sorted((each["kind"], each["name"].rpartition("/")[2]) for each in listed) == [
        ("copy from before an upgrade", copy.name),
        ("leftover of a sandbox", dead.name),
        ("run that never began", fork.name),
        ("run that never began", never.name),
        ("unfinished export", export.name),
        ("unused space of an archive", "archive.db"),
    ]
    assert {each["name"]: each["bytes"] for each in listed}["runs/brave-heron/archive.db"] >= 100000
    assert all(each["removed"] for each in gc(place, "--yes"))
    assert not any(path.exists() for path in (copy, never, fork, export, dead))
    assert gc(place) == []
    adrs("archive", "check", NAME, cwd=place, check=0)
    after = Archive.open(sqlite_url(run / "archive.db"))
    assert after.trials() == trials
    after.close()


def test_what_is_young_alive_or_somebody_elses_stays(place):
    run = place / "runs" / NAME
    young, foreign, notes = (place / "runs" / name for name in ("young", "foreign", "notes.txt"))
    young.mkdir()
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("...")
    notes.write_text("...")
    age(foreign)
    waste(run / "archive.db")
    alive = Archive.open(sqlite_url(run / "archive.db"))
    alive.begin_session()
    assert gc(place, "--yes") == []
    alive.end_session(reason="stopped", finished=False)
    alive.close()
    assert [each["kind"] for each in gc(place)] == ["unused space of an archive"]


def test_to_list_and_to_remove_is_a_contradiction(place):
    assert "choose one" in adrs("gc", "--dry-run", "--yes", cwd=place, check=2).stderr
