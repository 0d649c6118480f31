from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.budget import Budget, BudgetLimits
from adrs.errors import BudgetExhausted, Interrupted
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
            reserved = budget.try_reserve(Spend(dollars=worst))
        except BudgetExhausted:
            assert budget.spent.dollars + worst > limit
            continue
        if not reserved:
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
    budget.settle(Spend(tokens=100), Spend(tokens=100))
    with pytest.raises(BudgetExhausted, match="tokens"):
        budget.reserve(Spend(tokens=1))


def test_trials_and_evaluations_are_counted_to_the_last():
    budget = Budget(BudgetLimits(trials=2, evaluations=1))
    assert [budget.begin_trial() for _ in range(2)] == [True, False]  # no evaluation is left for the second
    budget.return_evaluation()
    assert [budget.begin_trial() for _ in range(2)] == [True, False]
    assert budget.trials == 2
    budget.return_evaluation()
    assert not budget.begin_trial()


def test_evaluator_seconds_are_set_aside_at_their_longest_and_settled():
    budget = Budget(BudgetLimits(evaluator_seconds=25), evaluation_seconds=10)
    assert [budget.begin_evaluation() for _ in range(3)] == [True, True, False]
    assert budget.exhausted(0) is None  # the two under way may be quick
    budget.end_evaluation(2)
    budget.end_evaluation(2)
    assert budget.begin_evaluation()
    budget.end_evaluation(12)
    assert not budget.begin_evaluation()
    assert budget.exhausted(0) == "25 evaluator seconds"


def test_a_call_waits_while_others_may_leave_room_for_it():
    budget = Budget(BudgetLimits(dollars=1))
    budget.reserve(Spend(dollars=0.6))
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(budget.reserve, Spend(dollars=0.6))
        assert not wait([waiting], timeout=0.05).done
        budget.settle(Spend(dollars=0.6), Spend(dollars=0.1))
        waiting.result(timeout=10)
    assert budget.held.dollars == pytest.approx(0.6)


def test_nobody_waits_for_room_once_the_campaign_stops():
    budget = Budget(BudgetLimits(dollars=1))
    budget.reserve(Spend(dollars=0.6))
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(budget.reserve, Spend(dollars=0.6))
        budget.stop()
        with pytest.raises(Interrupted):
            waiting.result(timeout=10)


@pytest.mark.parametrize(
    ("limits", "seconds", "reason"),
    [({"trials": 0}, 0, "0 trials"), ({"seconds": 5}, 5, "5 seconds"), ({"dollars": 2, "trials": 9}, 100, None)],
)
def test_exhausted_names_the_limit(limits, seconds, reason):
    assert Budget(BudgetLimits(**limits)).exhausted(seconds) == reason
