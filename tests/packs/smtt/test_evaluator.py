import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from adrs.errors import EvaluatorBroken
from adrs.evaluation import CandidateFailed, Result, Status
from evaluators.smtt import evaluator
from evaluators.smtt.instances import Instance
from tests.packs.smtt.in_process import InProcess

HEAD = "import numpy as np\ndef priority(t, p, d, mask, P, n):\n    "
MDD = HEAD + "return np.maximum(t + p, d)"
# Rules that an honest author writes, with sums, quotients, logarithms and sorted values that round differently when
# the jobs stand in another order.
HONEST = [
    "return np.log(p) + np.maximum(d - t - p, 0) / (np.sum(p * mask, 1, keepdims=True) / mask.sum(1, keepdims=True))",
    "return d / np.sum(np.sqrt(p), axis=1, keepdims=True) - np.exp(-p / np.mean(p ** 0.3, axis=1, keepdims=True))",
    "return np.maximum(t + p, d) + np.std(p / 7, 1, keepdims=True) * p / (1 + np.median(d / 3, 1, keepdims=True))",
    "return (np.maximum(t + p, d) + (p[:, :, None] < p[:, None, :]).sum(2) / 3).astype(np.float32)",
    "return np.maximum(t + p, d).astype(np.int64)",
    "return -1e300 * (P - d)",
    "return np.where(mask, np.lexsort((p, d), axis=1).argsort(axis=1), np.nan)",
    "return np.zeros(p.shape)",
]
# Each is refused, and the message says why.
REFUSED = [
    ("return d.tolist()", "numpy array, not list"),
    ("return None", "numpy array, not NoneType"),
    ("return d[0]", "shape"),
    ("return d.T", "shape"),
    ("return d[:, :, None]", "shape"),
    ("return d > t", "real numbers"),
    ("return np.full(d.shape, np.nan)", "nan or infinity"),
    ("return np.where(p > 50, np.inf, d)", "nan or infinity"),
    ("return np.where(mask.sum(1, keepdims=True) == 1, -np.inf, d)", "with 1 of 25 left"),
    ("return d - t - p * np.max(t)", "from that row alone"),
    ("return d + p * len(p)", "from that row alone"),
    ("return d + np.arange(n)", "where a job stands"),
    ("return np.argsort(np.argsort(d // 50, axis=1), axis=1).astype(float)", "where a job stands"),
    ("return d * np.random.default_rng().random(d.shape)", "from that row alone"),
]


def _run(source: str, instances: Sequence[Instance]) -> list[Result]:
    return list(evaluator.run(InProcess(source), instances))


@pytest.fixture(scope="module")
def few() -> list[Instance]:
    return list(evaluator.instances("train")[:60])


class TestRun:
    def test_results_stand_in_the_order_of_the_instances(self, few: list[Instance]) -> None:
        assert [result.instance for result in _run(MDD, few)] == [one.name for one in few]

    def test_a_result_does_not_depend_on_the_others(self, few: list[Instance]) -> None:
        together = _run(MDD, few)
        assert _run(MDD, few[::-1])[::-1] == together
        assert [_run(MDD, [one])[0] for one in few[:8]] == together[:8]

    def test_the_rule_of_the_trusted_side_is_met_exactly(self, few: list[Instance]) -> None:
        assert all(result.scores["tardiness"] == result.scores["mdd"] for result in _run(MDD, few))

    def test_one_job_is_enough(self, few: list[Instance]) -> None:
        one = replace(few[0], jobs=1, p=few[0].p[:1].copy(), d=few[0].d[:1].copy(), optimum=0, mdd=0)
        assert _run(MDD, [one])[0].scores["jobs"] == 1

    def test_asks_once_per_position_and_nine_times_about_parts(self) -> None:
        policy = InProcess(MDD)
        evaluator.run(policy, evaluator.instances("train"))
        assert policy.calls == 25 + 50 + 2 * 9
        assert policy.bytes < 35_000_000

    def test_takes_little_time_beside_the_program(self) -> None:
        instances = evaluator.instances("train")
        start = time.process_time()
        _run(MDD, instances)
        assert time.process_time() - start < 2


class TestStops:
    def test_below_the_optimum_nothing_is_believed(self, few: list[Instance]) -> None:
        wrong = replace(few[0], optimum=few[0].mdd + 1) if few[0].mdd is not None else few[0]
        with pytest.raises(EvaluatorBroken, match="below the proven optimum"):
            _run(MDD, [wrong, *few[1:]])

    def test_without_a_label_nothing_is_scored(self, few: list[Instance]) -> None:
        with pytest.raises(EvaluatorBroken, match="has no label"):
            _run(MDD, [replace(few[0], optimum=None)])


class TestPrograms:
    @pytest.mark.parametrize("body", HONEST)
    def test_honest_rules_pass(self, body: str, few: list[Instance]) -> None:
        first, again = _run(HEAD + body, few), _run(HEAD + body, few[::-1])
        assert first == again[::-1]
        assert all(result.scores["tardiness"] >= result.scores["optimum"] for result in first)

    @pytest.mark.parametrize(("body", "complaint"), REFUSED)
    def test_others_are_refused_and_told_why(self, body: str, complaint: str, few: list[Instance]) -> None:
        with pytest.raises(CandidateFailed, match=complaint) as failure:
            _run(HEAD + body, few)
        assert failure.value.status is Status.INVALID

    def test_a_program_that_answers_by_the_call_is_told_of_state(self, few: list[Instance]) -> None:
        source = "k = 0\n" + HEAD + "global k\n    k += 1\n    return d if k % 2 else p * 1.0"
        with pytest.raises(CandidateFailed, match="no state between calls"):
            _run(source, few)

    def test_changing_the_arguments_changes_nothing(self, few: list[Instance]) -> None:
        body = "x = d * 1\n    d.flags.writeable = p.flags.writeable = mask.flags.writeable = True\n    "
        body += "d[:] = 0; p[:] = 1; mask[:] = False\n    return x"
        assert _run(HEAD + body, few) == _run(HEAD + "return d", few)
