"""Running campaigns that are paused, continued, stopped and steered; the command line and a server that counts."""

import itertools
import json
import time

import pytest

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.testing.samples import PACK
from tests.cli.command import adrs, start
from tests.llm.server import OpenAIServer, completion, replies

RUN = ("run", "queues", "--on", "local", "--workers", "1", "--seed", "7", "--name", "paid")


@pytest.fixture
def server():
    with OpenAIServer() as server:
        limits = itertools.count(79, -1)

        def behave(exchange):
            exchange.wait(0.05)
            program = (PACK / "seed.py").read_text().replace("LIMIT = 80", f"LIMIT = {next(limits)}")
            replies(completion(f"IDEA: a lower limit\n\n```python\n{program}```"))(exchange)

        server.script(*[behave] * 2000)
        yield server


@pytest.fixture
def begin(server, tmp_path):
    """Start a campaign of many trials on a model; a campaign that is left is killed."""
    processes = []

    def begin(*more, command=RUN):
        model = ("--model", "served", "--base-url", server.url, "--price", "10,20", "--trials", "1000")
        processes.append(start(*command, *(model if command == RUN else ()), *more, cwd=tmp_path))
        return processes[-1]

    yield begin
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def archive_of(tmp_path, name="paid"):
    return Archive.open(sqlite_url(tmp_path / "runs" / name / "archive.db"))


def told(tmp_path):
    if not (tmp_path / "runs" / "paid" / "campaign.toml").exists():
        return 0
    archive = archive_of(tmp_path)
    count = len(archive.trials())
    archive.close()
    return count


def state(tmp_path, name="paid"):
    (row,) = [
        row for row in json.loads(adrs("ls", "--json", cwd=tmp_path, check=0).stdout)["runs"] if row["run"] == name
    ]
    return row["state"]


@pytest.mark.slow
def test_a_paused_run_buys_nothing_and_goes_on_where_it_was(begin, server, tmp_path):
    process = begin("--model-threads", "3", "--workers", "2")
    wait_for(lambda: told(tmp_path) >= 4)
    adrs("pause", "paid", cwd=tmp_path, check=0)
    wait_for(lambda: state(tmp_path) == "paused")
    assert "already" in adrs("pause", "paid", cwd=tmp_path, check=0).stderr
    time.sleep(1)  # what was in flight
    sold, trials = len(server.requests), told(tmp_path)
    before = json.loads(adrs("status", "paid", "--json", cwd=tmp_path, check=0).stdout)
    time.sleep(3)
    after = json.loads(adrs("status", "paid", "--json", cwd=tmp_path, check=0).stdout)
    assert (len(server.requests), told(tmp_path)) == (sold, trials)
    assert after["state"] == "paused"
    assert after["budget"]["seconds"]["used"] - before["budget"]["seconds"]["used"] < 1
    assert "stop paid` first" in adrs("resume", "paid", "--dollars", "+1", cwd=tmp_path, check=2).stderr
    adrs("resume", "paid", cwd=tmp_path, check=0)
    wait_for(lambda: told(tmp_path) >= trials + 4)
    assert state(tmp_path) == "running"
    assert process.poll() is None
    adrs("stop", "paid", cwd=tmp_path, check=0)
    adrs("fork", "paid", "--from", 3, "--set", "seed=9", "--name", "half", cwd=tmp_path, check=0)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "paused; `adrs resume paid` continues" in said
    assert "continues after a pause" in said
    for name in ("paid", "half"):
        adrs("archive", "check", name, cwd=tmp_path, check=0)
        adrs("replay", name, cwd=tmp_path, check=0)


@pytest.mark.slow
def test_a_paused_run_is_stopped_or_interrupted_and_old_requests_do_not_count(begin, server, tmp_path):
    process = begin()
    wait_for(lambda: told(tmp_path) >= 2)
    adrs("pause", "paid", cwd=tmp_path, check=0)
    wait_for(lambda: state(tmp_path) == "paused")
    adrs("stop", "paid", cwd=tmp_path, check=0)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert state(tmp_path) == "stopped"
    assert "is not running" in adrs("pause", "paid", cwd=tmp_path, check=3).stderr
    trials = told(tmp_path)
    process = begin(command=("resume", "paid"))
    wait_for(lambda: told(tmp_path) >= trials + 2)
    adrs("pause", "paid", cwd=tmp_path, check=0)
    wait_for(lambda: state(tmp_path) == "paused")
    process.kill()
    process.communicate()
    assert state(tmp_path) == "crashed"
    trials = told(tmp_path)
    process = begin(command=("resume", "paid"))
    wait_for(lambda: told(tmp_path) >= trials + 2)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 130
    adrs("archive", "check", "paid", cwd=tmp_path, check=0)


@pytest.mark.slow
def test_a_hint_enters_later_prompts_until_it_is_dropped(begin, server, tmp_path):
    hint = "Prefer the shortest line."
    process = begin()
    wait_for(lambda: told(tmp_path) >= 2)
    adrs("steer", "paid", hint, cwd=tmp_path, check=0)
    wait_for(lambda: hint in server.requests[-1].body["messages"][1]["content"])
    first = len(server.requests)
    wait_for(lambda: len(server.requests) > first + 3)
    adrs("steer", "paid", "--drop", "0", cwd=tmp_path, check=0)
    wait_for(lambda: hint not in server.requests[-1].body["messages"][1]["content"])
    adrs("stop", "paid", cwd=tmp_path, check=0)
    process.communicate(timeout=30)
    adrs("steer", "paid", "Look two jobs ahead.", cwd=tmp_path, check=0)
    (one, two) = json.loads(adrs("steer", "paid", "--json", cwd=tmp_path, check=0).stdout)["hints"]
    assert (one["text"], one["dropped"], two["trials"]) == (hint, True, [])
    assert len(one["trials"]) >= 4
    assert one["valid"] == len(one["trials"])
    archive = archive_of(tmp_path)
    for call in archive.calls():
        assert (hint in call.prompt.messages[1].content) == (call.trial in one["trials"])
    archive.close()
    shown = adrs("show", "paid", one["trials"][0], cwd=tmp_path, check=0).stdout
    assert f"0 ({hint})" in shown
    assert f"- {hint}" in shown
    more = len(server.requests)
    adrs("resume", "paid", "--trials", told(tmp_path) + 2, cwd=tmp_path, check=0)
    assert "Look two jobs ahead." in server.requests[more].body["messages"][1]["content"]
    adrs("replay", "paid", cwd=tmp_path, check=0)
    adrs("archive", "check", "paid", cwd=tmp_path, check=0)
    last = one["trials"][-1]
    adrs("fork", "paid", "--from", last, "--set", "model=mutator", "--name", "half", cwd=tmp_path, check=0)
    adrs("archive", "check", "half", cwd=tmp_path, check=0)
    (kept,) = json.loads(adrs("steer", "half", "--json", cwd=tmp_path, check=0).stdout)["hints"][:1]
    assert kept["trials"] == one["trials"]
    assert "reads no hints" in adrs("steer", "half", "Another.", cwd=tmp_path, check=2).stderr
    _forget_hints(tmp_path)
    done = adrs("replay", "paid", cwd=tmp_path, check=3)
    assert f"first divergence at trial {one['trials'][0]}: prompt" in done.stdout


def _forget_hints(tmp_path):
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(tmp_path / "runs" / "paid" / "archive.db")) as connection, connection:
        connection.execute("UPDATE trials SET hints = NULL")
