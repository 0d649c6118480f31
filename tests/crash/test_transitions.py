"""The crash matrix: `kill -9` at every transition of a campaign, just before it is committed and just after."""

import shutil

import pytest

from tests.campaign.world import facts
from tests.crash.faults import WRITERS, Fault
from tests.llm.server import fails

pytestmark = pytest.mark.slow

MOMENTS = [("commit", 1), ("after", 1), ("commit", 2), ("after", 3)]
EVERY_BEAT = {"adrs.campaign.session._BEAT_SECONDS": 0.0}
SELDOM = {"fail", "reconfigure", "begin_session", "end_session"}
"""What happens once in a session."""


def killed_at(yard, shop, method, moments, *, action="kill"):
    """Kill the campaign at these moments of a method, and return how often that came about."""
    kills = 0
    for when, nth in moments:
        if method == "fail":
            shop.script(fails(401, "no such key"))
        fault = Fault(method, when, 1 if method in SELDOM else nth, action)
        extra = ("--trials", "+1") if method == "reconfigure" and yard.archive.exists() else ()
        kills += yard.session(fault, extra=extra).code == -9
        shop.script()
        yard.check(shop)
    return kills


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Returns the facts of a campaign of one worker that was never killed, by its number of trials."""
    known = {}

    def build(yard_of, trials):
        if trials not in known:
            yard = yard_of("whole", trials=trials)
            assert yard.session().code == 0
            with yard.opened() as archive:
                known[trials] = facts(archive)
        return known[trials]

    return build


@pytest.mark.parametrize("method", WRITERS)
def test_one_worker_killed_at_every_transition_ends_with_the_archive_of_an_unkilled_run(yard_of, shop, whole, method):
    yard = yard_of(constants=EVERY_BEAT)
    assert killed_at(yard, shop, method, MOMENTS) >= least(method, MOMENTS)
    assert yard.session().code == 0
    yard.check(shop, ended=True)
    with yard.opened() as archive:
        assert archive.planned() == []
        assert facts(archive) == whole(yard_of, archive.counts()[0])


@pytest.mark.parametrize("method", WRITERS)
def test_several_workers_killed_at_every_transition_lose_nothing(yard_of, shop, method):
    yard = yard_of(workers=3, model_threads=4, constants=EVERY_BEAT)
    assert killed_at(yard, shop, method, MOMENTS[1:3], action="group") >= least(method, MOMENTS[1:3])
    assert yard.session(extra=("--trials", "+3")).code == 0
    yard.check(shop, ended=True)
    with yard.opened() as archive:
        assert archive.planned() == []
        assert len(archive.trials()) >= 15


def least(method, moments):
    """Return how many of the kills must come about: what happens seldom, or at the start only, runs out."""
    return {"add_reference": len(moments) // 2, "reconfigure": len(moments) - 1, "add_event": 1}.get(
        method, len(moments)
    )


def test_settings_that_were_committed_and_not_yet_written_down_are_written_by_the_next_session(yard, shop):
    assert yard.session(Fault("plan", nth=2)).code == -9
    assert yard.session(Fault("reconfigure"), extra=("--trials", "4")).code == -9
    assert yard.session().code == 0
    yard.check(shop, ended=True)
    assert "trials = 4" in (yard.run / "campaign.toml").read_text()


@pytest.mark.parametrize("transaction", [1, 2])
def test_a_run_that_was_killed_while_it_was_made_is_told_of_with_a_way_out(yard, shop, transaction):
    assert yard.session(Fault("create", "commit", transaction)).code == -9
    assert yard.adrs("resume", "x").code in {1, 2}
    told = yard.adrs("run", "./queues", "--name", "x")
    assert told.code == 2
    assert "was left before a run began in it" in told.err
    assert "another --name" in told.err
    assert not shop.requests
    shutil.rmtree(yard.run)
    assert yard.session().code == 0


def test_what_writes_is_known():
    """A method that is neither here nor a reader would not be killed at."""
    assert {"plan", "send", "answer", "propose", "add_evaluation", "tell"} <= set(WRITERS)
