from collections.abc import Iterator
from itertools import permutations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.smtt.instances import generate
from evaluators.smtt.reference import minimal_tardiness, total_tardiness
from tests.packs.smtt.oracle import small_instances, subset_dp

Times = tuple[list[int], list[int]]
_exact = settings(deadline=None, max_examples=150)


def _random_times(seed: int, count: int) -> Iterator[Times]:
    """Yield small instances by due date, then processing time, with due dates where the decisions are hard."""
    rng = Random(seed)
    for _ in range(count):
        jobs, longest = rng.randint(2, 7), rng.choice([2, 3, 10, 100])
        p = [rng.randint(1, longest) for _ in range(jobs)]
        low, high = rng.choice([(0, 1), (0, 0.5), (0.2, 0.6), (0.4, 0.9)])
        d = [int(sum(p) * rng.uniform(low, high)) for _ in range(jobs)]
        jobs_by_due_date = sorted(zip(d, p, strict=True))
        yield [p for _, p in jobs_by_due_date], [d for d, _ in jobs_by_due_date]


class TestMinimalTardiness:
    @_exact
    @given(small_instances())
    def test_is_the_least_over_all_sequences(self, times: Times) -> None:
        assert minimal_tardiness(*times).value == subset_dp(*times)

    def test_is_the_least_on_thousands_of_hard_instances(self) -> None:
        for p, d in _random_times(seed=1, count=3000):
            assert minimal_tardiness(p, d).value == subset_dp(p, d)

    @_exact
    @given(small_instances(most_jobs=40))
    def test_its_order_attains_its_value(self, times: Times) -> None:
        found = minimal_tardiness(*times)
        assert total_tardiness(*times, found.order) == found.value

    @_exact
    @given(small_instances(most_jobs=25), st.randoms(use_true_random=False))
    def test_the_order_in_which_jobs_are_named_does_not_matter(self, times: Times, rng: Random) -> None:
        jobs = list(zip(*times, strict=True))
        rng.shuffle(jobs)
        assert minimal_tardiness(*zip(*jobs, strict=True)).value == minimal_tardiness(*times).value

    @_exact
    @given(small_instances(most_jobs=25), st.integers(2, 10**6))
    def test_another_time_unit_scales_it(self, times: Times, factor: int) -> None:
        scaled = ([time * factor for time in part] for part in times)
        assert minimal_tardiness(*scaled).value == factor * minimal_tardiness(*times).value

    def test_takes_arrays(self) -> None:
        p, d = generate(30, 0.2, 0.6, seed=1, index=0)
        assert minimal_tardiness(p, d) == minimal_tardiness(p.tolist(), d.tolist())

    def test_nothing_to_do_is_never_late(self) -> None:
        assert minimal_tardiness([], []).value == 0

    def test_many_equal_jobs_do_not_exhaust_the_stack(self) -> None:
        assert minimal_tardiness([5] * 900, [7] * 900).value == sum(5 * place - 7 for place in range(2, 901))

    def test_the_published_example(self) -> None:
        p, d = [10, 11, 10, 10, 11, 10], [15, 11, 13, 11, 12, 11]
        assert minimal_tardiness(p, d).value == 141 == total_tardiness(p, d, [3, 5, 2, 0, 1, 4])


class TestTotalTardiness:
    @given(small_instances(most_jobs=5))
    def test_the_least_over_permutations_is_the_optimum(self, times: Times) -> None:
        orders = permutations(range(len(times[0])))
        assert min(total_tardiness(*times, order) for order in orders) == subset_dp(*times)

    @pytest.mark.parametrize("order", [[0, 1], [0, 1, 1], [0, 1, 3], [0, 1, -1], [0, 1, 2, 2], []])
    def test_refuses_what_is_no_permutation(self, order: list[int]) -> None:
        with pytest.raises(ValueError, match="each of 0 to 2 once"):
            total_tardiness([1, 2, 3], [1, 2, 3], order)

    def test_refuses_what_is_no_integer(self) -> None:
        with pytest.raises(TypeError):
            total_tardiness([1, 2], [1, 2], np.array([0.0, 1.0]))

    def test_does_not_overflow(self) -> None:
        assert total_tardiness(np.array([2**62] * 4), np.zeros(4, np.int64), range(4)) == 10 * 2**62


class TestRules:
    """Each statement that the solver rests on, against the optimum of every position of the longest job."""

    @pytest.mark.parametrize("seed", range(4))
    def test_some_position_at_or_after_its_own_is_optimal(self, seed: int) -> None:
        for p, d in _random_times(seed, 200):
            assert min(_positions(p, d).values()) == subset_dp(p, d)

    @pytest.mark.parametrize("rule", ["passed", "earlier", "next", "earlier and next", "all"])
    def test_no_rule_drops_every_optimal_position(self, rule: str) -> None:
        for p, d in _random_times(seed=10, count=1500):
            costs = _positions(p, d)
            kept = [place for place in costs if not _dropped(rule, p, d, place)]
            assert min(costs[place] for place in kept) == min(costs.values())

    def test_due_date_order_is_optimal_with_at_most_one_late_job(self) -> None:
        seen = 0
        for p, d in _random_times(seed=11, count=1500):
            ends = np.cumsum(p)
            if np.count_nonzero(ends > d) <= 1:
                seen += 1
                assert subset_dp(p, d) == np.maximum(ends - d, 0).sum()
        assert seen > 100

    def test_a_last_job_that_cannot_be_late_goes_last(self) -> None:
        for p, d in _random_times(seed=12, count=1000):
            safe = max(sum(p), d[-1])
            assert subset_dp(p, [*d[:-1], safe]) == subset_dp(p[:-1], d[:-1])


def _positions(p: list[int], d: list[int]) -> dict[int, int]:
    """Return the least tardiness with the longest job (of equal ones, the last) at each position from its own on."""
    longest, costs = _longest(p), {}
    for place in range(longest, len(p)):
        before = [job for job in range(place + 1) if job != longest]
        after, end = list(range(place + 1, len(p))), sum(p[: place + 1])
        left, right = (([p[job] for job in jobs], [d[job] for job in jobs]) for jobs in (before, after))
        costs[place] = subset_dp(*left) + max(0, end - d[longest]) + subset_dp(*right, start=end)
    return costs


def _longest(p: list[int]) -> int:
    return max(range(len(p)), key=lambda job: (p[job], job))


def _dropped(rule: str, p: list[int], d: list[int], place: int) -> bool:
    longest, last = _longest(p), len(p) - 1
    end = sum(p[: place + 1])
    moved = [_moved(p, d, to) for to in range(longest, len(p))]
    own = place - longest
    passed = any(end <= d[job] + p[job] for job in range(longest + 1, place))
    earlier = place > longest and moved[own] >= min(moved[:own])
    later = place < last and moved[own] > moved[own + 1]
    return {
        "passed": passed,
        "earlier": earlier,
        "next": later,
        "earlier and next": earlier or later,
        "all": passed or earlier or later,
    }[rule]


def _moved(p: list[int], d: list[int], place: int) -> int:
    """Return the tardiness in due-date order with the longest job moved to `place`."""
    longest = _longest(p)
    order = [job for job in range(place + 1) if job != longest] + [longest, *range(place + 1, len(p))]
    return total_tardiness(p, d, order)
