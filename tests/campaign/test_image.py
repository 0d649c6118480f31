"""The image that candidates run on is written down, and another one noticed."""

from dataclasses import replace

import pytest

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.campaign import session
from adrs.campaign.machine import note_image
from adrs.campaign.session import create
from adrs.config import CampaignConfig, Written
from adrs.events import Event, Notice
from adrs.sandbox.choice import Choice
from adrs.testing.samples import PACK

WRITTEN = Written(adrs="0", python="3", platform="here", packages={}, problem_hash="", sandbox="docker")


@pytest.fixture
def begun(tmp_path):
    """Make an archive whose first session ran on an image."""
    archives = []

    def begin(**written):
        facts = WRITTEN.model_copy(update=written).model_dump()
        archives.append(Archive.create(sqlite_url(tmp_path / "x.db"), name="x", config={}, written=facts))
        return archives[0]

    yield begin
    archives[0].close()


def noted(archive, image):
    told: list[Event] = []
    note_image(archive, told.append, image)
    return [event.text for event in told if isinstance(event, Notice)]


def test_another_image_is_told_once_and_recorded(begun):
    archive = begun(image="sha256:aaaaaaaaaaaaaaaa")
    assert noted(archive, "sha256:aaaaaaaaaaaaaaaa") == []
    (told,) = noted(archive, "sha256:bbbbbbbbbbbbbbbb")
    assert "on the image bbbbbbbbbbbb now, and ran on the image aaaaaaaaaaaa earlier" in told
    assert noted(archive, "sha256:bbbbbbbbbbbbbbbb") == []
    assert [data for _, _, data in archive.events("image")] == [{"image": "sha256:bbbbbbbbbbbbbbbb"}]


def test_a_wall_without_an_image_is_another_one(begun):
    archive = begun(sandbox="local")
    assert noted(archive, "") == []
    assert "on the image bbbb now, and ran without an image" in noted(archive, "sha256:bbbb")[0]
    assert "without an image now, and ran on the image bbbb" in noted(archive, "")[0]


def test_an_image_that_an_older_adrs_did_not_write_down_is_noted(begun):
    archive = begun()
    assert noted(archive, "sha256:bbbb") == []
    assert [data for _, _, data in archive.events("image")] == [{"image": "sha256:bbbb"}]


@pytest.mark.parametrize(("wall", "image"), [("docker", "sha256:1234"), ("local", "")])
def test_the_content_of_the_image_is_pinned_at_the_beginning(tmp_path, monkeypatch, wall, image):
    engine = tmp_path / "docker"
    engine.write_text('#!/bin/sh\n[ "$5" = adrs-sandbox:x ] && echo sha256:1234\n')
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    chosen = Choice(wall, "it was asked for", "adrs-sandbox:x" if wall == "docker" else "")
    monkeypatch.setattr(session, "choose", lambda name, needs: replace(chosen, needs=needs))
    opened = create(CampaignConfig(problem=str(PACK), runs=str(tmp_path), name="x", trials=1))
    assert opened.image == opened.archive.record().written["image"] == image
    assert f'# image = "{image}"' in opened.folder.settings.read_text()
    opened.archive.close()
