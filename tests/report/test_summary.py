import os
import platform
import time
from pathlib import Path
from typing import Any

import pytest

from adrs.archive import Session
from adrs.report.opening import open_run
from adrs.report.summary import State, rows, state, summarise
from adrs.testing.samples import write_pack
from tests.report.sample_run import BEST, NAME, Writer, write_run

HERE = f"{platform.node()}:{os.getpid()}"
NOBODY = f"{platform.node()}:{2**22 + 1}"  # beyond the largest process id


LIVE: dict[str, Any] = {}
STALE = {"beat": 1000.0}
DEAD = {"controller": NOBODY}
STOPPED = {"ended": True}
FINISHED = {"ended": True, "finished": True}


def session(*, controller: str = HERE, beat: float = 0.0, ended: bool = False, finished: bool = False) -> Session:
    now = time.time()
    return Session(1, controller, now - 2000, now - beat, now if ended else None, "", finished, age=beat)


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        ([], State.STOPPED),
        ([LIVE], State.RUNNING),
        ([STALE], State.CRASHED),
        ([DEAD], State.CRASHED),
        ([STOPPED], State.STOPPED),
        ([FINISHED], State.FINISHED),
        ([FINISHED, LIVE], State.RUNNING),
        ([STALE, STOPPED], State.STOPPED),
    ],
)
def test_the_state_follows_from_the_sessions(sessions: list[dict[str, Any]], expected: State) -> None:
    assert state([session(**facts) for facts in sessions]) is expected


def test_a_summary_says_what_the_archive_holds(tmp_path: Path) -> None:
    write_run(tmp_path)
    with open_run("last", tmp_path) as run:
        summary = summarise(run)
    assert (summary.run, summary.problem, summary.objective.name) == (NAME, "queues", "regret")
    assert (summary.state, summary.reason) == (State.FINISHED, "the budget of 7 trials was used")
    assert (summary.model, summary.search, summary.seed, summary.sandbox) == ("sample", "islands", 7, "local")
    assert (summary.finished, summary.statuses) == (7, {"valid": 4, "crashed": 2, "unparsed": 1})
    assert [(failure.status, failure.count) for failure in summary.failures] == [("crashed", 2), ("unparsed", 1)]
    assert [step.trial for step in summary.steps] == [0, 1, 5, 6]
    assert not summary.changed
    assert summary.best is not None
    assert summary.best.trial == BEST
    assert summary.best.validation["regret"] == pytest.approx(8.708333)


def test_the_budget_counts_what_is_under_way(tmp_path: Path) -> None:
    write_run(tmp_path)
    with open_run("last", tmp_path) as run:
        budget = summarise(run).budget
    assert {name: use.limit for name, use in budget.items()} == {
        "trials": 50,
        "evaluations": None,
        "dollars": 1.5,
        "tokens": None,
        "evaluator_seconds": None,
        "seconds": None,
    }
    # two trainings that crashed, four that did not, three validations; two calls of 0.25 dollars and 120 tokens
    assert [budget[name].used for name in ("trials", "evaluations", "dollars", "tokens")] == [8, 9, 0.5, 240]


def test_a_run_that_only_just_exists_has_a_summary(tmp_path: Path) -> None:
    Writer(tmp_path / "young", name="young").archive.close()
    with open_run("young", tmp_path) as run:
        summary = summarise(run)
    assert (summary.state, summary.finished, summary.best, summary.steps) == (State.STOPPED, 0, None, ())


def test_a_pack_that_was_edited_is_noticed(tmp_path: Path) -> None:
    pack = write_pack(tmp_path)
    write_run(tmp_path / "runs", pack=pack)
    (pack / "statement.md").write_text("Something else.\n")
    with open_run("last", tmp_path / "runs") as run:
        assert summarise(run).changed


def test_runs_are_listed_the_newest_first(tmp_path: Path) -> None:
    for name, day in (("b-old", "2024-01-01"), ("a-older", "2023-01-01"), ("c-new", "2025-01-01")):
        writer = Writer(tmp_path / name, name=name)
        with writer.archive._database.transaction() as connection:
            connection.exec_driver_sql(f"UPDATE campaigns SET created = '{day}T00:00:00+00:00'")
        writer.archive.close()
    assert [row.run for row in rows(tmp_path)] == ["c-new", "b-old", "a-older"]


def test_a_row_has_the_score_of_the_best(tmp_path: Path) -> None:
    write_run(tmp_path)
    (row,) = rows(tmp_path)
    assert (row.run, row.problem, row.state, row.trials) == (NAME, "queues", State.FINISHED, 8)
    assert (row.objective, row.dollars) == ("regret", 0.5)
    assert row.best == pytest.approx(8.708333)


def test_a_run_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    write_run(tmp_path / "runs")
    gone = write_pack(tmp_path)
    write_run(tmp_path / "runs", name="packless", pack=gone)
    gone.rename(tmp_path / "elsewhere")
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "archive.db").write_text("no database" * 50)
    found = {row.run: row for row in rows(tmp_path / "runs")}
    assert found[NAME].state is State.FINISHED
    assert {found[name].state for name in ("packless", "broken")} == {State.UNREADABLE}
    assert "not a database" in found["broken"].note
    assert str(gone) in found["packless"].note


def test_no_folder_of_runs_is_no_runs(tmp_path: Path) -> None:
    assert rows(tmp_path / "nowhere") == []
