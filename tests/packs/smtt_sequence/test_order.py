import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.evaluation import CandidateFailed, Status
from evaluators.smtt_sequence.order import verified

INTEGERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]


@given(st.integers(1, 100).flatmap(lambda jobs: st.permutations(range(jobs))), st.sampled_from(INTEGERS))
def test_every_order_passes_as_a_list_and_as_any_integer_array(order: list[int], dtype: str) -> None:
    for answer in (order, np.array(order, dtype)):
        found = verified(answer, len(order))
        assert found.dtype == np.int64
        assert found.tolist() == order


@given(st.lists(st.integers(-(1 << 63), (1 << 64) - 1) | st.integers(-6, 6), max_size=7), st.integers(1, 6))
def test_no_other_list_passes(answer: list[int], jobs: int) -> None:
    if sorted(answer) == list(range(jobs)):
        assert verified(answer, jobs).tolist() == answer
    else:
        with pytest.raises(CandidateFailed) as failed:
            verified(answer, jobs)
        assert failed.value.status is Status.INVALID


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "not NoneType"),
        ("012", "not str"),
        ({"0": 0}, "not dict"),
        ([0, 1, True], "holds bool"),
        ([0.0, 1.0, 2.0], "holds float"),
        ([[0], [1], [2]], "holds list"),
        (np.array([True, True, True]), "bool"),
        (np.array([0.0, 1.0, 2.0]), "float64"),
        (np.array([[0, 1, 2]]), "2-dimensional"),
        (np.array(0), "0-dimensional"),
        ([], "names 0"),
        ([0, 1], "names 2"),
        ([0, 1, 2, 2], "names 4"),
        ([0, 1, -1], "there is no job -1"),
        (np.array([0, 1, 3]), "there is no job 3"),
        ([0, 2, 2], "names job 2 2 times and job 1 never"),
    ],
)
def test_it_says_what_is_wrong(answer: object, says: str) -> None:
    with pytest.raises(CandidateFailed, match=says):
        verified(answer, 3)
