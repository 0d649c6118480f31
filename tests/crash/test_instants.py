"""200 `kill -9` at random instants: campaigns that are killed, resumed and killed again, until they may finish."""

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from tests.campaign.world import facts
from tests.crash.faults import Fault
from tests.crash.shop import Shop
from tests.crash.yard import Nursery, Yard

pytestmark = pytest.mark.slow

KILLS = 50
LONGEST = 1.1
"""Seconds that a session may live; a first trial needs about half of one."""


def killed_at_random(folder, seed, **settings):
    """Kill a campaign many times, finish it, and return what it came to, and what an unkilled one came to."""
    rng = Random(seed)
    with Shop() as shop, Nursery() as nursery:
        yard = Yard.of(nursery, folder, shop.url, **settings)
        assert yard.session(Fault("begin_session")).code == -9  # a run that was not made yet cannot be resumed
        for _ in range(KILLS):
            yard.killed_after(rng.random() * LONGEST)
            yard.check(shop)
        with yard.opened() as archive:
            trials = archive.counts()[0] + 2
        assert yard.session(extra=("--trials", trials)).code == 0
        yard.check(shop, ended=True)
        with yard.opened() as archive:
            assert archive.planned() == []
            assert len(archive.trials()) == trials
            return facts(archive), facts_of_whole(nursery, folder / "whole", settings, trials)


def facts_of_whole(nursery, folder, settings, trials):
    folder.mkdir()
    with Shop() as shop:
        yard = Yard.of(nursery, folder, shop.url, **settings | {"trials": trials})
        assert yard.session().code == 0
        with yard.opened() as archive:
            return facts(archive)


def in_lanes(tmp_path, seeds, **settings):
    """Kill one campaign for each seed, side by side: a session waits more than it works."""
    folders = [tmp_path / str(seed) for seed in seeds]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(len(seeds)) as lanes:
        tasks = [
            lanes.submit(killed_at_random, folder, seed, **settings)
            for folder, seed in zip(folders, seeds, strict=True)
        ]
        return [task.result() for task in tasks]


def test_one_worker_killed_at_random_ends_with_the_archive_of_an_unkilled_run(tmp_path):
    for killed, whole in in_lanes(tmp_path, (1, 2), workers=1, trials=10_000):
        assert killed == whole


def test_several_workers_killed_at_random_lose_nothing(tmp_path):
    in_lanes(tmp_path, (3, 4), workers=2, model_threads=4, trials=10_000)
