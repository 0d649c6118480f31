import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adrs.comparison import Interval
from adrs.report.compare import Comparison, comparison
from adrs.report.opening import Run, open_run
from tests.report.sample_run import BEST, Writer, write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs)
    with open_run("last", runs) as run:
        yield run


def test_the_best_stands_beside_the_seed_and_the_references(run: Run) -> None:
    rows = comparison(run.problem, run.archive)
    assert [(row.name, row.trial) for row in rows] == [("best", BEST), ("seed", 0), ("two_choices", None)]
    assert [row.score for row in rows] == pytest.approx([8.708333, 24.816667, 18.725])
    for row in rows:
        assert row.interval.low <= row.score <= row.interval.high


def test_differences_are_the_best_minus_the_other(run: Run) -> None:
    best, *others = comparison(run.problem, run.archive)
    assert best.difference is None
    for row in others:
        assert row.difference is not None
        assert row.difference.estimate == pytest.approx(best.score - row.score)
        assert row.difference.excludes(0)
        # what makes an instance hard for both cancels
        width = row.difference.high - row.difference.low
        assert width < (row.interval.high - row.interval.low) + (best.interval.high - best.interval.low)


def test_the_same_results_have_the_same_intervals(tmp_path: Path, run: Run) -> None:
    assert comparison(run.problem, run.archive) == comparison(run.problem, run.archive)
    writer = Writer(tmp_path / "x")
    writer.run(0, 80, (), validate=True)
    writer.archive.add_reference("twin", writer.evaluate(writer.problem.seed, "validation"))
    best, twin = comparison(writer.problem, writer.archive)
    writer.archive.close()
    assert twin.interval == best.interval
    assert twin.difference == Interval(0, 0, 0)


def test_references_come_in_the_order_of_the_pack(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "x")
    writer.run(0, 80, (), validate=True)
    for name, limit in (("c", 10), ("a", 40), ("b", 50)):
        program = replace(writer.problem.seed, source=writer.problem.seed.source.replace("80", str(limit)))
        writer.archive.add_reference(name, writer.evaluate(program, "validation"))
    ordered = replace(writer.problem, pack=writer.problem.pack.model_copy(update={"references": ("b", "c", "a")}))
    assert [row.name for row in comparison(ordered, writer.archive)] == ["best", "b", "c", "a"]
    writer.archive.close()


def test_without_a_best_there_is_nothing_to_compare(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "x")
    writer.refer()
    assert comparison(writer.problem, writer.archive) == []
    writer.archive.close()


def test_an_unknown_interval_is_null_in_json() -> None:
    unknown = Comparison("best", 3, 1.5, Interval(1.5, -math.inf, math.inf), None)
    assert unknown.data() == {
        "name": "best",
        "trial": 3,
        "score": 1.5,
        "interval": None,
        "best_minus_this": None,
        "best_minus_this_interval": None,
    }
    known = Comparison("seed", 0, 2.0, Interval(2.0, 1.0, 3.0), Interval(-0.5, -1.0, 0.0))
    assert known.data()["interval"] == [1.0, 3.0]
    assert known.data()["best_minus_this_interval"] == [-1.0, 0.0]
