"""Campaigns whose archives are in a PostgreSQL database, as a user runs them."""

import json
import platform
import signal
import tomllib
from contextlib import closing

import pytest

from adrs.address import bare, checked
from adrs.archive import Archive, schema
from adrs.archive.connection import Database, sqlite_url
from adrs.archive.copying import copy, of_trials
from adrs.archive.shared import find
from adrs.campaign.folder import RunFolder, all_runs
from adrs.errors import ConfigError
from tests.archive.postgres import PASSWORD, USER, Postgres
from tests.archive.real import tables
from tests.campaign.world import facts
from tests.cli.command import adrs, start

RUN = ("run", "queues", "--on", "local", "--workers", "1", "--seed", "1", "--trials", "5")


@pytest.fixture(scope="module")
def place(postgres):
    """Where the database of the module's campaigns is, without and with the password."""
    name = postgres.new_database()
    return postgres.url_with_password(name, password=""), postgres.url_with_password(name)


@pytest.fixture(scope="module")
def cwd(tmp_path_factory, place):
    """A folder with two runs whose archives share a database, and one with a file."""
    folder = tmp_path_factory.mktemp("shared")
    adrs(*RUN, "--name", "one", "--archive", place[0], cwd=folder, env={"PGPASSWORD": PASSWORD}, check=0)
    adrs(*RUN, "--name", "two", cwd=folder, env={"ADRS_ARCHIVE": place[1]}, check=0)
    adrs(*RUN, "--name", "file", cwd=folder, check=0)
    return folder


def opened(folder, url):
    return closing(Archive.open(url, name=RunFolder(folder).name))


@pytest.mark.postgresql
@pytest.mark.slow
def test_a_run_in_a_database_is_the_same_and_its_folder_says_where_it_is(cwd, place):
    assert sorted(path.name for path in (cwd / "runs" / "one").iterdir()) == [
        "archive.url",
        "best.py",
        "campaign.toml",
        "log.txt",
    ]
    assert (cwd / "runs" / "one" / "archive.url").read_text() == f"{place[0]}\none\n"
    assert tomllib.loads((cwd / "runs" / "two" / "campaign.toml").read_text())["archive"] == place[0]
    with closing(RunFolder(cwd / "runs" / "file").open()) as file, opened(cwd / "runs" / "one", place[1]) as one:
        assert facts(one) == facts(file)


@pytest.mark.postgresql
@pytest.mark.slow
def test_no_file_and_no_word_of_a_run_holds_the_password(cwd, place):
    secret = {"ADRS_ARCHIVE": place[1]}
    for path in cwd.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes(), path
    for command in (
        ("status",),
        ("status", "--json"),
        ("status", "one"),
        ("show", "one"),
        ("config", "show", "--origins"),
        ("config", "show", "--json"),
        ("archive", "check", "one", "--json"),
        ("resume", "two", "--trials", "6", "--json"),
    ):
        told = adrs(*command, cwd=cwd, env=secret, check=0)
        assert PASSWORD not in told.stdout + told.stderr, command
    with opened(cwd / "runs" / "two", place[1]) as archive:
        record = archive.record()
        assert PASSWORD not in json.dumps([record.config, record.written, archive.events()])
    for given in (place[1], f"{place[0]}?password={PASSWORD}"):
        refused = adrs(*RUN, "--archive", given, cwd=cwd, check=2)
        assert "PGPASSWORD or ~/.pgpass" in refused.stderr
        assert PASSWORD not in refused.stdout + refused.stderr
    wrong = adrs("show", "one", cwd=cwd, env={"ADRS_ARCHIVE": place[1].replace(PASSWORD, "wrong-horse")}, check=1)
    assert "password authentication failed" in wrong.stderr
    assert "wrong-horse" not in wrong.stderr
    assert "PGPASSWORD" in wrong.stderr


@pytest.mark.postgresql
@pytest.mark.slow
def test_every_command_takes_the_name_of_such_a_run(cwd, place, tmp_path):
    key = {"PGPASSWORD": PASSWORD}
    assert adrs("best", "one", cwd=cwd, env=key, check=0).stdout == (cwd / "runs" / "one" / "best.py").read_text()
    assert "5 " in adrs("status", "one", cwd=cwd, env=key, check=0).stdout
    assert "budget of 5 trials" in adrs("watch", "one", "--json", cwd=cwd, env=key, check=0).stdout
    assert "is not running" in adrs("stop", "one", cwd=cwd, env=key, check=3).stderr
    adrs("replay", "one", cwd=cwd, env=key, check=0)
    checked_ = json.loads(adrs("archive", "check", "one", "--json", cwd=cwd, env=key, check=0).stdout)
    assert {verdict["state"] for verdict in checked_["invariants"]} == {"ok"}
    assert "newest schema" in adrs("archive", "upgrade", "one", cwd=cwd, env=key, check=0).stdout
    rows = json.loads(adrs("status", "--archive", place[0], "--json", cwd=tmp_path, env=key, check=0).stdout)["runs"]
    assert {(row["run"], row["state"]) for row in rows} == {("one", "finished"), ("two", "finished")}
    assert {folder.name for folder in all_runs(cwd / "runs")} == {"one", "two", "file"}
    refused = adrs(*RUN, "--name", "one", "--archive", place[0], "--runs", "other", cwd=cwd, env=key, check=2)
    assert "holds a campaign called 'one' already" in refused.stderr
    assert not (cwd / "other" / "one").exists()


