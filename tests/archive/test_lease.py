"""Who may write: two controllers at once, one that was stopped for too long, and clocks that are wrong."""

import platform
import signal
import subprocess
import sys
import time
from contextlib import closing
from types import SimpleNamespace

import pytest

from adrs.archive import Archive, LeaseLost, lease, running
from adrs.archive.connection import sqlite_url
from adrs.archive.records import Session
from adrs.errors import UsageError

CONTROLLER = """
import platform, sys
from adrs.archive import Archive, lease, server
from adrs.errors import AdrsError
platform.node = lambda: {host!r}
lease.STALE_SECONDS = {stale!r}
server._SETTINGS = "SET idle_in_transaction_session_timeout = '300ms'"

def body(connection):
    held.require(connection)
    say("inside")
    sys.stdin.readline()
    archive._writer.add_event(connection, "written", dict(by={host!r}))

def say(*words):
    print(*words, flush=True)

for line in sys.stdin:
    command, *rest = line.split()
    try:
        if command == "open":
            archive = Archive.open(rest[0], name=rest[1])
            say("open")
        elif command == "begin":
            say("began", archive.begin_session())
        elif command == "write":
            archive.add_event("written", dict(by={host!r}))
            say("wrote")
        elif command == "hold":
            held = lease.Held(archive._campaign, archive._session)
            archive._database.run(body)
            say("wrote")
        elif command == "end":
            archive.end_session(reason="asked", finished=False)
            say("ended")
    except AdrsError as error:
        say(type(error).__name__, error)
"""


