import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pytest

from adrs.evaluating import Evaluator
from adrs.evaluating.loading import load_evaluator
from adrs.evaluation import CandidateFailed, Result, Status
from adrs.problem import open_pack
from adrs.program import Program
from adrs.sandbox import Data, Held
from adrs.testing.samples import sample_problem, sample_program, sample_trial, write_pack


class Trusted:
    """A policy without a wall, for the programs of the sample pack only."""

    def __init__(self, program: Program) -> None:
        self._names: dict[str, object] = {}
        exec(program.source, self._names)

    def hold(self, value: Data) -> Held:
        raise NotImplementedError("the sample pack holds nothing")

    def call(self, function: str, *args: Data) -> Data:
        choose = cast("Callable[..., Data]", self._names[function])
        return choose(*args)

    def call_many(self, function: str, calls: Sequence[Sequence[Data]]) -> list[Data]:
        return [self.call(function, *args) for args in calls]


@pytest.fixture
def evaluator() -> Evaluator:
    return load_evaluator(sample_problem())


def results(evaluator: Evaluator, program: Program, split: str = "train") -> Sequence[Result]:
    return evaluator.run(Trusted(program), evaluator.instances(split))


def regret(evaluator: Evaluator, program: Program, split: str = "train") -> float:
    return evaluator.score(results(evaluator, program, split))["regret"]


def test_the_pack_can_be_copied_and_opened(tmp_path: Path) -> None:
    copy = open_pack(write_pack(tmp_path))
    assert copy.hash == sample_problem().hash
    assert copy.folder.parent == tmp_path
    assert load_evaluator(copy).instances("train")


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_each_split_has_six_instances_of_its_own_in_two_groups(evaluator: Evaluator, split: str) -> None:
    of_split = results(evaluator, sample_problem().seed, split)
    assert len({result.instance for result in of_split}) == 6
    assert [result.group for result in of_split] == ["few", "many"] * 3
    assert all(result.instance.startswith(split) for result in of_split)
    assert evaluator.instances(split) == evaluator.instances(split)


def test_a_search_has_something_to_find(evaluator: Evaluator) -> None:
    problem = sample_problem()
    shortest = Program("def choose(waiting):\n    return waiting.index(min(waiting))")
    baseline = problem.programs("baselines")["two_choices"]
    ladder = [regret(evaluator, p) for p in (shortest, sample_program(20), baseline, sample_program(60), problem.seed)]
    assert ladder[0] == 0
    assert ladder[1] < 10
    assert 0 < ladder[3] < ladder[2] < ladder[4]


def test_the_cheat_is_refused(evaluator: Evaluator) -> None:
    (cheat,) = sample_problem().programs("cheats").values()
    with pytest.raises(CandidateFailed, match="an int from 0 to 3, and answered -") as caught:
        results(evaluator, cheat)
    assert caught.value.status is Status.INVALID


@pytest.mark.parametrize("answer", ["1.0", "True", "None", "'0'", "[0]", "len(waiting)"])
def test_answers_that_are_no_index_are_refused(evaluator: Evaluator, answer: str) -> None:
    with pytest.raises(CandidateFailed):
        results(evaluator, Program(f"def choose(waiting):\n    return {answer}"))


def test_figures_features_and_feedback_keep_the_declarations(evaluator: Evaluator) -> None:
    problem = sample_problem()
    last = results(evaluator, Program("def choose(waiting):\n    return len(waiting) - 1"))
    assert evaluator.features(last) == {"depth": 1.0}
    assert set(evaluator.score(last)) == {problem.objective.name}
    assert [line.split(":")[0] for line in evaluator.feedback(last).splitlines()] == ["few", "many"]
    assert evaluator.feedback(last[:1]).count("\n") == 0


def test_an_evaluation_takes_milliseconds(evaluator: Evaluator) -> None:
    begin = time.process_time()
    regret(evaluator, sample_problem().seed)
    assert time.process_time() - begin < 0.05


def test_a_sample_trial_is_one_of_the_sample_problem(evaluator: Evaluator) -> None:
    problem, trial = sample_problem(), sample_trial(3, 12.5, depth=0.25)
    assert problem.rank(trial.evaluation) == (0, 12.5)
    assert {feature.name for feature in problem.pack.features} == set(trial.evaluation.features)
    real = results(evaluator, problem.seed)
    assert [(r.instance, r.group, set(r.scores)) for r in trial.evaluation.results] == [
        (r.instance, r.group, set(r.scores)) for r in real
    ]
    assert evaluator.score(trial.evaluation.results) == trial.evaluation.scores
    assert evaluator.feedback(trial.evaluation.results) == trial.evaluation.feedback


def test_sample_trials_have_meanings_of_their_own() -> None:
    trials = [sample_trial(number) for number in range(5)]
    assert len({trial.program.meaning for trial in trials if trial.program}) == 5
    assert trials[0].program == sample_problem().seed
    assert [trial.parents for trial in trials[:2]] == [(), (0,)]
    assert sample_trial(9, parents=[4, 2]).parents == (4, 2)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.VALID])
def test_a_failed_sample_has_no_scores(status: Status) -> None:
    trial = sample_trial(1, status=status)
    assert not trial.valid
    assert trial.evaluation.message
    assert (trial.evaluation.scores, trial.evaluation.results) == ({}, ())
    assert (trial.program is None) == (status is Status.UNPARSED)
