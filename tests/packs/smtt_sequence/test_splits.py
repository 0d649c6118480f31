from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from adrs.errors import EvaluatorBroken, UsageError
from evaluators.smtt.instances import CELLS
from evaluators.smtt.labels import read_labels
from evaluators.smtt.reference import minimal_tardiness
from evaluators.smtt.splits import GRIDS as TRACK_A
from evaluators.smtt.splits import batches
from evaluators.smtt_sequence import make_labels, splits
from evaluators.smtt_sequence.splits import FILE, GRIDS, labelled, unlabelled


@pytest.mark.parametrize("split", GRIDS)
def test_every_cell_of_a_split_has_its_instances(split: str) -> None:
    counts, _ = GRIDS[split]
    found = Counter((one.jobs, one.rdd, one.tf) for one in unlabelled(split))
    assert found == {(jobs, *cell): count for jobs, count in counts.items() for cell in CELLS}


@pytest.mark.parametrize("split", GRIDS)
def test_a_prefix_represents_cells_and_sizes(split: str) -> None:
    counts, _ = GRIDS[split]
    first = unlabelled(split)[:25]
    assert {one.jobs for one in first} == set(counts)
    assert len({one.rdd for one in first}) == len({one.tf for one in first}) == 5


def test_no_instance_is_in_two_splits() -> None:
    everywhere = [one for split in GRIDS for one in unlabelled(split)]
    assert len({one.p.tobytes() + one.d.tobytes() for one in everywhere}) == len(everywhere)
    assert len({one.name for one in everywhere}) == len(everywhere)
    assert not {seed for _, seed in GRIDS.values()} & {seed for _, seed in TRACK_A.values()}


@pytest.mark.parametrize("split", GRIDS)
def test_every_instance_has_its_optimum(split: str) -> None:
    found = labelled(split)
    assert [one.name for one in found] == [one.name for one in unlabelled(split)]
    assert all(one.optimum is not None and one.mdd is not None and 0 <= one.optimum <= one.mdd for one in found)


def test_an_optimum_is_what_the_solver_proves() -> None:
    for one in labelled("train")[:40]:
        if one.jobs == 50:
            assert one.optimum == minimal_tardiness(one.p, one.d).value


def test_the_order_of_the_jobs_says_nothing() -> None:
    found = [one for split in GRIDS for one in unlabelled(split)]
    for times in ("p", "d"):
        trends = [np.corrcoef(getattr(one, times), np.arange(one.jobs))[0, 1] for one in found]
        assert abs(np.mean(trends)) < 4 / np.sqrt(sum(one.jobs for one in found))


def test_made_labels_are_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (splits, make_labels):
        monkeypatch.setattr(module, "GRIDS", {"train": ({8: 2, 12: 1}, 5)})
    file = tmp_path / "labels.npz"
    make_labels.main(file)
    for name, members in batches("train", unlabelled("train")).items():
        proven = [minimal_tardiness(one.p, one.d).value for one in members]
        assert [label.optimum for label in read_labels(name, members, file)] == proven


def test_labels_of_other_instances_are_not_believed() -> None:
    members = batches("train", unlabelled("train"))["train-50"]
    members[0] = replace(members[0], d=members[0].d + 1)
    with pytest.raises(EvaluatorBroken, match="for other instances"):
        read_labels("train-50", members, FILE)


def test_an_unknown_split_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="'holdout'"):
        unlabelled("holdout")