class Controller:
    """A controller in a process of its own, which does what it is told."""

    def __init__(self, host="here", stale=60.0):
        command = [sys.executable, "-c", CONTROLLER.format(host=host, stale=stale)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()

    def answer(self):
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def do(self, *words):
        self.ask(*words)
        return self.answer()

    def close(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def controllers():
    found = []

    def build(**settings):
        found.append(Controller(**settings))
        return found[-1]

    yield build
    for each in found:
        each.close()


@pytest.fixture
def campaign(url, tmp_path, store):
    """Makes a campaign, and returns where it is."""

    def build(name="brave-heron"):
        place = url if store == "postgresql" else sqlite_url(tmp_path / f"{name}.db")
        Archive.create(place, name=name, config={}, written={}).close()
        return place, name

    return build


@pytest.mark.slow
def test_of_two_controllers_at_the_same_moment_one_begins(controllers, campaign):
    pair = controllers(), controllers()
    for turn in range(12):
        place = campaign(f"turn-{turn}")
        assert [each.do("open", *place) for each in pair] == ["open", "open"]
        for each in pair:
            each.ask("begin")
        won, refused = sorted((each.answer() for each in pair), reverse=True)
        assert won == "began 1"
        assert refused.startswith(f"UsageError 'turn-{turn}' is running already: process ")


@pytest.mark.slow
def test_another_begins_where_one_died_and_where_one_ended(controllers, campaign):
    place = campaign()
    dead, other, third = controllers(), controllers(), controllers()
    for each in (dead, other, third):
        each.do("open", *place)
    assert dead.do("begin") == "began 1"
    assert other.do("begin").startswith("UsageError")
    dead.close()
    assert other.do("begin") == "began 2"
    assert other.do("end") == "ended"
    assert third.do("begin") == "began 3"


@pytest.mark.slow
def test_one_that_was_stopped_for_too_long_writes_nothing_more(controllers, campaign):
    """It is elsewhere, so that nobody sees whether it lives: its heartbeat alone counts."""
    place = campaign()
    stopped, other = controllers(host="elsewhere"), controllers(stale=0.3)
    for each in (stopped, other):
        each.do("open", *place)
    assert (stopped.do("begin"), stopped.do("write")) == ("began 1", "wrote")
    stopped.process.send_signal(signal.SIGSTOP)
    said = ["refused"]
    while said[-1] != "began 2":
        said.append(other.do("begin"))
    assert all(each.startswith("UsageError") for each in said[1:-1])
    stopped.ask("write")
    stopped.process.send_signal(signal.SIGCONT)
    answer = stopped.answer()
    assert answer.startswith("LeaseLost ")
    assert "another controller has taken this campaign over" in answer
    assert stopped.do("end").startswith("LeaseLost")
    assert other.do("write") == "wrote"
    with closing(Archive.open(*place[:1], name=place[1])) as archive:
        assert [data["by"] for _, _, data in archive.events("written")] == ["elsewhere", "here"]
        assert [session.ended is None for session in archive.sessions()] == [True, True]


@pytest.mark.slow
@pytest.mark.postgresql
def test_one_that_was_stopped_in_a_transaction_keeps_nobody_waiting(controllers, postgres_url):
    place = postgres_url, "brave-heron"
    Archive.create(postgres_url, name="brave-heron", config={}, written={}).close()
    stopped, other = controllers(host="elsewhere"), controllers(stale=0.1)
    for each in (stopped, other):
        each.do("open", *place)
    stopped.do("begin")
    assert stopped.do("hold") == "inside"
    stopped.process.send_signal(signal.SIGSTOP)
    while not other.do("begin").startswith("began 2"):
        pass
    stopped.ask("go on")
    stopped.process.send_signal(signal.SIGCONT)
    assert stopped.answer().startswith("LeaseLost")
    with closing(Archive.open(postgres_url, name="brave-heron")) as archive:
        assert archive.events("written") == []


def test_a_session_that_lost_the_lease_may_not_end_either(campaign):
    url, name = campaign()
    with closing(Archive.open(url, name=name)) as one, closing(Archive.open(url, name=name)) as two:
        one.begin_session()
        two.begin_session()  # the same process may: it knows what it does
        for write in (one.beat, lambda: one.plan(0, None), lambda: one.end_session(reason="x", finished=True)):
            with pytest.raises(LeaseLost, match="taken this campaign over"):
                write()
        two.plan(0, None)
        assert one.counts() == (1, 0)


def clocked(monkeypatch, shift):
    monkeypatch.setattr(lease, "time", SimpleNamespace(time=lambda: time.time() + shift))


@pytest.mark.slow
def test_a_clock_that_is_set_back_changes_nothing_about_who_runs(controllers, campaign, monkeypatch, store):
    place = campaign()
    with closing(Archive.open(place[0], name=place[1])) as archive:
        archive.begin_session()
        clocked(monkeypatch, -7200)
        archive.beat()
        assert running(archive.sessions())
        assert abs(archive.sessions()[0].age) < 60
        if store == "postgresql":  # the server's clock counts, and nobody else's
            assert abs(archive.sessions()[0].heartbeat - time.time()) < 60
        other = controllers(host=platform.node())
        other.do("open", *place)
        assert other.do("begin").startswith("UsageError")  # its clock is two hours before ours
        archive.end_session(reason="asked", finished=False)
        assert other.do("begin") == "began 2"


@pytest.mark.parametrize(
    ("controller", "age", "at_work"),
    [
        ("elsewhere:1:x.1", 5.0, True),
        ("elsewhere:1:x.1", 61.0, False),
        ("elsewhere:1:x.1", -7200.0, False),  # from before the clock was set back: it says nothing
        ("elsewhere:1", 5.0, True),
        ("{host}:1:other-boot.7", 5.0, True),  # the same name, but other processes: as if elsewhere
        ("{host}:1:other-boot.7", 61.0, False),
        ("{host}:999999999:{place}.7", 5.0, False),
        ("{mine}", 7200.0, True),
        ("{host}:999999999", 5.0, False),
    ],
)
def test_who_is_at_work(controller, age, at_work):
    mine = lease.controller()
    names = {"host": mine.split(":")[0], "place": lease._place(), "mine": mine}
    session = Session(1, controller.format(**names), 0.0, 0.0, None, "", finished=False, age=age)
    assert running([session]) == at_work


def test_the_name_of_a_campaign_is_used_once_by_whoever_is_first(url, store):
    script = """
import sys
from adrs.archive import Archive
from adrs.errors import UsageError
sys.stdin.readline()
try:
    Archive.create(sys.argv[1], name="brave-heron", config={}, written={})
    print("made")
except UsageError as error:
    print(error)
"""
    if store == "sqlite":
        pytest.skip("a file holds one campaign, and its folder is made once")
    command = [sys.executable, "-c", script, url]
    pair = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for each in pair:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    said = sorted(each.communicate()[0].strip() for each in pair)
    assert said[0] == "made"
    assert all("holds a campaign called 'brave-heron' already" in each for each in said[1:])
    with pytest.raises(UsageError, match="holds a campaign called"):
        Archive.create(url, name="brave-heron", config={}, written={})
