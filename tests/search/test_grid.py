from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.errors import EvaluatorBroken, PackError
from adrs.problem import Feature, Problem
from adrs.search.grid import Axes, Grid
from adrs.testing.samples import sample_problem, sample_trial
from adrs.trial import Trial


def with_features(*features: Feature) -> Problem:
    problem = sample_problem()
    return replace(problem, pack=problem.pack.model_copy(update={"features": features}))


def feature(name: str, low: float, high: float, bins: int) -> Feature:
    return Feature(name=name, description="", low=low, high=high, bins=bins)


def with_feature(trial: Trial, **values: float) -> Trial:
    return replace(trial, evaluation=replace(trial.evaluation, features=values))


@pytest.mark.parametrize(
    ("value", "bin_"), [(-9, 0), (2, 0), (2.99, 0), (3, 1), (5.99, 3), (6, 3), (1.7e308, 3), (-1.7e308, 0)]
)
def test_values_beyond_the_range_fall_into_the_edge_bins(value: float, bin_: int) -> None:
    axes = Axes(with_features(feature("load", 2, 6, 4)))
    assert axes.cell(with_feature(sample_trial(0), load=value)) == (bin_,)


@pytest.mark.parametrize("features", [{}, {"load": float("nan")}, {"load": float("inf")}])
def test_a_missing_or_infinite_feature_is_the_evaluators_fault(features: dict[str, float]) -> None:
    axes = Axes(with_features(feature("load", 0, 1, 4)))
    with pytest.raises(EvaluatorBroken, match=r"trial 3 .*'load'"):
        axes.cell(with_feature(sample_trial(3), **features))


def test_a_pack_without_features_is_spread_by_size() -> None:
    problem = with_features()
    size = problem.seed.size
    axes = Axes(problem)
    cells = [axes.cell(with_feature(sample_trial(0), size=share * size)) for share in (0.0, 1.0, 2.0, 99.0)]
    assert len(set(cells)) == 4


def test_a_grid_that_cannot_be_filled_is_refused() -> None:
    with pytest.raises(PackError, match="8000 cells"):
        Axes(with_features(*(feature(name, 0, 1, 20) for name in "abc")))


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(-1, 2)), min_size=1, max_size=40))
def test_each_cell_holds_its_best_and_the_first_among_equals(drawn: list[tuple[int, float]]) -> None:
    problem = sample_problem()
    axes = Axes(problem)
    grid = Grid(problem, axes)
    best: dict[tuple[int, ...], Trial] = {}
    for number, (regret, depth) in enumerate(drawn):
        trial = sample_trial(number, regret, depth=depth)
        holder = best.get(axes.cell(trial))
        better = holder is None or regret < holder.evaluation.scores["regret"]
        assert grid.add(trial) is better
        if better:
            best[axes.cell(trial)] = trial
    assert list(grid) == sorted(best.values(), key=lambda t: (t.evaluation.scores["regret"], t.number))
    assert grid.best.evaluation.scores["regret"] == min(regret for regret, _ in drawn)
    assert {n for n in range(len(drawn)) if n in grid} == {trial.number for trial in grid}
