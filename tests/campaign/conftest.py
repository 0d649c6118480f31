"""Campaigns to replay, made once."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.archive.raw import Raw
from adrs.config import CampaignConfig
from adrs.testing.samples import PACK
from tests.campaign.playing import Bench, Campaign


@pytest.fixture(scope="session")
def campaign_of(tmp_path_factory):
    worlds = []

    def build(bench=None, **settings):
        folder = tmp_path_factory.mktemp("run")
        values = {"problem": str(PACK), "workers": 1, "trials": 60, "seed": 3, "search": "islands"} | settings
        config = CampaignConfig.model_validate(values)
        worlds.append(Campaign(folder, config, bench=bench or Bench(config.workers)))
        return worlds[-1]

    yield build
    for world in worlds:
        world.close()


@pytest.fixture(scope="session")
def mutated(campaign_of):
    """A finished campaign of the mutator, one thing at a time."""
    world = campaign_of()
    assert world.session().finished
    return world


@pytest.fixture(scope="session")
def parallel(campaign_of):
    """A finished campaign of the mutator with several things in flight."""
    world = campaign_of(workers=3, trials=80)
    assert world.session().finished
    return world


@pytest.fixture(scope="session")
def prompted(campaign_of):
    """A finished campaign of a scripted model: edits, repairs, replies without an edit, duplicates."""
    world = campaign_of(model="scripted:replies.jsonl", search="best_of_n", trials=16, prompts=None)
    assert world.session().finished
    return world


@pytest.fixture
def tampered(tmp_path):
    archives = []

    def build(world, *queries):
        copy = shutil.copytree(world.folder, tmp_path / "copy") / "archive.db"
        with closing(sqlite3.connect(copy)) as connection, connection:
            Raw(connection)  # for the functions that deflate and inflate
            for query in queries:
                assert connection.execute(query).rowcount > 0, query
        archives.append(Archive.open(sqlite_url(copy)))
        return archives[-1]

    yield build
    for archive in archives:
        archive.close()
