"""Archives that released versions of adrs wrote, kept in schemas/; only paths, host and platform were made up later.

0001.db: adrs run queues --trials 5 --seed 1 --on local --workers 1 --name first
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.archive.schema import ArchiveOutdated
from adrs.archive.tables import SCHEMA
from adrs.evaluation import Status
from adrs.report.upgrading import upgrade_archive
from tests.cli.command import adrs

SCHEMAS = Path(__file__).parent / "schemas"


@pytest.fixture
def first(tmp_path):
    """The archive of a run of five trials on `queues`, in schema 0001."""
    (tmp_path / "runs" / "first").mkdir(parents=True)
    return Path(shutil.copy(SCHEMAS / "0001.db", tmp_path / "runs" / "first" / "archive.db"))


def rows(path, query):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_there_is_an_archive_of_every_older_schema():
    assert [path.stem for path in sorted(SCHEMAS.glob("*.db"))] == [f"{n:04}" for n in range(1, int(SCHEMA))]


def test_an_archive_of_schema_0001_has_the_same_facts_after_an_upgrade(first):
    before = {
        table: rows(first, f'SELECT * FROM "{table}"')
        for table in ("campaigns", "sessions", "texts", "trials", "evaluations", "references", "events")
    }
    with pytest.raises(ArchiveOutdated, match="has schema '0001'"):
        Archive.open(sqlite_url(first))
    assert upgrade_archive(first) is not None
    for table, were in before.items():
        assert [row[: len(were[0])] for row in rows(first, f'SELECT * FROM "{table}"')] == were, table


def test_an_archive_of_schema_0001_can_be_read_after_an_upgrade(first):
    upgrade_archive(first)
    archive = Archive.open(sqlite_url(first))
    trials = archive.trials()
    invalid = Status.INVALID
    assert [trial.evaluation.status for trial in trials] == [Status.VALID, invalid, Status.VALID, Status.VALID, invalid]
    assert [trial.parents for trial in trials] == [(), (0,), (0,), (0,), (0,)]
    assert trials[0].evaluation.scores == {"regret": 24.991666666666664}
    validation = archive.evaluation(2, "validation")
    assert validation is not None
    assert sum(result.scores["regret"] for result in validation.results) / 6 == pytest.approx(33.38333333333333)
    assert validation.conditions == {}
    assert archive.references("train")["two_choices"].conditions == {}
    archive.close()


@pytest.mark.parametrize("command", ["show", "resume"])
def test_an_archive_of_schema_0001_says_how_to_upgrade_it(first, command):
    cwd = first.parents[2]
    refused = adrs(command, "first", "--runs", "runs", cwd=cwd, check=4)
    assert "has schema '0001'" in refused.stderr
    assert "adrs archive upgrade" in refused.stderr
    adrs("archive", "upgrade", "first", "--runs", "runs", cwd=cwd, check=0)
    assert "33.38" in adrs("show", "first", "--runs", "runs", cwd=cwd, check=0).stdout
