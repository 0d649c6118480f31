"""The conformance suite catches the mistakes that it is for."""

from random import Random

import pytest

from adrs.problem import Problem
from adrs.search.greedy import Greedy
from adrs.testing.search import SearchConformance
from adrs.trial import Parents, Trial

SUITE = SearchConformance()


class Latest:
    """Forgets the best."""

    def __init__(self, problem: Problem) -> None:
        self._told: list[Trial] = []

    def tell(self, trial: Trial) -> None:
        self._told += [trial] if trial.valid else []

    def ask(self, rng: Random) -> Parents:
        return Parents((self._told[-1],))


class Proportional(Latest):
    """Weighs the scores themselves."""

    def ask(self, rng: Random) -> Parents:
        weights = [1 / (100 + trial.evaluation.scores["regret"]) for trial in self._told]
        return Parents((rng.choices(self._told, weights)[0],))


class Undiscerning(Latest):
    """Makes parents of failures."""

    def tell(self, trial: Trial) -> None:
        self._told.append(trial)


class Fickle(Greedy):
    """Draws from a stream of its own, which asking moves on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self._rng = Random(0)

    def ask(self, rng: Random) -> Parents:
        return super().ask(self._rng)


def test_losing_the_best() -> None:
    with pytest.raises(AssertionError):
        SUITE.test_the_best_is_never_lost(Latest, 1, None)


def test_answering_before_there_is_anything() -> None:
    with pytest.raises(IndexError):
        SUITE.test_without_a_valid_trial_there_is_nothing_to_ask(Latest)


def test_state_that_asking_changes() -> None:
    with pytest.raises(AssertionError):
        SUITE.test_asking_depends_on_the_stream_and_changes_nothing(Fickle, 1)
    with pytest.raises(AssertionError):
        SUITE.test_replay_rebuilds_the_state(Fickle, 1)


def test_scores_that_count_by_their_size() -> None:
    with pytest.raises(AssertionError):
        SUITE.test_only_the_order_of_scores_matters(Proportional, lambda x: 1e9 * x)
    with pytest.raises(AssertionError):
        SUITE.test_a_maximum_is_sought_where_the_objective_says_so(Proportional)


def test_failures_as_parents() -> None:
    with pytest.raises(AssertionError):
        SUITE.test_failures_alone_after_the_seed_leave_it_the_parent(Undiscerning)
