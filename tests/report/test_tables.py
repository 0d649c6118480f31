import math
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from adrs.evaluation import Result, Status
from adrs.problem import Problem
from adrs.report.tables import best_so_far, failures, groups, statuses, steps
from adrs.testing.samples import sample_problem, sample_trial
from adrs.trial import Trial

SCORES = st.lists(st.none() | st.integers(0, 9), max_size=30)
PROBLEM = sample_problem()


def trials_of(scores: list[int | None]) -> list[Trial]:
    """Return one trial per score; None has crashed."""
    return [
        sample_trial(number, 0 if score is None else score, status=Status.CRASHED if score is None else Status.VALID)
        for number, score in enumerate(scores)
    ]


def maximised() -> Problem:
    objective = PROBLEM.objective.model_copy(update={"direction": "max"})
    return replace(PROBLEM, pack=PROBLEM.pack.model_copy(update={"objectives": (objective,)}))


@given(SCORES)
def test_best_so_far_is_the_best_of_every_beginning(scores: list[int | None]) -> None:
    course = best_so_far(PROBLEM, trials_of(scores))
    assert len(course) == len(scores)
    for end, best in enumerate(course, 1):
        valid = [score for score in scores[:end] if score is not None]
        assert best == min(valid) if valid else math.isnan(best)


def test_a_maximum_is_followed_upwards() -> None:
    assert best_so_far(maximised(), trials_of([3, 1, 5, 4])) == [3, 3, 5, 5]


def test_a_bound_goes_before_the_objective() -> None:
    objective = PROBLEM.objective.model_copy(update={"direction": "max", "bound": 4.0})
    bounded = replace(PROBLEM, pack=PROBLEM.pack.model_copy(update={"objectives": (objective,)}))
    assert best_so_far(bounded, trials_of([1, 3, 5, 4])) == [1, 3, 5, 5]


def test_steps_say_who_improved_and_when() -> None:
    trials = trials_of([None, 7, 7, 2])
    assert [(step.trial, step.told, step.score) for step in steps(PROBLEM, trials[::-1])] == [(3, 1, 2)]
    assert [(step.trial, step.told, step.score) for step in steps(PROBLEM, trials)] == [(1, 2, 7), (3, 4, 2)]


@given(st.lists(st.sampled_from(Status), max_size=30))
def test_every_trial_is_counted_once(endings: list[Status]) -> None:
    trials = [sample_trial(number, status=status) for number, status in enumerate(endings)]
    assert sum(statuses(trials).values()) == len(trials)
    assert sum(failure.count for failure in failures(trials)) == sum(not trial.valid for trial in trials)


def with_message(number: int, message: str) -> Trial:
    trial = sample_trial(number, status=Status.CRASHED)
    return replace(trial, evaluation=replace(trial.evaluation, message=message))


def test_messages_that_differ_in_numbers_only_are_one() -> None:
    said = ["IndexError: 4\nline 2", "ValueError: no", "IndexError: 12\nline 3"]
    (crashed,) = failures([with_message(number, message) for number, message in enumerate(said)])
    assert (crashed.status, crashed.count) == (Status.CRASHED, 3)
    assert [(message.text, message.count, message.trial) for message in crashed.messages] == [
        ("IndexError: 12", 2, 2),
        ("ValueError: no", 1, 1),
    ]


def test_only_the_most_common_messages_are_kept() -> None:
    (crashed,) = failures([with_message(number, "abcde"[number % 5]) for number in range(11)])
    assert [message.text for message in crashed.messages] == ["a", "b", "c"]


def test_the_most_frequent_failure_leads() -> None:
    endings = [Status.UNPARSED, Status.CRASHED, Status.UNPARSED, Status.VALID]
    trials = [sample_trial(number, status=status) for number, status in enumerate(endings)]
    assert [failure.status for failure in failures(trials)] == [Status.UNPARSED, Status.CRASHED]
    assert list(statuses(trials)) == [Status.UNPARSED, Status.CRASHED, Status.VALID]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-9, 9))))
def test_groups_hold_every_result_and_its_mean(drawn: list[tuple[str, int]]) -> None:
    results = [Result(str(place), group, {"cost": float(cost)}) for place, (group, cost) in enumerate(drawn)]
    found = groups(results)
    assert [group.name for group in found] == sorted({name for name, _ in drawn})
    for group in found:
        costs = [cost for name, cost in drawn if name == group.name]
        assert group.instances == len(costs)
        assert math.isclose(group.means["cost"], sum(costs) / len(costs), abs_tol=1e-12)
