from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adrs.errors import EvaluatorBroken
from adrs.evaluating import Evaluator
from adrs.evaluation import CandidateFailed
from adrs.problem import Problem
from adrs.sandbox import Data, Policy
from evaluators.smtt.reference import minimal_tardiness, total_tardiness

InProcess = Callable[[str], Policy]
EDD = "import numpy as np\ndef schedule(p, d, budget):\n    return np.lexsort((p, d))"
WRITING = "import numpy as np\ndef schedule(p, d, budget):\n    p[:], d[:] = 1, 0\n    return np.arange(len(p))"


class Writable:
    """A policy whose program may write to what it is given."""

    def __init__(self, inner: Callable[..., Any]) -> None:
        self._inner = inner

    def call(self, function: str, *args: Data) -> Data:
        answer: Data = self._inner(*(np.array(one) for one in args))
        return answer


def few(evaluator: Evaluator) -> Sequence[Any]:
    return evaluator.instances("train")[:14]


def test_a_result_is_the_tardiness_of_the_order(evaluator: Evaluator, in_process: InProcess) -> None:
    chosen = few(evaluator)
    for one, result in zip(chosen, evaluator.run(in_process(EDD), chosen), strict=True):
        assert (result.instance, result.group) == (one.name, one.group)
        assert result.scores["tardiness"] == total_tardiness(one.p, one.d, np.lexsort((one.p, one.d)))
        assert result.scores["optimum"] == one.optimum
        assert result.scores["hard"] + result.scores["easy"] == 1


def test_an_optimal_order_has_no_gap(evaluator: Evaluator) -> None:
    class Solver:
        def call(self, function: str, p: Any, d: Any, budget: float) -> Data:
            return list(minimal_tardiness(p, d).order)

    chosen = [one for one in evaluator.instances("train") if one.jobs == 50]
    scores = evaluator.score(evaluator.run(Solver(), chosen))  # type: ignore[arg-type]
    assert scores["gap"] == scores["worst_gap"] == scores["violations"] == 0
    assert scores["optimal"] == 100
    assert scores["easy_excess"] <= 0


def test_the_budget_is_that_of_the_size(evaluator: Evaluator) -> None:
    class Recorder:
        def __init__(self) -> None:
            self.given: dict[int, float] = {}

        def call(self, function: str, p: Any, d: Any, budget: float) -> Data:
            self.given[len(p)] = budget
            assert function == "schedule"
            assert p.dtype == d.dtype == np.int64
            return list(range(len(p)))

    recorder = Recorder()
    evaluator.run(recorder, few(evaluator))  # type: ignore[arg-type]
    assert recorder.given == pytest.approx({50: 0.005, 100: 0.02, 300: 0.18})


def test_a_result_does_not_depend_on_its_company(evaluator: Evaluator, in_process: InProcess) -> None:
    chosen, policy = few(evaluator), in_process(EDD)
    forwards = evaluator.run(policy, chosen)
    assert list(evaluator.run(policy, chosen[::-1]))[::-1] == list(forwards)
    assert [result for one in chosen for result in evaluator.run(policy, [one])] == list(forwards)


def test_times_are_read_only_for_the_program(evaluator: Evaluator, in_process: InProcess) -> None:
    with pytest.raises(CandidateFailed, match="read-only"):
        evaluator.run(in_process(WRITING), few(evaluator))


def test_a_program_that_can_write_all_the_same_gains_nothing(evaluator: Evaluator) -> None:
    defined: dict[str, Any] = {}
    exec(WRITING, defined)
    chosen = few(evaluator)
    results = evaluator.run(Writable(defined["schedule"]), chosen)  # type: ignore[arg-type]
    for one, result in zip(chosen, results, strict=True):
        assert result.scores["tardiness"] == total_tardiness(one.p, one.d, range(one.jobs))


def test_an_order_better_than_the_optimum_stops_everything(evaluator: Evaluator, in_process: InProcess) -> None:
    one = next(one for one in few(evaluator) if one.role == "hard")
    with pytest.raises(EvaluatorBroken, match="below the proven optimum"):
        evaluator.run(in_process(EDD), [replace(one, optimum=10**9)])
    with pytest.raises(EvaluatorBroken, match="has no label"):
        evaluator.run(in_process(EDD), [replace(one, optimum=None)])


def test_scores_features_and_feedback_are_those_declared(
    evaluator: Evaluator, problem: Problem, in_process: InProcess
) -> None:
    results = evaluator.run(in_process(EDD), evaluator.instances("train"))
    assert set(evaluator.score(results)) == {objective.name for objective in problem.pack.objectives}
    assert set(evaluator.features(results)) == {feature.name for feature in problem.pack.features} - {"size"}
    assert "n300" in evaluator.feedback(results)
