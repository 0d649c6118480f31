"""The conformance suite of search policies."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

import pytest

from adrs.evaluation import Status
from adrs.problem import Problem
from adrs.search import Search
from adrs.testing.samples import sample_problem, sample_trial
from adrs.trial import Parents, Trial

MakeSearch = Callable[[Problem], Search]

SEEDS = range(5)
_FAILURES = (Status.CRASHED, Status.INVALID, Status.UNPARSED, Status.DUPLICATE)


def simulate(search: Search, seed: int, *, trials: int = 120, workers: int = 3) -> list[Trial]:
    """Return the trials of an imagined campaign on the sample problem that `search` leads, in archive order.

    Every child is a little better or worse than its parent, or fails; scores often tie. Up to `workers` children are
    under way at a time and end in any order.
    """
    rng = Random(seed)
    told = [sample_trial(0, 50.0)]
    search.tell(told[0])
    running: list[Trial] = []
    for number in range(1, trials):
        running.append(_child(number, search.ask(Random(rng.random())), rng))
        if len(running) == workers:
            told.append(running.pop(rng.randrange(workers)))
            search.tell(told[-1])
    return told


def replay(search: Search, trials: Sequence[Trial]) -> Search:
    """Return `search` after telling it of all `trials`."""
    for trial in trials:
        search.tell(trial)
    return search


def choices(search: Search, count: int = 40) -> list[Parents]:
    """Return what `search` answers to a fixed series of questions."""
    return [search.ask(Random(seed)) for seed in range(count)]


class SearchConformance:
    """What every search policy must keep.

    Subclass it and give the fixture `make_search`: a function from a problem to the policy, which is told nothing yet.
    """

    keeps_best = True
    """Whether the policy learns from the best trial; a baseline that never learns says no."""

    def test_without_a_valid_trial_there_is_nothing_to_ask(self, make_search: MakeSearch) -> None:
        search = make_search(sample_problem())
        with pytest.raises(RuntimeError):
            search.ask(Random(0))
        search.tell(sample_trial(0, status=Status.CRASHED))
        with pytest.raises(RuntimeError):
            search.ask(Random(0))

    @pytest.mark.parametrize("seed", SEEDS)
    def test_replay_rebuilds_the_state(self, make_search: MakeSearch, seed: int) -> None:
        live = make_search(sample_problem())
        trials = simulate(live, seed)
        assert choices(replay(make_search(sample_problem()), trials)) == choices(live)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_asking_depends_on_the_stream_and_changes_nothing(self, make_search: MakeSearch, seed: int) -> None:
        search, twin = make_search(sample_problem()), make_search(sample_problem())
        for trial in simulate(make_search(sample_problem()), seed, trials=40):
            search.tell(trial)
            twin.tell(trial)
            choices(search, 3)
        first = choices(search)
        assert choices(search) == first == choices(twin)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_parents_are_valid_told_and_distinct(self, make_search: MakeSearch, seed: int) -> None:
        search = make_search(sample_problem())
        told = {trial.number: trial for trial in simulate(search, seed)}
        for chosen in choices(search):
            shown = (*chosen.parents, *chosen.inspirations)
            assert chosen.parents
            assert all(trial.valid and told[trial.number] is trial for trial in shown)
            assert len({trial.number for trial in shown}) == len(shown)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_failed_attempts_are_those_of_the_main_parent(self, make_search: MakeSearch, seed: int) -> None:
        problem = sample_problem()
        search = make_search(problem)
        order = {trial.number: place for place, trial in enumerate(simulate(search, seed))}
        for chosen in choices(search):
            main, failed = chosen.parents[0], chosen.failed
            assert len(failed) <= 3
            assert sorted(failed, key=lambda trial: order[trial.number]) == list(failed)
            for trial in failed:
                assert trial.parents[0] == main.number
                assert not trial.valid or problem.rank(trial.evaluation) >= problem.rank(main.evaluation)

    @pytest.mark.parametrize("seed", SEEDS)
    @pytest.mark.parametrize("bound", [None, 45.0])
    def test_the_best_is_never_lost(self, make_search: MakeSearch, seed: int, bound: float | None) -> None:
        if not self.keeps_best:
            pytest.skip("this policy does not learn")
        problem = _with_objective(sample_problem(), bound=bound)
        search = make_search(problem)
        ranked = [problem.rank(trial.evaluation) for trial in simulate(search, seed) if trial.valid]
        asked = (search.ask(Random(number)) for number in range(2000))
        assert any(problem.rank(trial.evaluation) == min(ranked) for chosen in asked for trial in chosen.parents)

    @pytest.mark.parametrize("curve", [math.exp, math.atan, lambda x: 1e-9 * x + 7, lambda x: 1e9 * x])
    def test_only_the_order_of_scores_matters(self, make_search: MakeSearch, curve: Callable[[float], float]) -> None:
        search, bent = make_search(sample_problem()), make_search(sample_problem())
        for trial in simulate(make_search(sample_problem()), 1):
            search.tell(trial)
            bent.tell(_rescored(trial, curve))
        assert _numbers(choices(bent)) == _numbers(choices(search))

    def test_a_maximum_is_sought_where_the_objective_says_so(self, make_search: MakeSearch) -> None:
        upward = _with_objective(sample_problem(), direction="max")
        search, mirrored = make_search(sample_problem()), make_search(upward)
        for trial in simulate(make_search(sample_problem()), 2):
            search.tell(trial)
            mirrored.tell(_rescored(trial, lambda regret: -regret))
        assert _numbers(choices(mirrored)) == _numbers(choices(search))

    def test_failures_alone_after_the_seed_leave_it_the_parent(self, make_search: MakeSearch) -> None:
        search = make_search(sample_problem())
        search.tell(sample_trial(0, 50.0))
        for number in range(1, 60):
            search.tell(sample_trial(number, status=_FAILURES[number % len(_FAILURES)]))
        assert {chosen.parents[0].number for chosen in choices(search)} == {0}


def _child(number: int, chosen: Parents, rng: Random) -> Trial:
    parent = chosen.parents[0].evaluation
    return sample_trial(
        number,
        max(0.0, round(parent.scores["regret"] + rng.gauss(0, 2))),
        parents=[trial.number for trial in chosen.parents],
        status=rng.choice(_FAILURES) if rng.random() < 0.3 else Status.VALID,
        depth=parent.features["depth"] + rng.gauss(0, 0.2),
    )


def _with_objective(problem: Problem, **changes: object) -> Problem:
    objective = problem.objective.model_copy(update=changes)
    return replace(problem, pack=problem.pack.model_copy(update={"objectives": (objective,)}))


def _rescored(trial: Trial, curve: Callable[[float], float]) -> Trial:
    if not trial.valid:
        return trial
    regret = curve(trial.evaluation.scores["regret"])
    return replace(trial, evaluation=replace(trial.evaluation, scores={"regret": regret}))


def _numbers(chosen: Sequence[Parents]) -> list[list[list[int]]]:
    return [[[trial.number for trial in part] for part in (c.parents, c.inspirations, c.failed)] for c in chosen]