@pytest.mark.postgresql
@pytest.mark.slow
def test_a_run_goes_from_a_file_to_a_database_and_back(cwd, place, tmp_path):
    key = {"PGPASSWORD": PASSWORD}
    adrs("archive", "export", "file", "-o", tmp_path / "file.jsonl", cwd=cwd, check=0)
    runs = ("--runs", tmp_path / "runs")
    there = ("archive", "import", tmp_path / "file.jsonl", "--name", "moved", "--archive", place[0])
    adrs(*there, *runs, cwd=cwd, env=key, check=0)
    assert not (tmp_path / "runs" / "moved" / "archive.db").exists()
    again = adrs(*there, "--runs", tmp_path / "others", cwd=cwd, env=key, check=2)
    assert "holds a campaign called 'moved' already" in again.stderr
    adrs("archive", "check", "moved", *runs, cwd=cwd, env=key, check=0)
    adrs("archive", "export", "moved", "-o", tmp_path / "moved.jsonl", *runs, cwd=cwd, env=key, check=0)
    back = ("archive", "import", tmp_path / "moved.jsonl", "--name", "file")
    adrs(*back, "--runs", tmp_path / "back", cwd=cwd, check=0)
    was, found = tables(cwd / "runs" / "file" / "archive.db"), tables(tmp_path / "back" / "file" / "archive.db")
    for table in was:
        assert sorted(map(repr, found[table])) == sorted(map(repr, was[table])), table
    adrs("archive", "check", "file", "--runs", tmp_path / "back", cwd=cwd, check=0)


@pytest.mark.postgresql
@pytest.mark.slow
def test_a_campaign_that_was_killed_resumes_to_the_same_archive(cwd, place):
    key = {"PGPASSWORD": PASSWORD}
    process = start(*RUN, "--name", "killed", "--archive", place[0], "--json", cwd=cwd, env=key)
    for line in process.stdout:
        if '"trial"' in line:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    adrs("resume", "killed", cwd=cwd, env=key, check=0)
    with opened(cwd / "runs" / "killed", place[1]) as killed, opened(cwd / "runs" / "one", place[1]) as one:
        assert facts(killed) == facts(one)


PATIENT = """
import platform, sys
from adrs.archive import lease, server
from adrs.cli import main
lease.STALE_SECONDS = server.PATIENCE_SECONDS = 1.0
server._SETTINGS = "SET idle_in_transaction_session_timeout = '1s'"
platform.node = lambda: {host!r}
if __name__ == "__main__":
    main()
"""


@pytest.mark.postgresql
@pytest.mark.slow
def test_a_controller_that_was_stopped_and_taken_over_ends_and_says_why(cwd, place, tmp_path):
    key = {"PGPASSWORD": PASSWORD}
    (tmp_path / "elsewhere.py").write_text(PATIENT.format(host="elsewhere"))
    (tmp_path / "here.py").write_text(PATIENT.format(host="here"))
    long = ("run", "queues", "--on", "local", "--workers", "1", "--trials", "1000", "--name", "held", "--json")
    stopped = start(*long, "--archive", place[0], cwd=cwd, env=key, script=tmp_path / "elsewhere.py")
    for line in stopped.stdout:
        if '"trial"' in line:
            break
    stopped.send_signal(signal.SIGSTOP)
    again = ("resume", "held", "--trials", "12")
    while (done := adrs(*again, cwd=cwd, env=key, script=tmp_path / "here.py")).returncode == 2:
        assert "is running already" in done.stderr
    assert done.returncode == 0, done.stderr
    with opened(cwd / "runs" / "held", place[1]) as archive:
        before = facts(archive)
    stopped.send_signal(signal.SIGCONT)
    _, said = stopped.communicate(timeout=60)
    assert (stopped.returncode, "another controller has taken this campaign over" in said) == (1, True), said
    with opened(cwd / "runs" / "held", place[1]) as archive:
        assert facts(archive) == before
        assert [session.finished for session in archive.sessions()] == [False, True]
    adrs("archive", "check", "held", cwd=cwd, env=key, check=0)


