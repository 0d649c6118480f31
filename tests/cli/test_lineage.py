from pathlib import Path

import pytest

from tests.report.command import adrs
from tests.report.sample_run import NAME, Writer, write_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs)
    return runs


def test_the_best_by_default(runs: Path) -> None:
    ran = adrs("lineage", NAME, runs=runs)
    header, *rows = ran.out.splitlines()
    assert ran.code == 0
    assert header.split() == ["trial", "parents", "regret", "(train)", "gain", "validation", "model", "change"]
    assert [row.split()[0] for row in rows] == ["0", "1", "5"]
    assert rows[2].split() == ["5", "1", "0", "5.9667", "+9.0083", "8.7083", "sample", "set", "LIMIT", "to", "30"]


def test_a_failure_too_as_json(runs: Path) -> None:
    told = adrs("lineage", NAME, "4", "--json", runs=runs).json()
    assert (told["run"], told["trial"]) == (NAME, 4)
    assert [ancestor["trial"] for ancestor in told["lineage"]] == [0, 1, 4]
    assert told["lineage"][2] == {
        "trial": 4,
        "parents": [1],
        "status": "unparsed",
        "train": None,
        "gain": None,
        "validation": None,
        "note": "",
        "model": "sample",
    }
    assert "unparsed" in adrs("lineage", NAME, "4", runs=runs).out


def test_without_a_best_the_goal_is_missed(tmp_path: Path) -> None:
    Writer(tmp_path / "young", name="young").archive.close()
    ran = adrs("lineage", "young", runs=tmp_path)
    assert (ran.code, ran.out) == (3, "")
    assert "no program of 'young' is valid" in ran.err
