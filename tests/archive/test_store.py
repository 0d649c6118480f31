import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.archive.schema import ArchiveOutdated
from adrs.errors import ArchiveError, UsageError
from adrs.evaluation import Evaluation, Result, Status
from adrs.llm import Completion, Message, Prompt, Quote, Usage
from adrs.program import Program
from adrs.trial import Parents, Proposal, Spend, Trial

RESULTS = (Result("a", "small", {"cost": 1.0, "gap": 0.1}), Result("b", "large", {"cost": 2.0, "gap": 1 / 3}))
TRAIN = Evaluation(Status.VALID, "train", "", {"gap": 0.1 + 0.2}, RESULTS, {"size": 3.0}, "small: fine", 0.5)
PROMPT = Prompt((Message("system", "Be brief."), Message("user", "Improve it.")))
ANSWER = Completion("Sure.\n```\nx\n```\n", "m-2026", Usage(10, 5, 4), 0.01, 1.5, "stop", 2)


@pytest.fixture
def archive(url):
    archive = Archive.create(url, name="brave-heron", config={"seed": 7}, written={"adrs": "0.1.0"})
    yield archive
    archive.close()


@contextmanager
def connected(url):
    """Yield a connection of one's own to a database."""
    engine = create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def seed(archive):
    archive.plan(0, None)
    archive.propose(0, Proposal(Program("x = 1\n"), "seed"))
    archive.begin_evaluation(0, "train")
    archive.add_evaluation(0, TRAIN)
    return archive.tell(0)


def test_what_is_told_is_what_is_read_again(archive, url):
    first = seed(archive)
    archive.plan(1, Parents((first,), (first,), (first,)))
    archive.propose(1, Proposal(None, "m", Status.UNPARSED, "block 1 was not found", "p" * 64, "an idea"))
    second = archive.tell(1)
    assert second == Trial(
        1, (0,), (0,), None, Evaluation(Status.UNPARSED, message="block 1 was not found"), "m", "p" * 64, "an idea"
    )
    archive.close()
    again = Archive.open(url)
    assert again.trials() == [first, second]
    assert again.trials(after=0) == [second]
    assert again.counts() == (2, 1)
    again.close()


def test_scores_and_results_come_back_bit_for_bit(archive):
    told = seed(archive)
    assert told.evaluation.scores == {"gap": 0.1 + 0.2}
    assert told.evaluation.results == ()
    assert archive.evaluation(0, "train") == TRAIN
    assert archive.evaluations("train", results=True) == {0: TRAIN}
    assert archive.evaluation(0, "validation") is None


def test_the_conditions_of_timed_evaluations_come_back(archive, url):
    archive.plan(0, None)
    archive.propose(0, Proposal(Program("x = 1\n"), "seed"))
    timed = replace(TRAIN, conditions={"load_before": 0.25, "core": 1.0})
    archive.begin_evaluation(0, "train")
    archive.add_evaluation(0, timed)
    archive.add_reference("edd", timed)
    archive.add_reference("spt", TRAIN)
    assert archive.evaluation(0, "train") == timed
    assert archive.references("train") == {"edd": timed, "spt": TRAIN}
    with connected(url) as connection:
        kept = connection.exec_driver_sql('SELECT name FROM "references" WHERE conditions IS NULL').all()
    assert kept == [("spt",)]


def test_an_unfinished_trial_is_planned_with_what_it_has(archive):
    first = seed(archive)
    archive.plan(1, Parents((first,), (), (first,)))
    archive.plan(2, Parents((first,)))
    proposal = Proposal(Program("x = 2\n"), "m", note="doubled")
    archive.propose(2, proposal)
    one, two = archive.planned()
    assert (one.number, one.parents, one.failed, one.proposal) == (1, (0,), (0,), None)
    assert (two.number, two.proposal) == (2, proposal)


def test_a_completion_is_kept_verbatim_and_money_adds_up(archive):
    seed(archive)
    request = archive.send(0, 0, PROMPT, seed=3, quote=Quote(0.5, 900))
    assert archive.spend() == Spend(0.0, 0, 0.5)
    archive.answer(0, 0, request, ANSWER)
    failed = archive.send(0, 1, PROMPT, seed=4, quote=Quote(0.5, 900))
    archive.fail(0, 1, failed, "the provider is down")
    first, second = archive.calls(0)
    assert (first.state, first.prompt, first.completion) == ("answered", PROMPT, ANSWER)
    assert (second.state, second.error, second.spent) == ("failed", "the provider is down", Spend())
    assert archive.spend() == Spend(0.01, 15, 0.5)
    assert archive.trials()[0].spend == Spend(0.01, 15, 0.5)


