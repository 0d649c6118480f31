import json

import pytest

from tests.cli.command import adrs


def test_the_hostile_suite_says_what_became_of_each_program(tmp_path):
    done = adrs("sandbox", "test", "--sandbox", "local", "--only", "fork bomb", "--json", cwd=tmp_path, check=0)
    told = json.loads(done.stdout)
    [program] = told["programs"]
    assert (told["schema"], told["sandbox"]) == (1, "local")
    assert (program["name"], program["group"]) == ("fork bomb", "exhaust")
    assert program["expected"] == program["observed"] == "crashed"
    assert program["passed"]
    assert program["in_time"]
    assert (program["leftovers"], program["harm"], program["aftermath"]) == ([], [], "")
    assert 0 < program["seconds"] < program["limit"] + 1


def test_the_hostile_suite_prints_a_table(tmp_path):
    done = adrs("sandbox", "test", "--sandbox", "local", "--only", "network", cwd=tmp_path, check=0)
    [heading] = [line for line in done.stdout.splitlines() if line.startswith("group")]
    assert heading.split() == [
        "group",
        "program",
        "expected",
        "observed",
        "seconds",
        "limit",
        "next",
        "left",
        "behind",
        "host",
    ]
    [row] = [line for line in done.stdout.splitlines() if "metadata addresses" in line]
    assert row.split()[:5] == ["network", "metadata", "addresses", "valid", "valid"]
    assert row.split()[-3:] == ["same", "nothing", "untouched"]
    count = done.stdout.count("\nnetwork ")
    assert done.stdout.splitlines()[-1] == f"{count} programs: {count} ended as expected, 0 left something behind"
    assert "local sandbox" in done.stderr


def test_an_unknown_program_is_a_usage_error(tmp_path):
    done = adrs("sandbox", "test", "--sandbox", "local", "--only", "nonsense", cwd=tmp_path, check=2)
    assert "no hostile program and no group is called 'nonsense'" in done.stderr
    assert "network" in done.stderr


@pytest.mark.docker
def test_the_hostile_suite_runs_in_a_container(tmp_path):
    done = adrs("sandbox", "test", "--sandbox", "docker", "--only", "os._exit", "--json", cwd=tmp_path, check=0)
    told = json.loads(done.stdout)
    assert told["sandbox"] == "docker"
    assert [program["passed"] for program in told["programs"]] == [True]
