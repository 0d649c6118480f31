import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.budget import Budget, BudgetLimits
from adrs.errors import BudgetExhausted
from adrs.trial import Spend


@given(
    limit=st.floats(0, 10),
    calls=st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1), st.booleans()), max_size=30),
)
def test_spend_never_exceeds_the_limit(limit, calls):
    """Each call costs a share of its worst case, is settled at once or stays reserved for ever."""
    budget = Budget(BudgetLimits(dollars=limit))
    for worst, share, settles in calls:
        try:
            budget.reserve(Spend(dollars=worst))
        except BudgetExhausted:
            assert budget.spent.dollars + budget.held.dollars + worst > limit
            continue
        if settles:
            budget.settle(Spend(dollars=worst), Spend(dollars=worst * share))
        assert budget.spent.dollars + budget.held.dollars <= limit + 1e-6


def test_the_refusal_says_how_to_go_on():
    budget = Budget(BudgetLimits(dollars=1.0), spent=Spend(dollars=0.9))
    with pytest.raises(BudgetExhausted, match="limit of 1") as caught:
        budget.reserve(Spend(dollars=0.2))
    assert "--dollars +N" in caught.value.todo
    assert budget.held == Spend()


def test_tokens_are_a_limit_of_their_own():
    budget = Budget(BudgetLimits(tokens=100))
    budget.reserve(Spend(tokens=100))
    with pytest.raises(BudgetExhausted, match="tokens"):
        budget.reserve(Spend(tokens=1))


def test_trials_and_evaluations_are_counted_to_the_last():
    budget = Budget(BudgetLimits(trials=2, evaluations=1))
    assert [budget.take_trial() for _ in range(3)] == [True, True, False]
    assert [budget.take_evaluation() for _ in range(2)] == [True, False]
    budget.return_evaluation()
    assert budget.take_evaluation()


@pytest.mark.parametrize(
    ("limits", "seconds", "reason"),
    [({"trials": 0}, 0, "0 trials"), ({"seconds": 5}, 5, "5 seconds"), ({"dollars": 2, "trials": 9}, 100, None)],
)
def test_exhausted_names_the_limit(limits, seconds, reason):
    assert Budget(BudgetLimits(**limits)).exhausted(seconds) == reason
