import subprocess
import sys
from pathlib import Path

import pytest

from adrs.testing.samples import sample_program
from tests.report.command import adrs
from tests.report.sample_run import BEST, NAME, Writer, write_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs)
    return runs


def command_line(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "adrs", *arguments], capture_output=True, text=True, check=False)


def test_the_source_alone_goes_to_stdout(runs: Path) -> None:
    ran = command_line("best", NAME, "--runs", str(runs))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, sample_program(30).source, "")


def test_the_source_goes_to_a_file(runs: Path, tmp_path: Path) -> None:
    ran = adrs("best", "last", "-o", str(tmp_path / "best.py"), runs=runs)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == f"trial 5 of brave-heron is in {tmp_path / 'best.py'}\n"
    assert (tmp_path / "best.py").read_text() == sample_program(30).source


def test_the_scores_as_json(runs: Path) -> None:
    told = adrs("best", NAME, "--json", runs=runs).json()
    assert told["trial"] == BEST
    assert told["train"]["regret"] == pytest.approx(5.966667)
    assert told["validation"]["regret"] == pytest.approx(8.708333)
    assert told["hash"] == sample_program(30).hash
    assert told["program"] == sample_program(30).source
    assert told["audit"] == "passed"
    facts = {
        "run",
        "problem",
        "trial",
        "model",
        "note",
        "train",
        "validation",
        "audit",
        "hash",
        "program",
        "self_scored",
    }
    assert told.keys() == facts


def test_a_file_that_cannot_be_written_is_a_sentence(runs: Path, tmp_path: Path) -> None:
    ran = command_line("best", NAME, "-o", str(tmp_path / "nowhere" / "best.py"), "--runs", str(runs))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("adrs: No such file or directory: ")
    assert "Traceback" not in ran.stderr


def test_without_a_best_the_goal_is_missed(tmp_path: Path) -> None:
    Writer(tmp_path / "young", name="young").archive.close()
    ran = adrs("best", "young", runs=tmp_path)
    assert (ran.code, ran.out) == (3, "")
    assert "no program of 'young' is valid on the validation split yet" in ran.err


def test_an_archive_of_another_adrs_needs_something(runs: Path, tmp_path: Path) -> None:
    import shutil
    import sqlite3
    from contextlib import closing

    shutil.copytree(runs / NAME, tmp_path / NAME)
    with closing(sqlite3.connect(tmp_path / NAME / "archive.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'future'")
        connection.commit()
    ran = adrs("best", NAME, runs=tmp_path)
    assert (ran.code, ran.out) == (4, "")
    assert "Upgrade adrs" in ran.err
