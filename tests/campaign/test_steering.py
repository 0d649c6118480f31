"""Hints: what may be one, which trials are planned with which, and what a withdrawn one does."""

import pytest

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.campaign.steering import Steering, drop, hints, steer, texts_for
from adrs.config import CampaignConfig
from adrs.errors import UsageError
from adrs.events import Event, Notice
from adrs.testing.samples import PACK


@pytest.fixture
def archive_for(tmp_path):
    archives: list[Archive] = []

    def build(model="scripted:x"):
        config = CampaignConfig(problem=str(PACK), model=model).model_dump()
        url = sqlite_url(tmp_path / f"{len(archives)}.db")
        archives.append(Archive.create(url, name="x", config=config, written={}))
        return archives[-1]

    yield build
    for archive in archives:
        archive.close()


@pytest.mark.parametrize(
    ("hint", "sentence"),
    [
        ("  ", "the hint is empty"),
        ("x" * 1001, "has 1001 characters"),
        ("two\nlines", "the character '\\n'"),
        ("\x1b[2J", "the character '\\x1b'"),
        ("half \ud800", "the character '\\ud800'"),
    ],
)
def test_what_is_no_hint_is_refused(archive_for, hint, sentence):
    archive = archive_for()
    with pytest.raises(UsageError) as error:
        steer(archive, hint)
    assert sentence in str(error.value)
    assert hints(archive) == []


def test_the_mutator_reads_no_hints(archive_for):
    with pytest.raises(UsageError, match="reads no hints"):
        steer(archive_for("mutator"), "look ahead")


def test_hints_are_numbered_and_trials_keep_theirs(archive_for):
    archive = archive_for()
    steer(archive, " look ahead ")
    steer(archive, "be brave")
    told: list[Event] = []
    steering = Steering(archive, told.append)
    assert steering() == (0, 1)
    assert [event.text for event in told if isinstance(event, Notice)] == [
        "prompts hold hint 0 from now on: look ahead",
        "prompts hold hint 1 from now on: be brave",
    ]
    archive.plan(0, None, hints=steering())
    drop(archive, 0)
    archive.plan(1, None, hints=Steering(archive, told.append)())
    assert texts_for(archive, 0) == ("look ahead", "be brave")
    assert texts_for(archive, 1) == ("be brave",)
    assert [plan.hints for plan in archive.plans()] == [(0, 1), (1,)]
    with pytest.raises(UsageError, match="withdrawn before"):
        drop(archive, 0)
    with pytest.raises(UsageError, match="no hint 2"):
        drop(archive, 2)
