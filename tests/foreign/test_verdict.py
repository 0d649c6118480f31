"""What a foreign evaluator's answer comes to. A zero that stands for a failure must never become a score."""

import contextlib
import math

import numpy as np
import pytest

from adrs.evaluating.verdict import verdict
from adrs.evaluation import CandidateFailed, Status

TRACE = 'Traceback (most recent call last):\n  File "x", line 1\nValueError: no'


def failure(returned, output=""):
    with pytest.raises(CandidateFailed) as raised:
        verdict({"returned": returned, "output": output})
    return raised.value


@pytest.mark.parametrize(
    ("returned", "score"),
    [
        ({"combined_score": 0.5, "other": 3}, 0.5),
        ({"combined_score": 0.0}, 0.0),
        ({"combined_score": -12.5, "cost": 12.5}, -12.5),
        ({"a": 1.0, "b": 2, "flag": True, "text": "x", "nothing": None}, 1.5),
        ({"a": 1.0, "length": 100.0}, 1.0),  # a feature is no part of the mean
        ({"length": 100.0}, 100.0),
        ({"metrics": {"combined_score": 0.7, "a": 1}, "artifacts": {"x": "y"}}, 0.7),
        ({"metrics": {"a": 1, "b": 3}}, 2.0),
        ({"combined_score": [0.25, 9.0], "validity": 1}, 0.25),
        ({"combined_score": 0.5, "score": {"mean": 7.0}}, 0.5),
        ({"score": {"mean": 7.0, "std": 1.0}, "a": 3.0}, 3.0),
        ({"status": "success", "combined_score": 0.3, "metrics": {"combined_score": 0.3}}, 0.3),
        ({"combined_score": 0.5, "error": None}, 0.5),
        ({"combined_score": 0.5, "error": ""}, 0.5),
        ({"combined_score": 0.5, "error": 0.02}, 0.5),  # a metric that is called so
        ({"combined_score": 0.5, "validity": 0.01}, 0.5),
        ({"combined_score": 0.5, "artifacts": {"error": "one trial of ten failed"}}, 0.5),
        ({"combined_score": 0.0, "artifacts": {"stderr": "a warning"}}, 0.0),
        ({"combined_score": 0.5, "worst": math.inf}, 0.5),
    ],
)
def test_scores(returned, score):
    assert verdict({"returned": returned}, features=["length"]).score == score


@pytest.mark.parametrize(
    ("returned", "status", "words"),
    [
        ({"combined_score": 0.0, "error": "no such function"}, Status.INVALID, "no such function"),
        ({"combined_score": 0.9, "error": "All trials failed"}, Status.INVALID, "All trials failed"),
        ({"runs": 0.0, "error": "ValueError: no"}, Status.CRASHED, "ValueError: no"),
        ({"combined_score": 0.0, "error": "Timeout"}, Status.TIMED_OUT, "Timeout"),
        ({"combined_score": 0.0, "error": "timed out after 5 s"}, Status.TIMED_OUT, "timed out"),
        ({"combined_score": 0.0, "error": {"kind": "x"}}, Status.INVALID, "kind"),
        ({"error": 0.0}, Status.INVALID, "nothing but an error"),
        ({"error": 0.0, "timeout": True}, Status.TIMED_OUT, "too long"),
        ({"stage1_passed": 0.0, "error": 0.0}, Status.INVALID, "nothing but an error"),
        ({"combined_score": 0.0, "valid": 0}, Status.INVALID, "valid = 0"),
        ({"combined_score": 0.4, "validity": 0.0}, Status.INVALID, "validity = 0.0"),
        ({"combined_score": 0.4, "is_valid": False}, Status.INVALID, "is_valid = False"),
        ({"combined_score": 0.4, "correct": False}, Status.INVALID, "correct = False"),
        ({"combined_score": [0.0, 0.0], "validity": 0, "summary": "epoch 3 failed"}, Status.INVALID, "epoch 3 failed"),
        ({"combined_score": math.nan}, Status.INVALID, "combined_score is nan"),
        ({"combined_score": math.inf}, Status.INVALID, "combined_score is inf"),
        ({"a": 1.0, "b": math.nan}, Status.INVALID, "b is nan"),
        ({"combined_score": "0.5"}, Status.INVALID, "not a number"),
        ({"combined_score": None, "a": 1.0}, Status.INVALID, "not a number"),
        ({}, Status.INVALID, "no numeric metric"),
        ({"text": "hello", "flag": True}, Status.INVALID, "no numeric metric"),
        (None, Status.INVALID, "neither a dict"),
        (0.5, Status.INVALID, "neither a dict"),
        ([0.5], Status.INVALID, "neither a dict"),
        ({"status": "error", "combined_score": 0.0, "artifacts": {"error": "bad shape"}}, Status.INVALID, "bad shape"),
        ({"status": "error", "combined_score": 0.0, "artifacts": {"traceback": TRACE}}, Status.CRASHED, "ValueError"),
        ({"status": "timeout", "combined_score": 0.0}, Status.TIMED_OUT, "too long"),
        ({"status": "success", "combined_score": 0.0, "artifacts": {"error": "overlap"}}, Status.INVALID, "overlap"),
        ({"combined_score": 0.0, "artifacts": {"failure_stage": "import", "stderr": TRACE}}, Status.CRASHED, "import"),
    ],
)
def test_failures_are_typed_and_told(returned, status, words):
    failed = failure(returned)
    assert failed.status is status
    assert words in failed.message