def test_a_request_that_a_dead_session_left_open_counts_at_its_worst(archive):
    archive.begin_session()
    seed(archive)
    archive.send(0, 0, PROMPT, seed=3, quote=Quote(0.5, 900))
    archive.begin_session()
    assert [call.state for call in archive.calls()] == ["unknown"]
    assert archive.spend() == Spend(0.5, 900, 0.5)
    assert archive.send(0, 0, PROMPT, seed=3, quote=Quote(0.5, 900)) == 1


def test_sessions_and_events_are_in_order(archive):
    archive.begin_session()
    archive.end_session(reason="interrupted", finished=False)
    archive.begin_session()
    archive.beat()
    one, two = archive.sessions()
    assert (one.reason, one.finished, two.ended) == ("interrupted", False, None)
    archive.reconfigure({"seed": 7, "dollars": 5})
    archive.add_event("promoted", {"trial": 3})
    assert [event[1] for event in archive.events()] == ["extended", "promoted"]
    assert archive.events("extended")[0][2] == {"dollars": [None, 5]}
    assert archive.record().config == {"seed": 7, "dollars": 5}


def test_references_are_kept_apart_from_trials(archive):
    archive.add_reference("edd", TRAIN)
    assert archive.references("train") == {"edd": TRAIN}
    assert archive.references("validation") == {}
    assert archive.counts() == (0, 0)


def test_a_name_is_used_once(archive, url):
    with pytest.raises(UsageError, match="brave-heron"):
        Archive.create(url, name="brave-heron", config={}, written={})


def test_two_campaigns_share_a_database(archive, url):
    other = Archive.create(url, name="calm-otter", config={}, written={})
    seed(other)
    assert archive.trials() == []
    other.close()
    with pytest.raises(ArchiveError, match="2 campaigns"):
        Archive.open(url)


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "text.db").write_text("hello " * 1000)
    with pytest.raises(ArchiveError, match="not a database"):
        Archive.open(sqlite_url(tmp_path / "text.db"))
    sqlite3.connect(tmp_path / "empty.db").close()
    with pytest.raises(ArchiveError, match="no archive"):
        Archive.open(sqlite_url(tmp_path / "empty.db"))
    with pytest.raises(ArchiveError, match="cannot be used"):
        Archive.create(sqlite_url(tmp_path / "nowhere" / "archive.db"), name="x", config={}, written={})


def test_an_archive_of_the_future_is_refused(archive, url):
    archive.close()
    with connected(url) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ArchiveOutdated, match="9999") as caught:
        Archive.open(url)
    assert "Upgrade adrs" in caught.value.todo
    assert not caught.value.upgradable


def test_the_declared_schema_is_the_newest_migration():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from adrs.archive import schema
    from adrs.archive.tables import SCHEMA

    config = Config()
    config.set_main_option("script_location", str(schema._MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA


def test_the_migrations_make_the_tables_that_the_code_declares(archive, url):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from adrs.archive.tables import METADATA

    with connected(url) as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_kill_9_loses_nothing_that_was_committed(tmp_path):
    script = f"""
import os, signal
from adrs.archive import Archive
from adrs.program import Program
from adrs.trial import Proposal
archive = Archive.create({sqlite_url(tmp_path / "archive.db")!r}, name="x", config={{}}, written={{}})
for number in range(20):
    archive.plan(number, None)
    archive.propose(number, Proposal(Program(f"x = {{number}}"), "m"))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    again = Archive.open(sqlite_url(tmp_path / "archive.db"))
    assert [plan.number for plan in again.planned()] == list(range(20))
    again.close()


@pytest.fixture
def public():
    """A folder that every user can read and only root can write."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_archive_that_may_not_be_written_can_be_read(public):
    archive = Archive.create(sqlite_url(public / "archive.db"), name="x", config={}, written={})
    seed(archive)
    archive.close()
    script = f"""
import os, sqlite3
from pathlib import Path
from adrs.archive import Archive
from adrs.archive.connection import Database, sqlite_url
Database("sqlite://").close()
os.setgid(65534), os.setuid(65534)
print(len(Archive.open(sqlite_url(Path({str(public / "archive.db")!r}))).trials()))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("1\n", 0), done.stderr
