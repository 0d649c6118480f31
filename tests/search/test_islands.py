import time
from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.errors import ConfigError
from adrs.evaluation import Status
from adrs.search import Search
from adrs.search.catalogue import open_search
from adrs.search.islands import Islands
from adrs.testing.samples import sample_problem, sample_program, sample_trial
from adrs.testing.search import MakeSearch, SearchConformance, choices, replay, simulate
from adrs.trial import Parents, Trial

FAR = 10**6


class TestIslands(SearchConformance):
    @pytest.fixture
    def make_search(self) -> MakeSearch:
        return Islands


class TestIslandsThatMigrateOften(SearchConformance):
    @pytest.fixture
    def make_search(self) -> MakeSearch:
        return lambda problem: Islands(problem, count=3, migrate_every=2, crossover=0.5)


class TestOneIsland(SearchConformance):
    @pytest.fixture
    def make_search(self) -> MakeSearch:
        return lambda problem: Islands(problem, count=1, migrate_every=1)


def told(trials: Sequence[Trial], **options: float) -> Search:
    return replay(open_search("islands", sample_problem(), options), trials)


def mains(search: Search, count: int = 2000) -> dict[int, float]:
    """Return the share of questions to which each trial was the main parent."""
    counts = Counter(chosen.parents[0].number for chosen in choices(search, count))
    return {number: times / count for number, times in counts.items()}


def one_elite_each() -> list[Trial]:
    """Return a seed and four children in one cell; islands 0 to 3 are left to trials 4, 1, 3 and 2."""
    return [sample_trial(0, 50.0), *(sample_trial(number, 20.0 + number) for number in (1, 2, 3, 4))]


def idle(count: int) -> list[Trial]:
    return [sample_trial(number, status=Status.CRASHED, parents=()) for number in range(5, 5 + count)]


def test_the_seed_lives_on_every_island_and_its_children_spread_over_them() -> None:
    assert mains(told(one_elite_each(), migrate_every=FAR)) == pytest.approx(
        dict.fromkeys([1, 2, 3, 4], 0.25), abs=0.04
    )


def test_a_child_lives_on_the_island_of_its_main_parent() -> None:
    child = sample_trial(5, 1.0, parents=(3, 1))
    shares = mains(told([*one_elite_each(), child], migrate_every=FAR))
    assert shares == pytest.approx(dict.fromkeys([1, 2, 4, 5], 0.25), abs=0.04)


def test_the_best_of_each_island_travels_one_island_far_and_no_further() -> None:
    assert set(mains(told([*one_elite_each(), *idle(2)], migrate_every=2))) == {1, 2, 3, 4}
    shares = mains(told([*one_elite_each(), *idle(3)], migrate_every=2))  # eight trials: two per island
    assert shares == pytest.approx({1: 0.5, 2: 0.5}, abs=0.04)


def test_children_of_a_migrant_live_on_both_of_its_islands() -> None:
    children = [sample_trial(8, 2.0, parents=(1,)), sample_trial(9, 3.0, parents=(1,))]
    shares = mains(told([*one_elite_each(), *idle(3), *children], migrate_every=2))
    assert shares == pytest.approx({8: 0.25, 9: 0.25, 2: 0.5}, abs=0.04)


def mixing(trials: Sequence[Trial], pairs: Sequence[Parents]) -> dict[int, int]:
    """Return a label for each trial but the seed; those that descend from or were paired with each other share it."""
    label = {trial.number: trial.number for trial in trials[1:]}
    for one, *others in [(t.number, *t.parents[:1]) for t in trials[1:]] + [
        [t.number for t in p.parents] for p in pairs
    ]:
        for other in others:
            if one and other:
                old, new = label[one], label[other]
                label = {number: new if mark == old else mark for number, mark in label.items()}
    return label


def test_without_migration_islands_never_mix() -> None:
    def islands(migrate_every: int) -> set[int]:
        search = Islands(sample_problem(), migrate_every=migrate_every, crossover=1.0)
        trials = simulate(search, 3, trials=200)
        pairs = choices(search, 300)
        label = mixing(trials, pairs)
        return {label[trial.number] for chosen in pairs for trial in chosen.parents if trial.number}

    assert len(islands(migrate_every=FAR)) == 4
    assert len(islands(migrate_every=10)) == 1


