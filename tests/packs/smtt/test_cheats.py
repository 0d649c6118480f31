from pathlib import Path

import pytest

from adrs.evaluating.stages import Bench
from adrs.evaluation import Evaluation, Status

CHEATS = Path(__file__).parents[3] / "evaluators" / "smtt" / "cheats"
STATUS = {
    "argsort_ties": Status.INVALID,
    "counts_calls": Status.INVALID,
    "endless": Status.TIMED_OUT,
    "not_a_number": Status.INVALID,
    "other_instances": Status.INVALID,
    "own_column": Status.INVALID,
    "random_scores": Status.INVALID,
    "reads_labels": Status.CRASHED,
    "remembers_scores": Status.INVALID,
    "wrong_shape": Status.INVALID,
}
HARMLESS = ("claims_scheduled", "prints_scores", "writes_times")


@pytest.mark.parametrize("name", STATUS)
def test_is_rejected(name: str, bench: Bench) -> None:
    evaluation = bench.evaluate(bench.problem.programs("cheats")[name], "train")
    assert evaluation.status is STATUS[name]
    assert not evaluation.scores


@pytest.mark.parametrize("name", HARMLESS)
def test_gains_nothing(name: str, bench: Bench, seed: Evaluation) -> None:
    """How far a program gets with its own copies is the wall's affair; at best it gets what it would have anyway."""
    evaluation = bench.evaluate(bench.problem.programs("cheats")[name], "train")
    assert not evaluation.valid or evaluation.results == seed.results


@pytest.fixture(scope="module")
def seed(bench: Bench) -> Evaluation:
    return bench.evaluate(bench.problem.seed, "train")


def test_every_cheat_is_tried() -> None:
    assert {path.stem for path in CHEATS.glob("*.py")} == {*STATUS, *HARMLESS}
