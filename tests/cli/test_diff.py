from pathlib import Path

import pytest

from tests.report.command import adrs
from tests.report.sample_run import NAME, write_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs)
    return runs


def test_a_trial_against_its_parent(runs: Path) -> None:
    ran = adrs("diff", NAME, "best", runs=runs)
    lines = ran.out.splitlines()
    assert ran.code == 0
    assert lines[:3] == ["--- trial 1", "+++ trial 5", "@@ -1,6 +1,6 @@"]
    assert [line for line in lines[3:] if not line.startswith(" ")] == ["-LIMIT = 60", "+LIMIT = 30"]


def test_two_named_trials_as_json(runs: Path) -> None:
    found = adrs("diff", NAME, "seed", "best", "--json", runs=runs).json()
    assert (found["run"], found["before"], found["after"]) == (NAME, 0, 5)
    assert (found["added"], found["removed"]) == (1, 1)
    assert found["diff"] == adrs("diff", NAME, "seed", "best", runs=runs).out


def test_equal_programs_are_said_to_be_so(runs: Path) -> None:
    ran = adrs("diff", NAME, "2", "3", runs=runs)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "trials 2 and 3 have the same program\n"


@pytest.mark.parametrize(("trial", "what"), [("0", "has no parent"), ("4", "has no program"), ("x", "no trial 'x'")])
def test_what_has_no_difference_is_a_usage_error(runs: Path, trial: str, what: str) -> None:
    ran = adrs("diff", NAME, trial, runs=runs)
    assert (ran.code, ran.out) == (2, "")
    assert what in ran.err
