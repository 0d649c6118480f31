"""Forks of runs: what they inherit, what they change, how they go on, and what cannot be forked."""

import json
import shutil

import pytest

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from tests.campaign.world import facts
from tests.cli.command import adrs
from tests.report import command
from tests.report.sample_run import BEST, NAME, write_run

RUN = ("run", "queues", "--on", "local", "--seed", "7")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished campaign of 16 trials with two workers."""
    folder = tmp_path_factory.mktemp("whole")
    adrs(*RUN, "--trials", 16, "--workers", 2, "--name", "whole", cwd=folder, check=0)
    return folder


@pytest.fixture
def place(whole, tmp_path):
    shutil.copytree(whole / "runs", tmp_path / "runs")
    return tmp_path


def archive_of(place, name):
    return Archive.open(sqlite_url(place / "runs" / name / "archive.db"))


def test_a_fork_holds_the_history_and_keeps_every_invariant(place):
    said = adrs("fork", "whole", "--from", 9, "--set", "seed=8", cwd=place, check=0)
    assert "whole-9 has the 10 trials of whole up to 9" in said.stdout
    assert "seed: 7 → 8" in said.stdout
    assert said.stderr == "next: adrs resume whole-9\n"
    adrs("archive", "check", "whole-9", cwd=place, check=0)
    one, two = archive_of(place, "whole"), archive_of(place, "whole-9")
    kept = [trial for trial in one.trials() if trial.number <= 9]
    assert two.trials() == kept
    assert two.references("validation") == one.references("validation")
    validated = {number: e for number, e in one.evaluations("validation", results=True).items() if number <= 9}
    assert two.evaluations("validation", results=True) == validated
    assert two.sessions() == []
    assert two.record().config["seed"] == 8
    one.close()
    two.close()
    status = adrs("status", "whole-9", cwd=place, check=0).stdout
    assert "forked from whole at 9 (0.00 dollars inherited)" in status
    assert "whole-9 · stopped" in status


@pytest.mark.slow
def test_a_fork_goes_on_with_other_settings_and_is_replayed(place):
    settings = ("--set", "search=greedy", "--set", "trials=14", "--set", "workers=1", "--set", "audit=false")
    adrs("fork", "whole", "--from", 6, *settings, "--name", "other", cwd=place, check=0)
    adrs("resume", "other", cwd=place, check=0)
    adrs("archive", "check", "other", cwd=place, check=0)
    replayed = adrs("replay", "other", cwd=place, check=0)
    assert "the trials up to 6 are whole's, and were taken as given" in replayed.stderr
    archive = archive_of(place, "other")
    assert [trial.number for trial in archive.trials()][7:] == list(range(7, 14))
    archive.close()
    adrs("fork", "other", "--from", 10, "--set", "trials=+2", "--set", "validate_top=1", "--run", cwd=place, check=0)
    adrs("replay", "other-10", cwd=place, check=0)
    adrs("archive", "check", "other-10", cwd=place, check=0)


@pytest.mark.slow
def test_a_fork_of_a_sequential_run_that_changes_nothing_makes_the_same_trials(tmp_path):
    adrs(*RUN, "--trials", 12, "--workers", 1, "--name", "one", cwd=tmp_path, check=0)
    adrs("fork", "one", "--from", 5, "--name", "two", "--run", cwd=tmp_path, check=0)
    first, second = archive_of(tmp_path, "one"), archive_of(tmp_path, "two")
    assert facts(first)[0] == facts(second)[0]
    first.close()
    second.close()
    adrs("replay", "two", cwd=tmp_path, check=0)


def test_money_is_inherited_and_counted_once(tmp_path):
    write_run(tmp_path)
    told = command.adrs("fork", NAME, "--from", str(BEST), "--set", "model=scripted:x", "--json", runs=tmp_path)
    assert told.code == 2  # there is no such file
    assert not (tmp_path / f"{NAME}-5").exists()
    mutator = ("--set", "model=mutator", "--json")
    origin = command.adrs("fork", NAME, "--from", str(BEST), *mutator, runs=tmp_path).json()["forked"]
    assert (origin["trial"], origin["trials"], origin["dollars"], origin["tokens"]) == (5, 6, 0.5, 240)
    listed = command.adrs("ls", "--json", runs=tmp_path).json()
    assert {row["run"]: row["dollars"] for row in listed["runs"]} == {NAME: 0.5, f"{NAME}-5": 0.5}
    assert listed["total"] == {"runs": 2, "trials": 8, "dollars": 0.5, "inherited": 0.5}
    assert f"forked from {NAME} at 5 (0.50 dollars inherited)" in command.adrs("status", runs=tmp_path).out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--from", "7"), "trial 7 of 'brave-heron' is not finished, and a history has no holes"),
        (("--from", "70"), "has no trial 70: it has the trials 0 to 7"),
        (("--from", "5", "--set", "problem=smtt"), "a fork cannot change 'problem'"),
        (("--from", "5", "--set", "sede=3"), "'sede' is no setting"),
        (("--from", "5", "--set", "seed=x"), "seed: input should be a valid integer"),
        (("--from", "5", "--set", "seed"), "is not of the form KEY=VALUE"),
        (("--from", "5", "--set", "seed=1", "--set", "seed=2"), "--set gives 'seed' twice"),
        (("--from", "5", "--set", "search=nosuch", "--set", "model=mutator"), "nosuch"),
        (("--from", "5", "--name", "a b"), "name: string should match pattern"),
        (("--from", "5", "--name", NAME), "there is a run called 'brave-heron' already"),
        (("--from", "5", "--set", "model=mutator", "--set", "trials=", "--set", "dollars="), "has no limit"),
    ],
)
def test_what_cannot_be_forked_says_so_and_leaves_nothing(tmp_path, arguments, sentence):
    write_run(tmp_path)
    before = sorted(tmp_path.iterdir())
    ran = command.adrs("fork", NAME, *arguments, runs=tmp_path)
    assert ran.code == 2
    assert sentence in ran.err
    assert sorted(tmp_path.iterdir()) == before


def test_a_fork_is_exported_and_imported(place):
    adrs("fork", "whole", "--from", 3, "--name", "short", cwd=place, check=0)
    adrs("archive", "export", "short", cwd=place, check=0)
    adrs("archive", "import", "short.jsonl", "--name", "again", cwd=place, check=0)
    (row,) = [
        row for row in json.loads(adrs("ls", "--json", cwd=place, check=0).stdout)["runs"] if row["run"] == "again"
    ]
    assert row["forked"]["run"] == "whole"
