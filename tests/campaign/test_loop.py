from dataclasses import replace

import pytest

from adrs.campaign.parts import Outcome
from adrs.config import CampaignConfig
from adrs.errors import (
    BudgetExhausted,
    EvaluatorBroken,
    Interrupted,
    PackError,
    ProviderUnavailable,
    SandboxUnavailable,
)
from adrs.evaluation import Status
from adrs.events import NewBest, Stopping, TrialEnded
from adrs.trial import Spend
from tests.campaign.world import Inline, Nudger, World, facts


@pytest.fixture
def make(tmp_path, store, request):
    worlds = []
    shared = request.getfixturevalue("postgres_url") if store == "postgresql" else None

    def build(folder="run", **settings):
        parts = {name: settings.pop(name) for name in ("bench", "proposer", "stop") if name in settings}
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        values = {"problem": "queues", "workers": 1, "trials": 60, "seed": 7, "search": "greedy"} | settings
        config = CampaignConfig.model_validate(values)
        worlds.append(World(path, config, shared=shared, **parts))
        return worlds[-1]

    yield build
    for world in worlds:
        world.close()


def test_a_campaign_improves_on_its_seed_and_ends_at_its_budget(make):
    world = make()
    assert world.loop().run() == Outcome("the budget of 60 trials was used", finished=True)
    trials = world.archive.trials()
    assert [trial.number for trial in trials] == list(range(60))
    best = [event for event in world.events if isinstance(event, NewBest)]
    assert best[0].trial.number == 0
    assert best[-1].validation.scores["regret"] < best[0].validation.scores["regret"]
    assert {trial.evaluation.status for trial in trials} >= {Status.VALID, Status.UNPARSED, Status.DUPLICATE}
    assert sum(isinstance(event, TrialEnded) for event in world.events) == 60


def test_the_same_seed_gives_the_same_archive_and_another_does_not(make):
    first, second, other = make("a"), make("b"), make("c", seed=8)
    for world in (first, second, other):
        world.loop().run()
    assert facts(first.archive) == facts(second.archive)
    assert facts(first.archive) != facts(other.archive)


@pytest.mark.parametrize("search", ["best_of_n", "greedy", "islands"])
def test_a_stopped_campaign_resumes_to_the_same_archive(make, search):
    whole = make("whole", search=search)
    whole.loop().run()
    asked = iter(range(10_000))
    parts = make("parts", search=search, stop=lambda: "asked" if next(asked) % 40 == 39 else None)
    for _ in range(100):
        outcome = parts.loop().run()
        if outcome.finished:
            break
        assert outcome.interrupted
    assert facts(parts.archive) == facts(whole.archive)
    assert len(parts.bench.asked) == len(whole.bench.asked)


def test_a_crash_at_every_transition_changes_nothing(make, monkeypatch):
    """The archive's writes are cut off one by one, as `kill -9` would, each time before and after the commit."""
    whole = make("whole", trials=40)
    whole.loop().run()
    crashed = make("crashed", trials=40)

    class Killed(BaseException):
        pass

    def cut(name, after):
        real = getattr(type(crashed.archive), name)
        left = iter([False] * (3 if after else 2) + [True])

        def write(self, *args, **kwargs):
            dies = self is crashed.archive and next(left, False)
            if dies and not after:
                raise Killed
            written = real(self, *args, **kwargs)
            if dies:
                raise Killed
            return written

        monkeypatch.setattr(type(crashed.archive), name, write)
        with pytest.raises(Killed):
            crashed.loop().run()
        monkeypatch.setattr(type(crashed.archive), name, real)

    for name in ("plan", "propose", "add_evaluation", "tell"):
        for after in (False, True):
            cut(name, after)
    crashed.loop().run()
    assert facts(crashed.archive) == facts(whole.archive)


def test_a_program_of_known_meaning_is_not_evaluated(make):
    class Repeater(Nudger):
        def propose(self, problem, parents, rng):
            from adrs.program import Program
            from adrs.trial import Proposal

            return Proposal(Program(problem.seed.source + "\n# the same\n"), "repeater")

    world = make(trials=5, proposer=lambda number: Repeater())
    world.loop().run()
    assert [trial.evaluation.status for trial in world.archive.trials()[1:]] == [Status.DUPLICATE] * 4
    assert "trial 0" in world.archive.trials()[1].evaluation.message
    assert len(world.bench.asked) == 2  # the seed, on train and on validation


def test_evaluations_are_a_limit_and_what_is_not_needed_is_given_back(make):
    world = make(trials=None, evaluations=20)
    outcome = world.loop().run()
    assert outcome.finished
    assert len(world.bench.asked) == 20
    assert world.archive.counts()[1] == 20
    assert world.archive.planned() == []