def test_zeros_beside_a_printed_traceback_are_a_failure():
    failed = failure({"combined_score": 0.0, "speed": 0.0}, output=f"Evaluation failed\n{TRACE}")
    assert failed.status is Status.CRASHED
    assert "ValueError: no" in failed.message


def test_zeros_alone_are_a_score():
    assert verdict({"returned": {"combined_score": 0.0}, "output": "looked for a while"}).score == 0.0


def test_a_score_is_one_whatever_was_printed():
    assert verdict({"returned": {"combined_score": 0.2}, "output": TRACE}).score == 0.2


@pytest.mark.parametrize("reply", [None, 3, "returned", [], {}, {"output": "x"}])
def test_an_answer_of_another_kind_is_a_failure(reply):
    with pytest.raises(CandidateFailed, match="not asked"):
        verdict(reply)


def test_what_was_raised_comes_with_what_was_printed():
    with pytest.raises(CandidateFailed) as raised:
        verdict({"raised": "KeyError: 'x'", "output": "at step 7"})
    assert raised.value.status is Status.CRASHED
    assert "KeyError: 'x'" in raised.value.message
    assert "at step 7" in raised.value.message


def test_figures_and_words_are_told_apart():
    outcome = verdict(
        {
            "returned": {
                "combined_score": 1.0,
                "loads": {"first": 2, "more": {"deep": 3.5}},
                "note": "fine",
                "flag": True,
                "artifacts": {"hint": "try less", "empty": "", "none": None, "list": [1, 2]},
            },
            "output": "printed",
        }
    )
    assert outcome.figures == {"combined_score": 1.0, "loads.first": 2.0, "loads.more.deep": 3.5}
    assert outcome.words == {
        "note": "fine",
        "flag": "True",
        "hint": "try less",
        "list": "[1, 2]",
        "output": "printed",
    }


def test_messages_stay_short():
    failed = failure({"combined_score": 0.0, "error": "x" * 9000, "artifacts": {str(n): "y" * 5000 for n in range(20)}})
    assert len(failed.message) <= 5000


@pytest.mark.parametrize(
    "returned",
    [
        {"combined_score": 1.0, "x": np.zeros(2)},
        {"combined_score": np.float64(3), "artifacts": np.ones(3)},
        {"combined_score": 1.0, "artifacts": {"error": np.zeros(2)}, "status": np.zeros(1)},
        {"combined_score": 1.0, "error": [b"x" * (1 << 20)]},
        {"a": 1e308, "b": 1e308},
        {"deep": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]},
        np.zeros(3),
    ],
)
def test_no_answer_breaks_the_judgement(returned):
    with contextlib.suppress(CandidateFailed):
        assert math.isfinite(verdict({"returned": returned, "output": np.zeros(2)}).score)
