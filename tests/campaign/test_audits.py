"""Audits in the loop: what is marked is never promoted, and a crash at any point changes nothing."""

from concurrent.futures import Future
from pathlib import Path

import pytest

from adrs.campaign.audits import audits, key, record
from adrs.campaign.evaluations import WorkerPool
from adrs.config import CampaignConfig
from adrs.errors import SandboxUnavailable
from adrs.evaluation import Audit, Evaluation, Finding
from adrs.events import Audited, NewBest, Notice
from adrs.problem import Split
from adrs.program import Program
from adrs.sandbox.choice import choose
from adrs.testing.samples import sample_problem
from adrs.trial import Proposal
from tests.campaign.world import Inline, Nudger, World, facts, limit_of

STATE = Path(__file__).parents[1] / "evaluating" / "audit_programs" / "queues_state_late.py"
HONEST = "def choose(waiting):\n    return min(range(4), key=waiting.__getitem__)\n"


@pytest.fixture
def make(tmp_path):
    worlds = []

    def build(folder="run", bench=None, proposer=None, stop=None, **settings):
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        values = {"problem": "queues", "workers": 1, "trials": 60, "seed": 7, "search": "greedy"} | settings
        parts = {"bench": bench, "proposer": proposer, "stop": stop}
        world = World(
            path, CampaignConfig.model_validate(values), **{name: part for name, part in parts.items() if part}
        )
        worlds.append(world)
        return world

    yield build
    for world in worlds:
        world.close()


def promoted(world):
    return [data["trial"] for _, _, data in world.archive.events("promoted")]


def test_a_best_has_passed_its_audit_and_a_marked_trial_is_never_one(make):
    world = make()
    world.loop().run()
    found = audits(world.archive)
    bests = [event.trial for event in world.events if isinstance(event, NewBest)]
    assert [trial.number for trial in bests] == promoted(world)
    assert all(found[trial.number].passed for trial in bests)
    assert all(trial.program and limit_of(trial.program) % 2 for trial in bests[1:])
    marked = {number for number, audit in found.items() if not audit.passed}
    assert marked
    validations, leads = world.archive.evaluations("validation"), float("inf")
    for event in world.events:
        if isinstance(event, NewBest):
            leads = event.validation.scores["regret"]
        elif isinstance(event, Audited):
            assert validations[event.number].scores["regret"] < leads  # only what would lead is audited
    heard = [event for event in world.events if isinstance(event, Audited)]
    assert [event.number for event in heard] == list(found)
    assert len(world.bench.audited) == len(found)


def test_the_audit_is_told_before_the_best(make):
    world = make(trials=20)
    world.loop().run()
    kinds = [type(event) for event in world.events if isinstance(event, Audited | NewBest)]
    assert kinds[:2] == [Audited, NewBest]
    assert all(kinds[place - 1] is Audited for place, kind in enumerate(kinds) if kind is NewBest)


def test_without_audits_the_best_is_what_leads_on_validation(make):
    world = make(audit=False)
    world.loop().run()
    validations = world.archive.evaluations("validation").items()
    assert world.bench.audited == []
    assert promoted(world)[-1] == min(validations, key=lambda pair: (pair[1].scores["regret"], pair[0]))[0]


def test_audits_count_against_no_limit(make):
    world = make(trials=None, evaluations=20)
    assert world.loop().run().finished
    assert len(world.bench.asked) == 20
    assert world.bench.audited


def test_problems_that_need_not_repeat_are_not_audited(make):
    world = make(trials=5)
    pack = world.problem.pack.model_copy(update={"deterministic": False})
    object.__setattr__(world.problem, "pack", pack)
    world.loop().run()
    assert world.bench.audited == []
    assert promoted(world)[0] == 0


@pytest.mark.parametrize("name", ["add_evaluation", "add_event"])
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_around_validation_and_audit_changes_nothing(make, monkeypatch, name, after):
    """Every write of the kind is cut off once, as `kill -9` would, before or after its commit."""
    whole = make("whole", trials=12)
    whole.loop().run()
    crashed = make("crashed", trials=12)
    real = getattr(type(crashed.archive), name)

    class Killed(BaseException):
        pass

    for crashes in range(100):
        dies = iter([False, True] if crashes else [True])

        def write(self, *args, dies=dies, **kwargs):
            now = self is crashed.archive and next(dies, False)
            if now and not after:
                raise Killed
            written = real(self, *args, **kwargs)
            if now:
                raise Killed
            return written

        monkeypatch.setattr(type(crashed.archive), name, write)
        try:
            outcome = crashed.loop().run()
        except Killed:
            continue
        finally:
            monkeypatch.setattr(type(crashed.archive), name, real)
        assert outcome.finished
        break
    assert crashes >= 3
    assert facts(crashed.archive) == facts(whole.archive)


