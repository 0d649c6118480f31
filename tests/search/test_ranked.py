import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.search.ranked import Ranked, power_law, sigmoid
from adrs.testing.samples import sample_problem, sample_trial


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.data())
def test_trials_stand_in_order_of_rank(regrets: list[int], data: st.DataObject) -> None:
    trials = [sample_trial(number, regret) for number, regret in enumerate(regrets)]
    gone = data.draw(st.sets(st.integers(0, len(trials) - 1)))
    ranked = Ranked(sample_problem())
    for trial in data.draw(st.permutations(trials)):
        ranked.add(trial)
    for number in gone:
        ranked.remove(trials[number])
    left = [trial for trial in trials if trial.number not in gone]
    assert list(ranked) == sorted(left, key=lambda trial: (trial.evaluation.scores["regret"], trial.number))
    assert len(ranked) == len(left)


def test_power_law() -> None:
    assert power_law(3, 1.0) == pytest.approx([1, 1 / 2, 1 / 3])
    assert power_law(2, 0.0) == [1, 1]


def test_sigmoid_halves_at_the_middle_and_falls_all_the_way() -> None:
    weights = sigmoid(21, 10.0)
    assert weights[10] == 0.5
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > 0.99 > 0.01 > weights[-1]
    assert sigmoid(1, 100.0) == [0.5]
    assert len(set(sigmoid(5, 0.0))) == 1