def test_the_target_ends_a_campaign(make):
    world = make(trials=500, target=1.0)
    outcome = world.loop().run()
    assert outcome == Outcome("the target of 1 was reached", finished=True)
    assert world.archive.counts()[0] < 500


@pytest.mark.parametrize("seconds", [1, 30])
def test_wall_time_is_a_limit(make, seconds):
    world = make(trials=None, seconds=seconds)
    assert world.loop().run().reason == f"the budget of {seconds} seconds was used"


def test_a_provider_that_is_down_pauses_the_campaign_and_burns_no_trial(make):
    down = [True]

    class Unlucky(Nudger):
        def propose(self, problem, parents, rng):
            if down[0]:
                raise ProviderUnavailable("503")
            return super().propose(problem, parents, rng)

    world = make(trials=10, proposer=lambda number: Unlucky())
    outcome = world.loop().run()
    assert isinstance(outcome.error, ProviderUnavailable)
    assert [plan.number for plan in world.archive.planned()] == [1]
    down[0] = False
    assert world.loop().run().finished
    assert [trial.number for trial in world.archive.trials()] == list(range(10))


@pytest.mark.parametrize("error", [ProviderUnavailable("503"), Interrupted("stopped while waiting")])
def test_what_goes_wrong_after_the_last_trial_was_planned_is_no_finish(make, error):
    class Unlucky(Nudger):
        def propose(self, problem, parents, rng):
            raise error

    world = make(trials=5, proposer=lambda number: Unlucky() if number == 4 else Nudger())
    outcome = world.loop().run()
    assert not outcome.finished
    assert outcome.interrupted == isinstance(error, Interrupted)
    assert [plan.number for plan in world.archive.planned()] == [4]


def test_a_worker_that_dies_once_is_forgiven_and_twice_pauses(make):
    once = make("once", bench=Inline(lambda count: SandboxUnavailable("died") if count == 3 else None), trials=5)
    assert once.loop().run().finished
    always = Inline(lambda count: SandboxUnavailable("died") if count >= 3 else None)
    world = make("twice", bench=always, trials=5)
    assert isinstance(world.loop().run().error, SandboxUnavailable)
    assert len(world.archive.planned()) == 1


def test_a_broken_evaluator_stops_the_campaign(make):
    world = make(bench=Inline(lambda count: EvaluatorBroken("below the optimum") if count == 6 else None))
    outcome = world.loop().run()
    assert isinstance(outcome.error, EvaluatorBroken)
    assert any(isinstance(event, Stopping) and "below the optimum" in event.reason for event in world.events)


def test_a_seed_that_fails_ends_the_campaign(make):
    world = make()
    object.__setattr__(world.problem, "seed", type(world.problem.seed)(world.problem.seed.source.replace("80", "70")))
    outcome = world.loop().run()
    assert isinstance(outcome.error, PackError)
    assert "LIMIT 70 crashed" in outcome.reason


def test_once_the_target_is_reached_no_more_calls_are_made_and_nobody_waits(make):
    world = make(trials=500, target=1.0)
    budget, told = world.budget(), []
    loop = world.loop(budget)
    loop._parts = replace(loop._parts, stop_waiting=lambda: told.append("stop"))
    assert loop.run().reason == "the target of 1 was reached"
    assert told == ["stop"]
    with pytest.raises(Interrupted):
        budget.reserve(Spend(dollars=0.01))


def test_evaluations_promised_to_open_trials_come_before_new_validations(make, monkeypatch):
    """Killed at any evaluation, a campaign limited in evaluations leaves no trial open at its end."""

    class Killed(BaseException):
        pass

    for place in range(4, 14):
        world = make(f"killed-{place}", trials=None, evaluations=14)
        world.bench._fail = lambda count, place=place: Killed() if count == place else None
        with pytest.raises(Killed):
            world.loop().run()
        world.bench._fail = lambda count: None
        assert world.loop().run().finished
        assert world.archive.planned() == []
        assert world.archive.counts()[1] <= 14


def test_time_that_a_failed_evaluation_took_is_spent(make):
    world = make(bench=Inline(lambda count: SandboxUnavailable("died") if count == 3 else None), trials=5)
    budget = world.budget()
    assert world.loop(budget).run().finished
    assert budget.spent.seconds > 0
    assert budget.spent.seconds == pytest.approx(world.archive.spend().seconds, abs=0.05)


def test_a_budget_that_pays_for_no_call_is_no_finish(make):
    class Poor(Nudger):
        def propose(self, problem, parents, rng):
            raise BudgetExhausted("the next call could bring the total over the limit")

    outcome = make(proposer=lambda number: Poor()).loop().run()
    assert not outcome.finished
    assert isinstance(outcome.error, BudgetExhausted)
