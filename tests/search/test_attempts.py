from adrs.evaluation import Status
from adrs.search import attempts
from adrs.search.attempts import Attempts
from adrs.testing.samples import sample_problem, sample_trial
from adrs.trial import Trial


def told(*trials: Trial) -> Attempts:
    record = Attempts(sample_problem())
    for trial in trials:
        record.tell(trial)
    return record


def numbers(trials: tuple[Trial, ...]) -> list[int]:
    return [trial.number for trial in trials]


def test_children_that_did_not_help_the_main_parent_are_shown() -> None:
    record = told(
        sample_trial(0, 10.0),
        sample_trial(1, 5.0),  # better
        sample_trial(2, 10.0),  # no better
        sample_trial(3, 11.0),
        sample_trial(4, status=Status.UNPARSED),
        sample_trial(5, status=Status.CRASHED, parents=(1, 0)),
    )
    assert numbers(record.failed(0)) == [2, 3, 4]
    assert numbers(record.failed(1)) == [5]
    assert record.failed(2) == ()


def test_only_the_latest_three_are_shown_oldest_first() -> None:
    record = told(sample_trial(0), *(sample_trial(number, status=Status.CRASHED) for number in (1, 3, 2, 5)))
    assert numbers(record.failed(0)) == [3, 2, 5]


def test_children_count_for_the_main_parent_whatever_came_of_them() -> None:
    record = told(
        sample_trial(0),
        sample_trial(1, 1.0),
        sample_trial(2, status=Status.TIMED_OUT),
        sample_trial(3, parents=(1, 0)),
    )
    assert [record.children(number) for number in range(4)] == [2, 1, 0, 0]


def test_memory_is_bounded_by_forgetting_the_parent_tried_longest_ago() -> None:
    limit = attempts.REMEMBERED
    record = told(sample_trial(0, 10.0))
    for number in range(1, limit + 1):
        record.tell(sample_trial(number, status=Status.CRASHED, parents=(number + 1000,)))
    record.tell(sample_trial(9000, status=Status.CRASHED, parents=(1001,)))
    record.tell(sample_trial(9001, status=Status.CRASHED, parents=(5000,)))
    assert numbers(record.failed(1001)) == [1, 9000]
    assert record.failed(1002) == ()
    assert record.children(1002) == 1


def test_asking_about_an_unknown_trial_leaves_no_trace() -> None:
    record = told(sample_trial(0))
    assert record.children(77) == 0
    assert record.failed(77) == ()
