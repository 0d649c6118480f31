from random import Random

import pytest

from adrs.search.best_of_n import BestOfN
from adrs.testing.samples import sample_problem, sample_trial
from adrs.testing.search import MakeSearch, SearchConformance
from adrs.trial import Parents


class TestBestOfN(SearchConformance):
    keeps_best = False

    @pytest.fixture
    def make_search(self) -> MakeSearch:
        return BestOfN


def test_a_better_child_changes_nothing() -> None:
    search, seed = BestOfN(sample_problem()), sample_trial(0, 50.0)
    for trial in (seed, sample_trial(1, 1.0), sample_trial(2, 60.0)):
        search.tell(trial)
    assert search.ask(Random(0)) == Parents((seed,))
