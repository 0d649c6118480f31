import pytest

from adrs.evaluation import CandidateFailed, Status
from adrs.problem import Problem
from evaluators.smtt_sequence.cap import PAUSE, SLACK, Cap, budget
from evaluators.smtt_sequence.splits import GRIDS


def test_the_budget_grows_with_the_square_of_the_size() -> None:
    assert budget(100) == pytest.approx(0.02)
    assert budget(200) == pytest.approx(0.08)


def test_answers_within_their_budgets_pass() -> None:
    cap = Cap([50] * 40 + [200] * 10)
    for jobs in [50] * 40 + [200] * 10:
        cap.charge(jobs, budget(jobs))


def test_a_delay_by_chance_passes() -> None:
    cap = Cap([100] * 30)
    cap.charge(100, PAUSE)
    for _ in range(29):
        cap.charge(100, budget(100))


def test_one_answer_may_not_take_much_longer() -> None:
    cap = Cap([100] * 30)
    with pytest.raises(CandidateFailed, match=r"one answer took 1\.11 s; the budget for 100 jobs is 0\.02 s") as failed:
        cap.charge(100, SLACK * budget(100) + PAUSE + 0.01)
    assert failed.value.status is Status.TIMED_OUT


def test_all_answers_of_a_size_may_not_take_much_longer_together() -> None:
    cap = Cap([100] * 90 + [200] * 30)
    for _ in range(65):  # of 90 and what PAUSE gives
        cap.charge(100, 1.5 * SLACK * budget(100))
    with pytest.raises(CandidateFailed, match="5 times their budgets"):
        cap.charge(100, 2.5 * SLACK * budget(100) + PAUSE / 2)
    cap.charge(200, budget(200))


def test_the_limits_of_the_sandbox_leave_room_for_the_cap(problem: Problem) -> None:
    limits = problem.pack.limits
    for counts, _ in GRIDS.values():
        budgets = {jobs: 25 * count * budget(jobs) for jobs, count in counts.items()}
        assert sum(SLACK * seconds + PAUSE for seconds in budgets.values()) < limits.seconds
        assert 2 * sum(budgets.values()) < limits.cpu_seconds
        assert SLACK * budget(max(counts)) + PAUSE < limits.call_seconds
