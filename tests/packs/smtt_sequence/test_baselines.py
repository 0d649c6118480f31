from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from adrs.evaluating.stages import Bench
from adrs.problem import Problem
from evaluators.smtt.instances import generate
from evaluators.smtt.reference import minimal_tardiness, total_tardiness

Times = NDArray[np.int64]
Baseline = Callable[[str], Callable[..., Any]]

NAMES = ("amdd", "amddc", "edd", "eddc", "eddc_printed", "mdd", "mdd_descent", "mddc", "nbr", "panneerselvam", "wi")
SIX = np.array([10, 11, 10, 10, 11, 10]), np.array([15, 11, 13, 11, 12, 11])


def few_jobs(most: int = 9) -> st.SearchStrategy[tuple[Times, Times]]:
    jobs = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 60)), min_size=1, max_size=most)
    return jobs.map(lambda pairs: (np.array([p for p, _ in pairs]), np.array([d for _, d in pairs])))


def grid_instances(jobs: int) -> list[tuple[Times, Times]]:
    return [generate(jobs, rdd, tf, seed=31, index=0) for rdd in (0.2, 0.6, 1.0) for tf in (0.2, 0.4, 0.6, 0.8)]


def total(p: Times, d: Times, order: Any) -> int:
    return total_tardiness(p, d, [int(job) for job in order])


def test_all_baselines_are_here(problem: Problem) -> None:
    assert tuple(problem.programs("baselines")) == NAMES
    assert set(problem.pack.references) <= set(NAMES)
    assert problem.seed.meaning == problem.programs("baselines")["edd"].meaning


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(few_jobs())
def test_a_baseline_orders_any_jobs(problem: Problem, name: str, times: tuple[Times, Times]) -> None:
    defined: dict[str, Any] = {}
    exec(problem.programs("baselines")[name].source, defined)
    p, d = times
    order = defined["schedule"](p, d, 0.01)
    assert total(p, d, order) >= minimal_tardiness(p, d).value


def test_mddc_gives_the_published_order(baseline: Baseline) -> None:
    assert list(baseline("mddc")(*SIX, 0.01)) == [3, 5, 2, 0, 1, 4]
    assert total(*SIX, [3, 5, 2, 0, 1, 4]) == minimal_tardiness(*SIX).value == 141


def test_eddc_as_printed_changes_nothing(baseline: Baseline) -> None:
    for p, d in grid_instances(50):
        assert list(baseline("eddc_printed")(p, d, 0.01)) == list(baseline("edd")(p, d, 0.01))


def test_wilkerson_and_irwin_end_where_the_modified_due_date_does(baseline: Baseline) -> None:
    for p, d in grid_instances(60):
        assert total(p, d, baseline("wi")(p, d, 0.01)) == total(p, d, baseline("mdd")(p, d, 0.01))


@pytest.mark.parametrize("name", ["wi", "mdd"])
def test_no_neighbours_of_an_mdd_order_should_change_places(baseline: Baseline, name: str) -> None:
    for p, d in grid_instances(30):
        order = list(baseline(name)(p, d, 0.01))
        for at in range(len(order) - 1):
            assert total(p, d, order) <= total(p, d, [*order[:at], order[at + 1], order[at], *order[at + 2 :]])


def test_descent_ends_where_no_move_helps(baseline: Baseline) -> None:
    for p, d in grid_instances(25):
        order = list(baseline("mdd_descent")(p, d, 0.01))
        least = total(p, d, order)
        assert least <= total(p, d, baseline("mdd")(p, d, 0.01))
        for i, k in combinations(range(len(order)), 2):
            middle = order[i + 1 : k]
            for moved in ([*middle, order[k], order[i]], [order[k], order[i], *middle], [order[k], *middle, order[i]]):
                assert total(p, d, [*order[:i], *moved, *order[k + 1 :]]) >= least


def test_augmenting_makes_the_best_move_to_the_end(baseline: Baseline) -> None:
    rule, augment = baseline("mdd"), baseline("amdd").__globals__["postpone"]
    for p, d in grid_instances(20):
        order = list(rule(p, d, 0.01))
        moves = [order] + [[*order[:i], *order[i + 1 :], order[i]] for i in range(len(order))]
        expected = min(total(p[order], d[order], [order.index(job) for job in move]) for move in moves)
        augment(order, p, d)
        assert total(p, d, order) == expected


def test_net_benefit_is_what_the_relocation_saves(baseline: Baseline) -> None:
    net_benefits = baseline("nbr").__globals__["net_benefits"]
    for p, d in grid_instances(20):
        place = np.arange(len(p))
        saved = [total(p, d, place) - total(p, d, [*place[:i], *place[i + 1 :], i]) for i in place]
        late = p.sum() > d[-1]
        assert net_benefits(p, d).tolist() == [one if late and p[i] > p[-1] else 0 for i, one in enumerate(saved)]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_baseline_scores_what_the_readme_says(bench: Bench, name: str) -> None:
    rows = [line.split("|") for line in (bench.problem.folder / "README.md").read_text().splitlines()]
    expected = next(float(row[2]) for row in rows if len(row) > 2 and row[1].strip() == f"`{name}`")
    evaluation = bench.evaluate(bench.problem.programs("baselines")[name], "train")
    assert evaluation.valid, evaluation.message
    assert evaluation.scores["gap"] == pytest.approx(expected, abs=0.006)
