from dataclasses import replace

import pytest

from adrs.evaluating.stages import Bench
from adrs.evaluation import Status

REJECTED = {
    "aliased_jobs": (Status.INVALID, "there is no job -"),
    "duplicate_jobs": (Status.INVALID, "times and job 0 never"),
    "float_order": (Status.INVALID, "float64"),
    "hidden_state": (Status.INVALID, "another result in a fresh process"),
    "imported_solver": (Status.CRASHED, "'evaluators' cannot be imported"),
    "learned_across_instances": (Status.INVALID, "another result in a fresh process"),
    "long_search": (Status.TIMED_OUT, "a call took more than 1 s"),
    "look_ahead": (Status.CRASHED, "nothing to be seen from here"),
    "mutated_dues": (Status.CRASHED, "read-only"),
    "mutated_lengths": (Status.CRASHED, "read-only"),
    "overdrawn_search": (Status.TIMED_OUT, "the answers took more than 5 times their budgets together"),
    "unseeded_random": (Status.INVALID, "another result in a fresh process"),
    "wrong_length": (Status.INVALID, "it must name all"),
}


def test_every_cheat_has_its_verdict(bench: Bench) -> None:
    assert set(bench.problem.programs("cheats")) == set(REJECTED)


@pytest.fixture(scope="module")
def impatient(bench: Bench) -> Bench:
    """A bench that waits for no call as long as the pack would, to save time."""
    limits = bench.problem.pack.limits.model_copy(update={"call_seconds": 1.0})
    pack = bench.problem.pack.model_copy(update={"limits": limits})
    return replace(bench, problem=replace(bench.problem, pack=pack))


@pytest.mark.parametrize("cheat", REJECTED)
def test_a_cheat_is_rejected(impatient: Bench, cheat: str) -> None:
    status, says = REJECTED[cheat]
    evaluation = impatient.evaluate(impatient.problem.programs("cheats")[cheat], "train")
    assert (evaluation.status, evaluation.scores, evaluation.results) == (status, {}, ())
    assert says in evaluation.message
