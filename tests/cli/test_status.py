import subprocess
import sys
from pathlib import Path

import pytest

from adrs.testing.samples import write_pack
from tests.report.command import adrs
from tests.report.sample_run import BEST, NAME, Writer, write_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs)
    return runs


def test_runs_are_one_line_each(runs: Path) -> None:
    ran = adrs("status", runs=runs)
    header, row = ran.out.splitlines()
    assert ran.code == 0
    assert header.split() == ["run", "problem", "state", "trials", "best", "objective", "dollars", "age", "note"]
    assert row.split()[:7] == [NAME, "queues", "finished", "8", "8.7083", "regret", "0.50"]


def test_runs_as_json(runs: Path) -> None:
    (row,) = adrs("status", "--json", runs=runs).json()["runs"]
    assert row.keys() == {
        "run",
        "problem",
        "state",
        "created",
        "trials",
        "best",
        "objective",
        "dollars",
        "seconds",
        "self_scored",
        "note",
        "forked",
    }
    assert (row["run"], row["state"], row["trials"]) == (NAME, "finished", 8)


def test_without_runs_the_way_to_one_is_named(tmp_path: Path) -> None:
    ran = adrs("status", runs=tmp_path)
    assert (ran.code, ran.out) == (0, "")
    assert "`adrs run smtt` starts one" in ran.err
    assert adrs("status", "--json", runs=tmp_path).json() == {"runs": []}


def test_one_run_in_words(runs: Path) -> None:
    ran = adrs("status", NAME, runs=runs)
    assert ran.code == 0
    assert ran.out.startswith("queues · brave-heron · finished\n")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "best trial 5, regret 8.7083 min on validation, 5.9667 on train: set LIMIT to 30" in lines
    assert "course 24.992 (trial 0) → 14.975 (trial 1) → 5.9667 (trial 5) → 5.925 (trial 6)" in lines
    assert "trials 8 50" in lines
    assert "7 finished: 4 valid, 2 crashed, 1 unparsed" in lines
    assert "crashed 2 3 IndexError: index 99 of 12" in lines
    assert any(line.startswith("two_choices 18.725 ") for line in lines)
    assert ran.err == f"next: adrs best {NAME} -o best.py\n"


def test_one_run_as_json(runs: Path) -> None:
    told = adrs("status", "last", "--json", runs=runs).json()
    assert told["run"] == NAME
    assert told["objective"]["name"] == "regret"
    assert told["budget"]["trials"] == {"used": 8, "limit": 50}
    assert told["statuses"] == {"valid": 4, "crashed": 2, "unparsed": 1}
    assert told["best"]["trial"] == BEST
    assert [step["trial"] for step in told["steps"]] == [0, 1, 5, 6]
    assert [row["name"] for row in told["comparison"]] == ["best", "seed", "two_choices"]
    assert told["comparison"][0].keys() == {
        "name",
        "trial",
        "score",
        "interval",
        "best_minus_this",
        "best_minus_this_interval",
    }


def test_a_run_that_only_just_exists(tmp_path: Path) -> None:
    Writer(tmp_path / "young", name="young").archive.close()
    ran = adrs("status", "young", runs=tmp_path)
    assert ran.code == 0
    assert "none is valid on validation yet" in ran.out
    assert "none finished" in ran.out
    assert ran.err == "next: adrs resume young\n"
    assert adrs("status", "young", "--json", runs=tmp_path).json()["comparison"] == []


@pytest.mark.parametrize(("ended", "state", "following"), [(False, "running", "watch"), (True, "stopped", "resume")])
def test_what_to_do_next_follows_from_the_state(tmp_path: Path, *, ended: bool, state: str, following: str) -> None:
    writer = Writer(tmp_path / "x", name="x")
    writer.archive.begin_session()
    writer.run(0, 80, (), validate=True)
    if ended:
        writer.archive.end_session(reason="interrupted", finished=False)
    ran = adrs("status", "x", runs=tmp_path)
    writer.archive.close()
    assert ran.out.startswith(f"queues · x · {state}\n")
    assert ran.err == f"next: adrs {following} x\n"


def test_of_a_long_course_both_ends_are_shown(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "x", name="x")
    for number in range(7):
        writer.run(number, 80 - 5 * number, (0,) if number else ())
    writer.archive.close()
    (course,) = [line for line in adrs("status", "x", runs=tmp_path).out.splitlines() if line.startswith("course")]
    assert [part.split()[-1] for part in course.split(" → ")] == ["0)", "…", "4)", "5)", "6)"]


def test_an_edited_pack_is_mentioned(tmp_path: Path) -> None:
    pack = write_pack(tmp_path)
    write_run(tmp_path / "runs", pack=pack)
    (pack / "statement.md").write_text("Something else.\n")
    ran = adrs("status", "last", runs=tmp_path / "runs")
    assert ran.code == 0
    assert "note: the pack of queues is not what it was when brave-heron began" in ran.err


def test_an_unknown_run_ends_with_a_sentence_and_a_code(runs: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "adrs", "status", "brave-hero", "--runs", str(runs)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    assert ran.stdout == ""
    assert ran.stderr.splitlines()[0] == f"adrs: there is no run 'brave-hero' in {str(runs)!r}"
    assert "Did you mean 'brave-heron'?" in ran.stderr