def test_a_trial_is_not_audited_again_after_a_resume(make):
    world = make(trials=30)
    world.loop().run()
    before = list(world.bench.audited)
    assert world.loop().run().finished
    assert world.bench.audited == before
    assert promoted(world) == promoted(world)


def test_a_best_that_is_found_wanting_later_makes_way_when_the_campaign_goes_on(make):
    world = make(trials=30)
    world.loop().run()
    first = promoted(world)
    record(world.archive, first[-1], Audit("validation", (Finding("chance", "it draws"),)))
    world.events.clear()
    world.loop().run()
    again = [event.trial.number for event in world.events if isinstance(event, NewBest)]
    assert first[-1] not in again
    assert promoted(world) == [*first, *again]
    assert all(audits(world.archive)[number].passed for number in again)


def test_an_archive_without_audits_has_its_best_audited(make):
    old = make("old", trials=10, audit=False)
    old.loop().run()
    world = make("old", trials=10)
    assert world.loop().run().finished
    assert world.bench.audited
    assert audits(world.archive)[promoted(world)[-1]].passed


def test_a_worker_that_dies_in_an_audit_is_forgiven_once(make):
    once = make("once", trials=3)
    once.bench.fail_audit = lambda count: SandboxUnavailable("died") if count == 1 else None
    assert once.loop().run().finished
    assert promoted(once)[0] == 0
    assert any(isinstance(event, Notice) and "again" in event.text for event in once.events)
    twice = make("twice", trials=3)
    twice.bench.fail_audit = lambda count: SandboxUnavailable("died") if count < 3 else None
    assert isinstance(twice.loop().run().error, SandboxUnavailable)
    assert promoted(twice) == []
    assert twice.loop().run().finished
    assert promoted(twice)[0] == 0


def test_each_audit_of_a_trial_draws_anew_and_always_the_same(make, tmp_path):
    world = make(trials=2)
    world.loop().run()
    assert key(world.archive, 1) == key(world.archive, 1)
    before = key(world.archive, 0)
    assert world.bench.audited[0][1] != before
    record(world.archive, 0, Audit("validation"))
    assert key(world.archive, 0) != before
    assert audits(world.archive)[0] == Audit("validation")


class Playing(Nudger):
    """Proposes a list of programs, in order."""

    def __init__(self, sources: list[str]) -> None:
        self.sources = sources

    def propose(self, problem, parents, rng):
        return Proposal(Program(self.sources.pop(0)), self.name, note="as told")


def test_behind_the_real_wall_the_honest_second_is_promoted(make):
    """The program of the best scores hides a state; ordinary evaluations do not see it."""
    problem = sample_problem()
    sources = [HONEST, STATE.read_text(), "def choose(waiting):\n    return waiting.index(min(waiting[:3]))\n"]
    pool = WorkerPool(problem, wall=choose("local"), count=1)
    player = Playing(sources)
    world = make(trials=4, bench=pool, proposer=lambda number: player)
    try:
        assert world.loop().run().finished
    finally:
        pool.close()
    validations = {n: e.scores["regret"] for n, e in world.archive.evaluations("validation").items()}
    assert world.archive.trial(2).valid
    found = audits(world.archive)
    assert {number: audit.passed for number, audit in found.items()} == {0: True, 1: True, 2: False} or 2 not in found
    assert promoted(world)[-1] == 1
    assert validations[1] < validations[0]


class Slow(Inline):
    """Answers audits only when asked to, so that other trials end in the meantime."""

    def __init__(self) -> None:
        super().__init__()
        self.pending: list[tuple[Future[Audit], Program, Evaluation, int]] = []

    def evaluate(self, program: Program, split: Split) -> "Future[Evaluation]":
        if len(self.asked) > 12 and self.pending:
            self.answer()
        return super().evaluate(program, split)

    def audit(self, program: Program, before: Evaluation, key: int) -> "Future[Audit]":
        future: Future[Audit] = Future()
        self.pending.append((future, program, before, key))
        if len(self.asked) <= 2 or len(self.asked) > 12:
            self.answer()
        return future

    def answer(self) -> None:
        future, program, before, key = self.pending.pop(0)
        future.set_result(super().audit(program, before, key).result())


def test_while_one_trial_is_audited_others_go_on_and_the_last_best_is_the_same(make):
    slow, quick = make("slow", bench=Slow(), workers=2, trials=30), make("quick", trials=30)
    slow.loop().run()
    quick.loop().run()
    for world in (slow, quick):
        found = audits(world.archive)
        validations = world.archive.evaluations("validation")
        ranked = sorted((e.scores["regret"], n) for n, e in validations.items() if e.valid)
        unmarked = [number for _, number in ranked if number not in found or found[number].passed]
        assert promoted(world)[-1] == unmarked[0]
        assert found[unmarked[0]].passed
