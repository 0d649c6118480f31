"""What a session is asked for by way of its archive, and what it makes of it; without waiting."""

import threading

import pytest

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.campaign import control
from adrs.campaign.control import Control, Watch, ask, pause_asked, paused, worked_seconds
from adrs.errors import GoalMissed, Interrupted
from adrs.events import Continued, Paused
from adrs.llm import Prompt
from tests.campaign.world import Seller


class Person:
    """Watches, and may interrupt."""

    def __init__(self):
        self.heard = []
        self.reason = None
        self.stopped = 0

    @property
    def watch(self):
        return Watch(self.heard.append, lambda: self.reason, self._stop)

    def _stop(self):
        self.stopped += 1


@pytest.fixture
def archive(tmp_path, monkeypatch):
    monkeypatch.setattr(control, "_POLL_SECONDS", 0.0)
    monkeypatch.setattr(control, "_REST_SECONDS", 0.0)
    archive = Archive.create(sqlite_url(tmp_path / "archive.db"), name="x", config={}, written={})
    yield archive
    archive.close()


@pytest.fixture
def person():
    return Person()


def test_nobody_hears_a_request_where_nothing_runs(archive):
    with pytest.raises(GoalMissed, match="not running"):
        ask(archive, "x", "pause")
    assert archive.events("asked") == []


def test_a_pause_holds_until_it_is_continued(archive, person):
    session = Control(archive, archive.begin_session(), person.watch)
    assert not session.held(0)
    ask(archive, "x", "pause")
    assert pause_asked(archive)
    assert not paused(archive)  # it was not heard of yet
    assert session.held(2)
    assert session.held(0)
    assert paused(archive)
    before = session.seconds()
    assert session.seconds() == pytest.approx(before, abs=1e-6)
    ask(archive, "x", "continue")
    assert not pause_asked(archive)
    assert not session.held(0)
    assert not paused(archive)
    assert [type(event) for event in person.heard] == [Paused, Continued]
    rested = sum(data["seconds"] for _, _, data in archive.events("continued"))
    assert 0 < rested < 60
    worked = session.seconds()
    archive.beat(worked)
    assert worked_seconds(archive) == worked


@pytest.mark.parametrize("by", ["stop", "interrupt"])
def test_a_stop_ends_a_pause_and_nothing_more_is_sent(archive, person, by):
    session = Control(archive, archive.begin_session(), person.watch)
    ask(archive, "x", "pause")
    assert session.held(0)
    seller, raised = Seller(), []

    def buy():
        try:
            with session.turns(threading.Semaphore(1)):
                seller.complete(Prompt(()), seed=1)
        except Interrupted as error:
            raised.append(error)

    buyer = threading.Thread(target=buy)
    buyer.start()
    if by == "stop":
        ask(archive, "x", "stop")
    else:
        person.reason = "interrupted"
    assert not session.held(1)
    buyer.join(10)
    assert session.stop_asked() == ("`adrs stop` asked for it" if by == "stop" else "interrupted")
    assert person.stopped == (by == "stop")
    assert (len(raised), seller.sold) == (1, [])


def test_a_turn_is_taken_at_once_where_nothing_is_paused_and_given_back(archive, person):
    session = Control(archive, archive.begin_session(), person.watch)
    turns = session.turns(threading.Semaphore(1))
    for _ in range(2):
        with turns:
            assert session.stop_asked() is None


def test_requests_for_another_session_do_not_count(archive, person):
    archive.begin_session()
    ask(archive, "x", "pause")
    archive.end_session(reason="killed", finished=False)
    session = Control(archive, archive.begin_session(), person.watch)
    archive.add_event("asked", {"what": "stop", "session": 1})
    assert session.stop_asked() is None
    assert not session.held(0)
    assert not pause_asked(archive)


def test_a_pause_that_a_session_died_in_is_no_work(archive, person):
    session = Control(archive, archive.begin_session(), person.watch)
    ask(archive, "x", "pause")
    assert session.held(1)
    before = session.seconds()
    archive.beat(session.seconds())
    assert worked_seconds(archive) == pytest.approx(
        before, abs=1e-3
    )  # and that is all that is known of a session that died
