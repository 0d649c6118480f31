from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from adrs.errors import EvaluatorBroken
from evaluators.smtt import make_labels
from evaluators.smtt.instances import Instance
from evaluators.smtt.labels import FILE, lateness, read_labels, stack, tardiness
from evaluators.smtt.reference import minimal_tardiness, total_tardiness
from evaluators.smtt.simulator import dispatch, modified_due_date
from evaluators.smtt.splits import GRIDS, batches, labelled, unlabelled

Parts = dict[str, NDArray[np.generic]]
BATCH = "train-25"


@pytest.fixture(scope="module")
def members() -> list[Instance]:
    return batches("train", unlabelled("train"))[BATCH]


@pytest.fixture
def tampered(tmp_path: Path) -> Callable[[Callable[[Parts], object]], Path]:
    """Return a function that files the labels of one batch again, changed."""

    def write(change: Callable[[Parts], object]) -> Path:
        with np.load(FILE) as content:
            parts = {part: content[f"{BATCH}/{part}"] for part in ("digest", "optimum", "mdd", "order")}
        change(parts)
        np.savez(tmp_path / "labels.npz", **{f"{BATCH}/{part}": array for part, array in parts.items()})
        return tmp_path / "labels.npz"

    return write


class TestTheFile:
    @pytest.mark.parametrize("split", GRIDS)
    def test_labels_every_instance(self, split: str) -> None:
        instances = labelled(split)
        assert len(instances) == len(unlabelled(split))
        assert all(one.optimum is not None and one.mdd is not None and one.optimum <= one.mdd for one in instances)

    def test_holds_what_the_solver_proves(self) -> None:
        for one in [*labelled("train")[:200], *labelled("validation")[:50]]:
            assert minimal_tardiness(one.p, one.d).value == one.optimum

    @pytest.mark.parametrize("split", ["train", "validation"])
    def test_holds_what_mdd_incurs(self, split: str) -> None:
        for members in batches(split, labelled(split)).values():
            p, d = stack(members)
            assert tardiness(p, d, dispatch(p, d, modified_due_date(p, d))).tolist() == [one.mdd for one in members]

    def test_is_small(self) -> None:
        assert FILE.stat().st_size < 600_000

    def test_is_what_the_script_writes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(make_labels, "GRIDS", {"train": None})
        monkeypatch.setattr(make_labels, "unlabelled", lambda split: unlabelled(split)[:100])
        make_labels.main(tmp_path / "made.npz")
        with np.load(FILE) as filed, np.load(tmp_path / "made.npz") as made:
            for name in (
                f"{batch}/{part}" for batch in ("train-25", "train-50") for part in ("optimum", "mdd", "order")
            ):
                assert np.array_equal(made[name], filed[name][: len(made[name])])


class TestTampering:
    def test_the_untouched_batch_is_read(self, tampered, members: list[Instance]) -> None:  # type: ignore[no-untyped-def]
        assert len(read_labels(BATCH, members, tampered(lambda parts: None))) == len(members)

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            (lambda parts: parts.update(optimum=np.roll(parts["optimum"], 1)), "miss their label"),
            (lambda parts: parts.update(order=np.roll(parts["order"], 1, axis=0)), "miss their label"),
            (lambda parts: parts.update(optimum=parts["optimum"] - (np.arange(1000) == 7)), "1 sequences"),
            (lambda parts: parts.update(order=np.where(parts["order"] == 3, 4, parts["order"])), "each job once"),
            (lambda parts: parts.update(order=parts["order"][:, :-1]), "each job once"),
            (lambda parts: parts.update(digest=parts["digest"][::-1]), "other instances"),
            (lambda parts: parts.pop("order"), "cannot be read"),
        ],
    )
    def test_is_found(self, tampered, members: list[Instance], change, complaint: str) -> None:  # type: ignore[no-untyped-def]
        with pytest.raises(EvaluatorBroken, match=complaint):
            read_labels(BATCH, members, tampered(change))

    def test_labels_of_all_instances_in_another_order_are_found(self, tampered, members: list[Instance]) -> None:  # type: ignore[no-untyped-def]
        with pytest.raises(EvaluatorBroken, match="other instances"):
            read_labels(BATCH, members[::-1], tampered(lambda parts: None))

    def test_a_missing_or_damaged_file_is_our_failure(self, tmp_path: Path, members: list[Instance]) -> None:
        with pytest.raises(EvaluatorBroken, match="cannot be read"):
            read_labels(BATCH, members, tmp_path / "labels.npz")
        (tmp_path / "labels.npz").write_bytes(FILE.read_bytes()[:1000])
        with pytest.raises(EvaluatorBroken, match="cannot be read"):
            read_labels(BATCH, members, tmp_path / "labels.npz")


def test_lateness_agrees_with_the_plain_sum(members: list[Instance]) -> None:
    p, d = stack(members[:50])
    orders = np.random.default_rng(0).permuted(np.tile(np.arange(25), (50, 1)), axis=1)
    plain = [total_tardiness(*each) for each in zip(p, d, orders, strict=True)]
    assert tardiness(p, d, orders).tolist() == plain
    assert (lateness(p, d, orders).max(axis=1) <= p.sum(axis=1)).all()
