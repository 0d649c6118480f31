import math
import time
from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.comparison import Interval, bootstrap, paired, sign_test
from adrs.errors import UsageError
from adrs.evaluation import Result


def results(costs: Sequence[float], groups: int = 1) -> list[Result]:
    return [Result(f"i{n}", f"g{n % groups}", {"cost": cost}) for n, cost in enumerate(costs)]


def cost(result: Result) -> float:
    return result.scores["cost"]


def mean(of: Sequence[Result]) -> float:
    return sum(map(cost, of)) / len(of)


def macro_mean(of: Sequence[Result]) -> float:
    sums: dict[str, list[float]] = {}
    for result in of:
        sums.setdefault(result.group, []).append(cost(result))
    return sum(sum(costs) / len(costs) for costs in sums.values()) / len(sums)


def two_programs(rng: Random, count: int, advantage: float = 0.0) -> tuple[list[Result], list[Result]]:
    """Return the results of two programs whose costs depend mostly on the instance."""
    hardness = [rng.gauss(100, 30) for _ in range(count)]
    a, b = ([hard - shift + rng.gauss(0, 2) for hard in hardness] for shift in (advantage, 0.0))
    return results(a, groups=8), results(b, groups=8)


def coverage(interval: Callable[[Random], Interval], truth: float, repeats: int = 200) -> float:
    rng = Random(5)
    return sum(not interval(rng).excludes(truth) for _ in range(repeats)) / repeats


def test_the_interval_covers_the_true_value_as_often_as_it_says() -> None:
    def interval(rng: Random) -> Interval:
        costs = [10 * (n % 8) + rng.gauss(0, 5) for n in range(32)]  # groups differ far more than their instances
        return bootstrap(results(costs, groups=8), macro_mean, rng=rng, samples=150)

    assert 0.9 <= coverage(interval, truth=35.0) <= 0.99


def test_a_lower_level_covers_less() -> None:
    def interval(rng: Random) -> Interval:
        return bootstrap(results([rng.gauss(0, 1) for _ in range(30)]), mean, rng=rng, samples=150, level=0.5)

    assert 0.4 <= coverage(interval, truth=0.0) <= 0.6


def test_the_paired_interval_covers_the_true_difference() -> None:
    def interval(rng: Random) -> Interval:
        return paired(*two_programs(rng, 40, advantage=1.0), mean, rng=rng, samples=150)

    assert 0.9 <= coverage(interval, truth=-1.0) <= 0.99


def test_pairing_finds_a_difference_that_two_intervals_hide() -> None:
    a, b = two_programs(Random(1), 200, advantage=1.0)
    difference = paired(a, b, mean, rng=Random(2))
    apart = [bootstrap(program, mean, rng=Random(2)) for program in (a, b)]
    assert difference.high < 0
    assert difference.excludes(0)
    assert difference.high - difference.low < 0.2 * (apart[0].high - apart[0].low)
    assert apart[0].high > apart[1].low


def test_stratified_intervals_ignore_differences_between_groups() -> None:
    costs = [100.0 * (n % 4) + Random(n).random() for n in range(40)]
    within = bootstrap(results(costs, groups=4), mean, rng=Random(0))
    pooled = bootstrap(results(costs), mean, rng=Random(0))
    assert within.high - within.low < 1 < pooled.high - pooled.low


def test_groups_of_one_are_drawn_from_together() -> None:
    alone = bootstrap(results([1.0, 2.0, 4.0], groups=3), mean, rng=Random(0))
    together = bootstrap(results([1.0, 2.0, 4.0]), mean, rng=Random(0))
    assert alone == together
    assert alone.low < alone.estimate < alone.high


def test_one_instance_tells_nothing() -> None:
    assert bootstrap(results([3.0]), mean, rng=Random(0)) == Interval(3.0, -math.inf, math.inf)


def test_the_same_stream_gives_the_same_interval() -> None:
    a, b = two_programs(Random(1), 30)
    assert bootstrap(a, mean, rng=Random(3)) == bootstrap(a, mean, rng=Random(3))
    assert paired(a, b, mean, rng=Random(3)) == paired(a, b, mean, rng=Random(3))
    assert bootstrap(a, mean, rng=Random(3)) != bootstrap(a, mean, rng=Random(4))


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), st.integers(0, 99))
def test_programs_that_do_the_same_cannot_be_told_apart(costs: list[float], seed: int) -> None:
    difference = paired(results(costs), results(costs), mean, rng=Random(seed), samples=20)
    assert (difference.estimate, difference.low, difference.high) == (0, 0, 0)
    assert not difference.excludes(0)


def test_instances_are_matched_by_name() -> None:
    a, b = two_programs(Random(1), 30, advantage=5.0)
    assert paired(a, b[::-1], mean, rng=Random(0)) == paired(a, b, mean, rng=Random(0))
    assert sign_test(a, b[::-1], cost) == sign_test(a, b, cost)


@pytest.mark.parametrize(
    ("left", "right"), [([0, 1, 2], [0, 1]), ([0, 1], [0, 1, 2]), ([0, 1], [0, 2]), ([0, 0], [0, 0]), ([0, 0], [0, 1])]
)
def test_different_instances_are_refused(left: list[int], right: list[int]) -> None:
    pool = results([1.0, 2.0, 3.0])
    a, b = [pool[n] for n in left], [pool[n] for n in right]
    with pytest.raises(UsageError, match="different instances"):
        paired(a, b, mean, rng=Random(0))
    with pytest.raises(UsageError, match="different instances"):
        sign_test(a, b, cost)


@pytest.mark.parametrize(
    ("wins", "losses", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (9, 1, 22 / 1024), (1, 9, 22 / 1024)],
)
def test_sign_test(wins: int, losses: int, p: float) -> None:
    a = results([0.0] * wins + [2.0] * losses + [1.0] * 3)
    test = sign_test(a, results([1.0] * len(a)), cost)
    assert (test.wins, test.losses, test.ties) == (wins, losses, 3)
    assert test.p == pytest.approx(p)


def test_a_thousand_instances_take_less_than_two_seconds() -> None:
    a, b = two_programs(Random(1), 1000)
    begin = time.process_time()
    paired(a, b, macro_mean, rng=Random(0))
    sign_test(a, b, cost)
    assert time.process_time() - begin < 2
