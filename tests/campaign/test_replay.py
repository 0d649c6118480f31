"""Replays of campaigns that went well, were killed, or were written before orders were kept."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.campaign.audits import record
from adrs.campaign.replay import read, replay
from adrs.campaign.replaying.otherwise import choose_otherwise
from adrs.campaign.replaying.reevaluation import count, evaluate_again
from adrs.evaluation import Audit, Finding, Status
from adrs.testing.samples import sample_problem
from tests.campaign.playing import Bench, Killed, assert_clean, replayed, scored


def test_a_campaign_of_one_thing_at_a_time_replays(mutated):
    assert_clean(mutated.archive, 60)
    statuses = {trial.evaluation.status for trial in mutated.archive.trials()}
    assert statuses >= {Status.VALID, Status.CRASHED}
    assert len(mutated.archive.events("promoted")) > 2
    assert any(not data["passed"] for _, _, data in mutated.archive.events("audited"))


def test_a_campaign_of_several_workers_replays(parallel):
    assert_clean(parallel.archive, 80)
    plans = parallel.archive.plans()
    assert any(plan.after != plan.number for plan in plans)


@pytest.mark.parametrize("search", ["greedy", "best_of_n"])
def test_other_searches_replay(campaign_of, search):
    world = campaign_of(search=search, workers=2, trials=40, seed=5)
    world.session()
    assert_clean(world.archive, 40)


def test_a_campaign_of_a_model_replays_with_repairs_and_replies_without_an_edit(prompted):
    assert_clean(prompted.archive, 16)
    statuses = {trial.evaluation.status for trial in prompted.archive.trials()}
    assert statuses >= {Status.VALID, Status.UNPARSED, Status.DUPLICATE}
    assert any(call.call == 1 for call in prompted.archive.calls())


@pytest.mark.parametrize("workers", [1, 3])
def test_a_killed_and_resumed_campaign_replays(campaign_of, monkeypatch, workers):
    world = campaign_of(workers=workers, trials=50, seed=workers)
    for name, place in (("add_event", 1), ("plan", 7), ("propose", 5), ("add_evaluation", 9), ("tell", 7)):
        real, calls = getattr(Archive, name), iter(range(10_000))

        def write(self, *args, real=real, calls=calls, place=place, **kwargs):
            if self is world.archive and next(calls) == place:
                raise Killed
            return real(self, *args, **kwargs)

        monkeypatch.setattr(Archive, name, write)
        with pytest.raises(Killed):
            world.session()
        monkeypatch.setattr(Archive, name, real)
        assert replayed(world.archive).divergences == ()
        world.bench = Bench(workers)
    assert world.session().finished
    assert_clean(world.archive, 50)
    assert len(world.archive.sessions()) == 6


def test_an_audit_that_a_person_asked_for_is_no_decision(campaign_of):
    world = campaign_of(trials=20)
    world.session()
    best = world.archive.events("promoted")[-1][2]["trial"]
    world.config = world.config.model_copy(update={"trials": 40})
    with closing(Archive.open(sqlite_url(world.folder / "archive.db"))) as ours:
        record(ours, best, Audit("validation", (Finding("chance", "it draws"),)))
        assert_clean(ours, 20)
        ours.reconfigure(world.config.model_dump())
    world.session()
    assert_clean(world.archive, 40)


def test_without_audits_promotions_follow_from_validations(campaign_of):
    world = campaign_of(audit=False, workers=2)
    world.session()
    assert_clean(world.archive, 60)


def test_a_limit_of_evaluations_leaves_validations_out(campaign_of):
    world = campaign_of(trials=None, evaluations=25)
    world.session()
    assert replayed(world.archive).divergences == ()


# --- other policies, and evaluations


def test_another_policy_would_have_chosen_other_parents(mutated):
    facts = read(mutated.archive, sample_problem())
    other = choose_otherwise(facts, "best_of_n")
    assert [each.trial for each in other.alternatives] == list(range(1, 60))
    assert all(each.chosen == ((0,), (), ()) for each in other.alternatives)
    assert 0 < other.same_parents < 59
    assert other.parts is not None


@pytest.mark.parametrize("world", ["mutated", "parallel"])
def test_the_same_policy_would_have_made_the_same_campaign(request, world):
    campaign = request.getfixturevalue(world)
    other = choose_otherwise(read(campaign.archive, sample_problem()), "islands")
    assert other.stand == len(other.alternatives)
    assert other.parts is None


def test_programs_that_are_evaluated_again_get_the_same_results(mutated):
    facts = read(mutated.archive, sample_problem())
    trials = [trial for trial in facts.told if trial.valid]
    again = list(evaluate_again(facts, trials, Bench(2)))
    assert len(again) == count(facts, trials) > len(trials)
    assert all(each.same for each in again)


def test_results_that_differ_are_told(mutated):
    class Shifted(Bench):
        def evaluate(self, program, split):
            return self._submit(scored, program, split, 0.5)

    facts = read(mutated.archive, sample_problem())
    again = list(evaluate_again(facts, facts.told[:1], Shifted()))
    assert {each.split for each in again} == {"train", "validation"}
    assert not any(each.same for each in again)
    assert all(each.replayed.scores["regret"] - each.recorded.scores["regret"] > 0.4 for each in again)


def test_a_replay_writes_nothing(mutated, tmp_path):
    copy = shutil.copytree(mutated.folder, tmp_path / "copy")
    with closing(sqlite3.connect(copy / "archive.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (copy / "archive.db").read_bytes()
    archive = Archive.open(sqlite_url(copy / "archive.db"))
    replay(read(archive, sample_problem()))
    archive.close()
    assert (copy / "archive.db").read_bytes() == before
