from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adrs.errors import UsageError
from evaluators.smtt.instances import CELLS, generate, grid
from evaluators.smtt.shifts import shifted
from evaluators.smtt.splits import GRIDS, unlabelled


class TestGenerate:
    @settings(deadline=None, max_examples=60)
    @given(st.integers(1, 80), st.sampled_from(CELLS), st.integers(0, 2**32), st.integers(0, 99))
    def test_times_lie_in_their_ranges(self, jobs: int, cell: tuple[float, float], seed: int, index: int) -> None:
        rdd, tf = cell
        p, d = generate(jobs, rdd, tf, seed=seed, index=index)
        work = p.sum()
        assert p.shape == d.shape == (jobs,)
        assert p.min() >= 1
        assert p.max() <= 100
        assert d.min() >= max(0, np.floor(work * (1 - tf - rdd / 2)) - 1)
        assert d.max() <= max(0, work * (1 - tf + rdd / 2)) + 1e-6

    def test_every_argument_makes_other_instances(self) -> None:
        base = {"jobs": 30, "rdd": 0.2, "tf": 0.4, "seed": 1, "index": 0}
        first = generate(**base)  # type: ignore[arg-type]
        assert all(np.array_equal(a, b) for a, b in zip(first, generate(**base), strict=True))  # type: ignore[arg-type]
        for name, value in {"jobs": 31, "rdd": 0.4, "tf": 0.6, "seed": 2, "index": 1}.items():
            other = generate(**(base | {name: value}))  # type: ignore[arg-type]
            assert not np.array_equal(first[0], other[0])

    def test_the_stream_is_the_one_that_the_labels_were_made_for(self) -> None:
        p, d = generate(6, 0.2, 0.6, seed=11, index=0)
        assert p.tolist() == [68, 76, 26, 27, 88, 28]
        assert d.tolist() == [119, 141, 139, 99, 121, 131]

    def test_the_mean_due_date_follows_the_tardiness_factor(self) -> None:
        drawn = [generate(50, 0.2, 0.4, seed=5, index=index) for index in range(100)]
        assert np.mean([d.mean() / p.sum() for p, d in drawn]) == pytest.approx(0.6, abs=0.01)


class TestGrid:
    def test_holds_each_class_as_often_as_asked(self) -> None:
        classes = Counter(one.group for one in grid({5: 3, 8: 1}, seed=1, prefix="x"))
        assert len(classes) == 50
        assert all(count == (3 if group.startswith("n5 ") else 1) for group, count in classes.items())

    @pytest.mark.parametrize("length", [25, 50, 200, 700])
    def test_any_prefix_represents_cells_and_sizes(self, length: int) -> None:
        prefix = grid({5: 40, 8: 20}, seed=1, prefix="x")[:length]
        sizes = Counter(one.jobs for one in prefix)
        cells = Counter((one.rdd, one.tf) for one in prefix)
        assert sizes[5] == pytest.approx(2 * length / 3, abs=3)
        assert max(cells.values()) - min(cells.get(cell, 0) for cell in CELLS) <= 2

    def test_times_are_read_only(self) -> None:
        one = grid({5: 1}, seed=1, prefix="x")[0]
        with pytest.raises(ValueError, match="read-only"):
            one.p[0] = 1


class TestSplits:
    @pytest.mark.parametrize("split", GRIDS)
    def test_names_are_unique(self, split: str) -> None:
        names = [one.name for one in unlabelled(split)]
        assert len(set(names)) == len(names)

    def test_no_instance_is_in_two_splits(self) -> None:
        times = [(one.p.tobytes(), one.d.tobytes()) for split in GRIDS for one in unlabelled(split)]
        assert len(set(times)) == len(times)

    def test_another_split_is_refused(self) -> None:
        with pytest.raises(UsageError, match="'dev'"):
            unlabelled("dev")


class TestShifted:
    def test_groups_take_turns_and_share_no_instance(self) -> None:
        instances = shifted(seed=3, prefix="x")
        assert len({one.group for one in instances[:6]}) == 6
        assert set(Counter(one.group for one in instances).values()) == {54}
        assert len({one.d.tobytes() for one in instances}) == len(instances)

    def test_each_differs_from_the_grid_as_it_says(self) -> None:
        by_group = {one.group: one for one in shifted(seed=3, prefix="x")[:6]}
        assert by_group["n100 off the grid"].rdd not in {0.2, 0.4, 0.6}
        assert by_group["n100 lognormal p"].p.max() > 100
        assert not ((by_group["n100 bimodal p"].p > 10) & (by_group["n100 bimodal p"].p < 90)).any()
        assert by_group["n100 p up to 10"].p.max() == 10
        assert (by_group["n100 1000 times longer"].p % 1000 == 0).all()
        follows = by_group["n100 d follows p"]
        assert np.corrcoef(follows.p, follows.d)[0, 1] > 0.7
