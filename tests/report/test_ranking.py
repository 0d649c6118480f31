from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.evaluation import Evaluation, Status
from adrs.report.opening import open_run
from adrs.report.ranking import best, leader
from adrs.testing.samples import sample_problem, sample_trial
from tests.report.sample_run import BEST, Writer, write_run

PROBLEM = sample_problem()


def evaluation(regret: int | None) -> Evaluation:
    if regret is None:
        return Evaluation(Status.CRASHED, "validation", "it crashed")
    return replace(sample_trial(0, regret).evaluation, split="validation")


@given(st.lists(st.tuples(st.integers(0, 20), st.none() | st.integers(0, 5)), unique_by=lambda pair: pair[0]))
def test_the_leader_has_the_best_score_and_the_lowest_number_in_any_order(scores: list[tuple[int, int | None]]) -> None:
    found = leader(PROBLEM, {number: evaluation(score) for number, score in scores})
    ranked = [(score, number) for number, score in scores if score is not None]
    assert found == (min(ranked)[1] if ranked else None)


def test_the_best_leads_on_validation_not_on_train(tmp_path: Path) -> None:
    write_run(tmp_path)
    with open_run("last", tmp_path) as run:
        found = best(run.problem, run.archive)
        assert found is not None
        trial, validation = found
        assert trial.number == BEST == run.leader
        assert len(validation.results) == 6
        assert run.trials[6].evaluation.scores["regret"] < trial.evaluation.scores["regret"]


@pytest.mark.parametrize("begun", [False, True])
def test_without_a_valid_validation_there_is_no_best(tmp_path: Path, *, begun: bool) -> None:
    writer = Writer(tmp_path / "young")
    if begun:
        writer.run(0, 80, ())
        writer.archive.begin_evaluation(0, "validation")
        writer.archive.add_evaluation(0, evaluation(None))
    assert best(writer.problem, writer.archive) is None
    writer.archive.close()
