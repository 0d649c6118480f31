from pathlib import Path

import pytest

from tests.report.command import adrs
from tests.report.sample_run import NAME, Writer, write_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs)
    Writer(runs / "young", name="young").archive.close()
    (runs / "broken").mkdir()
    (runs / "broken" / "archive.db").write_bytes(b"no archive")
    return runs


def names(runs: Path, *arguments: str) -> list[str]:
    return [row["run"] for row in adrs("ls", "--json", *arguments, runs=runs).json()["runs"]]


def test_runs_are_filtered_and_sorted(runs: Path) -> None:
    assert names(runs, "--sort", "name") == [NAME, "broken", "young"]
    assert names(runs, "--sort", "dollars")[0] == NAME
    assert names(runs, "--state", "finished") == [NAME]
    assert names(runs, "--state", "stopped", "--state", "unreadable", "--sort", "name") == ["broken", "young"]
    assert sorted(names(runs, "--problem", "queues")) == [NAME, "young"]
    assert names(runs, "--problem", "smtt") == []


def test_totals_are_of_what_is_listed(runs: Path) -> None:
    ran = adrs("ls", runs=runs)
    assert ran.err == "3 runs, 8 trials, 0.50 dollars\n"
    assert ran.out.split()[0] == "run"
    assert adrs("ls", "--state", "stopped", "--json", runs=runs).json()["total"]["trials"] == 0


def test_where_there_are_none_it_says_so(tmp_path: Path) -> None:
    ran = adrs("ls", runs=tmp_path)
    assert (ran.code, ran.out) == (0, "")
    assert "no such runs" in ran.err
