from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from evaluators.smtt.labels import tardiness
from evaluators.smtt.simulator import Priority, dispatch, modified_due_date

Times = tuple[NDArray[np.int64], NDArray[np.int64]]


@st.composite
def batches(draw: st.DrawFn) -> Times:
    """Draw a few instances of one size with many equal jobs and equal scores."""
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 7)))
    p, d = (
        draw(st.lists(st.integers(low, 6), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
        for low in (1, 0)
    )
    return np.array(p).reshape(shape), np.array(d).reshape(shape)


def _plainly(p: list[int], d: list[int]) -> list[tuple[int, int]]:
    """Return the jobs (due date, processing time) in the order of MDD, ties by due date, then processing time."""
    left, now, order = sorted(zip(d, p, strict=True)), 0, []
    while left:
        chosen = min(left, key=lambda job: (max(now + job[1], job[0]), *job))
        left.remove(chosen)
        order.append(chosen)
        now += chosen[1]
    return order


class TestDispatch:
    @settings(deadline=None, max_examples=200)
    @given(batches())
    def test_agrees_with_a_plain_loop(self, times: Times) -> None:
        p, d = times
        for row, order in enumerate(dispatch(p, d, modified_due_date(p, d))):
            assert list(zip(d[row, order], p[row, order], strict=True)) == _plainly(p[row].tolist(), d[row].tolist())

    @settings(deadline=None, max_examples=200)
    @given(batches(), st.randoms(use_true_random=False))
    def test_the_place_of_a_job_does_not_matter(self, times: Times, rng: Random) -> None:
        columns = rng.sample(range(times[0].shape[1]), times[0].shape[1])
        shuffled = [part[:, columns] for part in times]
        assert _total(*shuffled).tolist() == _total(*times).tolist()

    @settings(deadline=None)
    @given(batches())
    def test_equal_scores_go_by_due_date_then_processing_time(self, times: Times) -> None:
        p, d = times
        orders = dispatch(p, d, lambda now, left: np.zeros(left.shape))
        jobs = np.take_along_axis(1000 * d + p, orders, axis=1)
        assert (np.diff(jobs, axis=1) >= 0).all()

    def test_scores_of_scheduled_jobs_are_ignored(self) -> None:
        p, d = np.array([[3, 1, 2]]), np.array([[1, 2, 3]])
        assert dispatch(p, d, lambda now, left: np.where(left, d, -np.inf)).tolist() == [[0, 1, 2]]
        assert dispatch(p, d, lambda now, left: np.where(left, d, np.nan)).tolist() == [[0, 1, 2]]

    def test_the_rule_is_told_the_time_and_what_is_left(self) -> None:
        p, d = np.array([[3, 1], [5, 7]]), np.array([[1, 2], [9, 4]])
        told: list[object] = []

        def rule(now: NDArray[np.float64], left: NDArray[np.bool_]) -> NDArray[np.float64]:
            told.append((now.tolist(), left.tolist()))
            return d.astype(float)

        dispatch(p, d, rule)
        assert told == [([[0.0], [0.0]], [[True] * 2] * 2), ([[3.0], [7.0]], [[False, True], [True, False]])]


def _total(p: NDArray[np.int64], d: NDArray[np.int64]) -> NDArray[np.int64]:
    rule: Priority = modified_due_date(p, d)
    return tardiness(p, d, dispatch(p, d, rule))
