"""Archives that released versions of adrs wrote, kept in schemas/; only paths, host and platform were made up later.

0001.db: adrs run queues --trials 5 --seed 1 --on local --workers 1 --name first
0002.db: adrs run queues --trials 5 --seed 1 --on local --workers 1 --name second
0002-model.db: the same with --name second-model --model scripted:replies.jsonl --search best_of_n
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, insert, text

from adrs.archive import Archive, TrialState, schema
from adrs.archive.checking import check
from adrs.archive.connection import Database, sqlite_url
from adrs.archive.raw import Raw
from adrs.archive.schema import ArchiveOutdated
from adrs.archive.tables import SCHEMA
from adrs.campaign.folder import RunFolder
from adrs.errors import UsageError
from adrs.evaluation import Status
from adrs.report.upgrading import upgrade_archive, upgrade_run
from tests.cli.command import adrs

SCHEMAS = Path(__file__).parent / "schemas"
KEPT = ("0001", "0002", "0002-model")


def released(folder, kept):
    """Return the archive of a run in an older schema, in a folder of a run."""
    folder.mkdir(parents=True)
    return Path(shutil.copy(SCHEMAS / f"{kept}.db", folder / "archive.db"))


@pytest.fixture
def first(tmp_path):
    """The archive of a run of five trials on `queues`, in schema 0001."""
    return released(tmp_path / "runs" / "first", "0001")


def facts(path):
    """Return the rows of every table by name, as values by column; texts inflated."""
    with closing(sqlite3.connect(path)) as connection:
        raw = Raw(connection)
        shapes = [shape for shape in raw.shapes if shape.columns]
        names = {shape.name: [column.name for column in shape.columns] for shape in shapes}
        return {table: [dict(zip(names[table], row, strict=True)) for row in raw.rows(table)] for table in names}


def test_there_is_an_archive_of_every_older_schema():
    assert sorted({path.stem[:4] for path in SCHEMAS.glob("*.db")}) == [f"{n:04}" for n in range(1, int(SCHEMA))]
    assert sorted(path.stem for path in SCHEMAS.glob("*.db")) == sorted(KEPT)


@pytest.mark.parametrize("kept", KEPT)
def test_an_older_archive_has_the_same_facts_after_an_upgrade(tmp_path, kept):
    path = released(tmp_path / "run", kept)
    before = facts(path)
    assert len(before["trials"]) == 5
    with pytest.raises(ArchiveOutdated, match=f"has schema '{kept[:4]}'"):
        Archive.open(sqlite_url(path))
    assert upgrade_archive(path) is not None
    after = facts(path)
    for table, were in before.items():
        assert [{name: row[name] for name in were[0]} for row in after[table]] == were, table
    assert {row["state"] for row in after["trials"]} == {"told"}
    assert [verdict.name for verdict in check(path) if verdict.state == "violated"] == []


def test_states_follow_from_the_facts(tmp_path):
    path = released(tmp_path / "run", "0002-model")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE trials SET told = NULL, told_at = NULL")
        connection.execute("DELETE FROM evaluations WHERE trial > 0")
        connection.execute("UPDATE trials SET proposed = 0, status = NULL, program = NULL WHERE number > 1")
        connection.execute("UPDATE completions SET state = 'sent' WHERE trial = 3")
        connection.execute("DELETE FROM completions WHERE trial = 4")
    upgrade_archive(path)
    with closing(Archive.open(sqlite_url(path))) as archive:
        states = [plan.state for plan in archive.plans()]
    evaluated, edited, answered = TrialState.EVALUATED, TrialState.EDITED, TrialState.ANSWERED
    assert states == [evaluated, edited, answered, TrialState.PROMPTED, TrialState.PLANNED]


def test_an_upgraded_archive_keeps_prompts_and_replies_and_resumes(tmp_path):
    upgrade_archive(released(tmp_path / "runs" / "second-model", "0002-model"))
    (tmp_path / "replies.jsonl").write_text('{"text": "IDEA: less\\n<<<<<<< SEARCH\\nLIMIT = 80\\n=======\\nLIMIT = 20'
                                            '\\n>>>>>>> REPLACE\\n"}\n')  # fmt: skip
    with closing(RunFolder(tmp_path / "runs" / "second-model").open()) as archive:
        calls = archive.calls(2)
        assert [call.completion.text.splitlines()[0] for call in calls if call.completion] == [
            "I would rather talk about queues.",
            "IDEA: lower still",
        ]
        assert "LIMIT" in calls[0].prompt.messages[-1].content
    ran = adrs("resume", "second-model", "--trials", "6", cwd=tmp_path)
    if "is not what it was" in ran.stderr:
        pytest.skip("the pack `queues` has changed since: a resume is refused, as it should be")
    assert ran.returncode == 0, ran.stderr
    with closing(RunFolder(tmp_path / "runs" / "second-model").open()) as archive:
        assert [trial.number for trial in archive.trials()] == list(range(6))
        assert archive.trials()[5].note == "less"


@pytest.fixture
def outdated(tmp_path, postgres_url):
    """Runs whose archives are in a database of schema 0002."""
    database = Database(postgres_url)
    with database.transaction() as connection:
        schema.upgrade(connection, to="0002")
    database.close()
    engine = create_engine(postgres_url)
    tables = MetaData()
    tables.reflect(engine)
    folders = []
    for number, kept in enumerate(("0002", "0002-model"), 1):
        read = create_engine(sqlite_url(SCHEMAS / f"{kept}.db"))
        with engine.begin() as writes, read.connect() as reads:
            for table in tables.sorted_tables:
                for row in reads.execute(table.select()).mappings() if table.name != "alembic_version" else ():
                    moved = {**row} | ({"campaign": number} if "campaign" in row else {})
                    moved |= {"id": number} if table.name == "campaigns" else {}
                    moved.pop("id", None) if table.name == "events" else None
                    if table.name != "texts" or not writes.scalar(
                        text("SELECT 1 FROM texts WHERE hash = :hash"), {"hash": row["hash"]}
                    ):
                        writes.execute(insert(table).values(moved))
        read.dispose()
        folders.append(RunFolder(tmp_path / "runs" / ("second" if number == 1 else "second-model")))
        folders[-1].path.mkdir(parents=True)
        folders[-1].write_address(postgres_url, folders[-1].name)
    engine.dispose()
    return folders


@pytest.mark.postgresql
def test_a_database_of_an_older_schema_is_upgraded_with_all_its_campaigns(outdated, tmp_path, postgres_url):
    with pytest.raises(ArchiveOutdated, match="has schema '0002'"):
        outdated[0].open()
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        beat = "UPDATE sessions SET ended = NULL, controller = 'elsewhere:1', heartbeat = extract(epoch FROM now())"
        connection.exec_driver_sql(f"{beat} WHERE campaign = 2")
    with pytest.raises(UsageError, match="running: second-model"):
        upgrade_run(outdated[0])
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE sessions SET ended = heartbeat, reason = 'x'")
    engine.dispose()
    told = adrs("archive", "upgrade", "second", cwd=tmp_path, check=0).stdout
    assert told.startswith("upgraded, with all campaigns of postgresql")
    assert told.endswith(": second, second-model\n")
    for folder, kept in zip(outdated, ("0002", "0002-model"), strict=True):
        path = released(tmp_path / kept, kept)
        upgrade_archive(path)
        with folder.file() as copy:
            was, found = facts(path), facts(copy)
        for table in ("trials", "completions", "evaluations", "references"):
            assert found[table] == [row | {"campaign": 1} for row in was[table]], table
    assert "nothing to do" in adrs("archive", "upgrade", "second", cwd=tmp_path, check=0).stdout


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
