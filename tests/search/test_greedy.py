from collections import Counter
from collections.abc import Sequence

import pytest

from adrs.errors import ConfigError
from adrs.program import Program
from adrs.search import Search
from adrs.search.catalogue import open_search
from adrs.search.greedy import Greedy
from adrs.testing.samples import sample_problem, sample_program, sample_trial
from adrs.testing.search import MakeSearch, SearchConformance, choices, replay


class TestGreedy(SearchConformance):
    @pytest.fixture
    def make_search(self) -> MakeSearch:
        return Greedy


def told(regrets: Sequence[float], **options: float) -> Search:
    search = open_search("greedy", sample_problem(), options)
    return replay(search, [sample_trial(number, regret) for number, regret in enumerate(regrets)])


def parents(search: Search, count: int = 400) -> Counter[int]:
    return Counter(chosen.parents[0].number for chosen in choices(search, count))


def test_only_the_best_are_kept() -> None:
    assert set(parents(told([50, 10, 40, 20, 60, 30], keep=3))) == {1, 3, 5}


def test_among_equals_the_first_is_kept() -> None:
    assert set(parents(told([50, 10, 10, 10], keep=2))) == {1, 2}


def test_a_better_place_makes_a_likelier_parent() -> None:
    counts = parents(told([10, 11, 12, 13]), 2000)
    assert [counts[number] / 2000 for number in range(4)] == pytest.approx([0.48, 0.24, 0.16, 0.12], abs=0.03)


def test_exponent_zero_makes_all_alike() -> None:
    counts = parents(told([10, 11, 12, 13], exponent=0.0), 2000)
    assert [counts[number] / 2000 for number in range(4)] == pytest.approx([0.25] * 4, abs=0.03)


def test_one_meaning_takes_one_place() -> None:
    program = sample_program(7)
    same = Program(f"# a remark\n{program.source}")
    search = Greedy(sample_problem(), keep=3)
    replay(search, [sample_trial(0, 50), sample_trial(1, 20, program=program), sample_trial(2, 10, program=same)])
    assert set(parents(search)) == {0, 2}
    search.tell(sample_trial(3, 15, program=program))
    assert set(parents(search)) == {0, 2}


def test_inspirations_are_drawn_from_the_others() -> None:
    search = told([50, 49, 48, 47, 46], inspirations=2)
    assert {len(chosen.inspirations) for chosen in choices(search)} == {2}
    assert {trial.number for chosen in choices(search) for trial in chosen.inspirations} == {0, 1, 2, 3, 4}
    assert choices(told([50], inspirations=2), 1)[0].inspirations == ()


@pytest.mark.parametrize("option", ["keep", "inspirations", "exponent"])
def test_options_out_of_range(option: str) -> None:
    with pytest.raises(ConfigError, match=option):
        told([50], **{option: -1})