@pytest.mark.postgresql
@pytest.mark.slow
def test_a_server_that_stays_away_pauses_a_campaign_with_exit_code_1(tmp_path):
    own = Postgres()
    try:
        (tmp_path / "here.py").write_text(PATIENT.format(host=platform.node()))
        url = own.url(own.new_database())
        run = (*RUN[:-1], "8", "--name", "away", "--archive", url, "--json")
        process = start(*run, cwd=tmp_path, script=tmp_path / "here.py")
        for line in process.stdout:
            if '"trial"' in line:
                break
        own.stop("immediate")
        _, said = process.communicate(timeout=60)
        assert process.returncode == 1, said
        assert "cannot be used" in said
        assert "then `adrs resume RUN`" in said
        assert "Traceback" not in said
        own.start()
        adrs("resume", "away", cwd=tmp_path, check=0)
        adrs("archive", "check", "away", cwd=tmp_path, check=0)
        adrs(*RUN[:-1], "8", "--name", "calm", cwd=tmp_path, check=0)
        with closing(RunFolder(tmp_path / "runs" / "away").open()) as away:
            found = facts(away)
        with closing(RunFolder(tmp_path / "runs" / "calm").open()) as calm:
            assert found == facts(calm)
    finally:
        own.close()


@pytest.mark.postgresql
@pytest.mark.slow
def test_a_copy_can_be_a_part(cwd, place, tmp_path):
    source, target = Database(place[1]), Database(sqlite_url(tmp_path / "part.db"))
    with target.transaction() as connection:
        schema.upgrade(connection)
    copy(source, find(source, "one"), target, wanted=of_trials([0, 1]), replacing={"name": "part"})
    source.close()
    target.close()
    with closing(Archive.open(sqlite_url(tmp_path / "part.db"))) as part, opened(cwd / "runs" / "one", place[1]) as one:
        assert part.record().name == "part"
        assert part.trials() == one.trials()[:2]
        assert part.references("train") == one.references("train")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("postgresql://me:secret@host:5432/db?sslmode=require", "postgresql://me@host:5432/db?sslmode=require"),
        ("postgresql://me:se/c@r:et@host/db", "postgresql://me@host/db"),
        ("postgresql://:secret@host/db", "postgresql://@host/db"),
        ("postgresql://host/db?user=me&password=secret&host=/run", "postgresql://host/db?user=me&host=%2Frun"),
        ("postgresql://host/db?pass%77ord=secret", "postgresql://host/db"),
        ("postgresql+psycopg://me@[::1]:5432/db", "postgresql+psycopg://me@[::1]:5432/db"),
    ],
)
def test_a_url_is_shown_without_its_password(url, shown):
    assert bare(url) == shown
    if shown == url:
        assert checked(url) == url
    else:
        with pytest.raises(ConfigError, match="with a password") as caught:
            checked(url)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite:///x.db", "postgres", "mysql://me:secret@host/x", "host/db"])
def test_what_is_no_address_of_an_archive_is_refused(url):
    with pytest.raises(ConfigError, match="is no URL of a PostgreSQL database") as caught:
        checked(url)
    assert "secret" not in str(caught.value)


def test_without_the_driver_the_way_out_is_said(tmp_path):
    blocked = tmp_path / "psycopg.py"
    blocked.write_text("raise ModuleNotFoundError('No module named psycopg', name='psycopg')")
    told = adrs(
        "status", "--archive", f"postgresql://{USER}@host/x", cwd=tmp_path, env={"PYTHONPATH": _first(tmp_path)}
    )
    assert told.returncode == 4
    assert "pip install 'adrs[postgresql]'" in told.stderr


def _first(folder):
    from pathlib import Path

    return f"{folder}:{Path.cwd()}"


@pytest.mark.postgresql
@pytest.mark.slow
def test_a_fork_of_a_run_in_a_database_is_in_it_too(cwd, place):
    env = {"PGPASSWORD": PASSWORD}
    adrs("fork", "one", "--from", "3", "--set", "seed=9", "--name", "forked", cwd=cwd, env=env, check=0)
    folder = cwd / "runs" / "forked"
    assert (folder / "archive.url").read_text() == f"{place[0]}\nforked\n"
    assert not (folder / "archive.db").exists()
    adrs("resume", "forked", "--trials", "+1", cwd=cwd, env=env, check=0)
    with opened(folder, place[1]) as forked, opened(cwd / "runs" / "one", place[1]) as one:
        assert [trial.number for trial in forked.trials()] == list(range(6))
        assert forked.trials()[0].program == one.trials()[0].program
        assert [trial.parents for trial in forked.trials()][:4] == [trial.parents for trial in one.trials()][:4]
    adrs("archive", "check", "forked", cwd=cwd, env=env, check=0)
    assert "there is a run" in adrs("fork", "one", "--from", "3", "--name", "two", cwd=cwd, env=env, check=2).stderr