def test_inspirations_come_from_this_island_and_from_others_in_turn() -> None:
    search, twin = (Islands(sample_problem(), migrate_every=FAR, crossover=share) for share in (0.0, 1.0))
    trials = simulate(search, 3, trials=200)
    label = mixing(trials, choices(replay(twin, trials), 300)) | {0: 0}
    shown = [[label[t.number] for t in (*chosen.parents, *chosen.inspirations)] for chosen in choices(search, 100)]
    full = [marks for marks in shown if 0 not in marks and len(marks) == 4]
    assert len(full) > 20
    assert all(home == first == third != second for home, first, second, third in full)


def elites(regrets: Sequence[float]) -> list[Trial]:
    """Return a seed and its children, each in a cell of its own."""
    return [sample_trial(number, regret, depth=0.1 + number / 5) for number, regret in enumerate(regrets)]


def test_by_rank_the_better_half_is_preferred() -> None:
    shares = mains(told(elites([10, 20, 30, 40]), count=1, explore=0.0))
    weights = [
        value / (1 + children) for value, children in zip((0.977, 0.777, 0.223, 0.023), (3, 0, 0, 0), strict=True)
    ]
    assert [shares[number] for number in range(4)] == pytest.approx([w / sum(weights) for w in weights], abs=0.03)


def test_explore_draws_all_cells_alike() -> None:
    shares = mains(told(elites([10, 20, 30, 40]), count=1, explore=1.0))
    assert shares == pytest.approx(dict.fromkeys(range(4), 0.25), abs=0.03)


def test_a_parent_that_only_fails_gives_way() -> None:
    search = told(elites([50, 10, 40]), count=1)
    before = mains(search)[1]
    replay(search, [sample_trial(number, status=Status.CRASHED, parents=(1,)) for number in range(10, 30)])
    after = mains(search)[1]
    assert before > 0.5
    assert after < before / 2


def test_crossover_is_the_share_of_trials_with_two_parents() -> None:
    search = told(elites([10, 20, 30, 40]), count=1, crossover=0.3)
    assert sum(len(chosen.parents) == 2 for chosen in choices(search, 2000)) / 2000 == pytest.approx(0.3, abs=0.03)


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.floats(-0.5, 1.5), st.booleans(), st.integers(0, 10**6)),
        min_size=1,
        max_size=60,
    )
)
def test_whatever_the_lineage_the_best_remains_a_parent(drawn: list[tuple[int, float, bool, int]]) -> None:
    search = Islands(sample_problem(), count=3, migrate_every=3)
    search.tell(sample_trial(0, 21.0))
    for number, (regret, depth, valid, pick) in enumerate(drawn, start=1):
        status = Status.VALID if valid else Status.INVALID
        search.tell(sample_trial(number, regret, depth=depth, status=status, parents=(pick % number,)))
    best = min([21.0, *(float(regret) for regret, _, valid, _ in drawn if valid)])
    asked = (search.ask(Random(number)) for number in range(3000))
    assert any(chosen.parents[0].evaluation.scores["regret"] == best for chosen in asked)


@pytest.mark.parametrize("option", ["count", "migrate_every", "explore", "crossover", "inspirations", "pressure"])
def test_options_out_of_range(option: str) -> None:
    with pytest.raises(ConfigError, match=option):
        told([], **{option: -1})


@pytest.mark.slow
def test_a_step_costs_the_same_after_a_hundred_thousand_trials() -> None:
    search, rng = Islands(sample_problem()), Random(0)
    search.tell(sample_trial(0, 50.0))
    early = seconds(search, rng, range(1, 5_000))
    seconds(search, rng, range(5_000, 95_000))
    assert seconds(search, rng, range(95_000, 100_000)) < 3 * early


def seconds(search: Search, rng: Random, numbers: range) -> float:
    """Return the CPU time of the search alone while these trials are asked for and told."""
    used, program = 0.0, sample_program()
    for number in numbers:
        begin = time.process_time()
        parents = [trial.number for trial in search.ask(rng).parents]
        used += time.process_time() - begin
        trial = sample_trial(number, rng.uniform(0, 50), parents=parents, depth=rng.random(), program=program)
        begin = time.process_time()
        search.tell(trial)
        used += time.process_time() - begin
    return used
