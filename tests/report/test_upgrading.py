import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adrs.archive import schema
from adrs.archive.schema import ArchiveOutdated
from adrs.errors import ArchiveError
from adrs.report.opening import open_run
from adrs.report.upgrading import upgrade_archive
from tests.report.sample_run import NAME, write_run

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{newest}"


def upgrade():
    op.add_column("events", sa.Column("remark", sa.Text()))
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_run(tmp_path / "runs") / "archive.db"


@pytest.fixture
def newer_adrs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive: Path) -> None:
    """Stand for an adrs that has one migration more than this one."""
    migrations = Path(shutil.copytree(schema._MIGRATIONS, tmp_path / "migrations"))
    (migrations / "versions" / "next.py").write_text(NEXT.format(newest=revision(archive)))
    monkeypatch.setattr(schema, "_MIGRATIONS", migrations)
    monkeypatch.setattr(schema, "SCHEMA", "next")


def revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_the_newest_is_left_alone(archive: Path) -> None:
    before = archive.read_bytes()
    assert upgrade_archive(archive) is None
    assert archive.read_bytes() == before
    assert [path.name for path in archive.parent.iterdir()] == ["archive.db"]


@pytest.mark.usefixtures("newer_adrs")
def test_an_older_one_is_upgraded_and_kept(archive: Path) -> None:
    before = revision(archive)
    with pytest.raises(ArchiveOutdated, match="has schema"), open_run(NAME, archive.parent.parent):
        pass
    copy = upgrade_archive(archive)
    assert copy is not None
    assert copy.parent == archive.parent
    assert (revision(copy), revision(archive)) == (before, "next")
    with open_run(NAME, archive.parent.parent) as run:
        assert len(run.trials) == 7
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM trials").fetchone() == (8,)
    assert upgrade_archive(archive) is None


@pytest.mark.usefixtures("newer_adrs")
def test_the_copy_holds_what_the_log_still_holds(archive: Path) -> None:
    with closing(sqlite3.connect(archive)) as writer:
        writer.execute("UPDATE campaigns SET name = 'renamed'")
        writer.commit()
        assert archive.with_name("archive.db-wal").stat().st_size > 0
        copy = upgrade_archive(archive)
    assert copy is not None
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT name FROM campaigns").fetchone() == ("renamed",)


def test_one_of_a_newer_adrs_is_refused_and_not_copied(archive: Path) -> None:
    with closing(sqlite3.connect(archive)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'future'")
        connection.commit()
    with pytest.raises(ArchiveOutdated, match="has schema 'future'") as caught:
        upgrade_archive(archive)
    assert "Upgrade adrs" in caught.value.todo
    assert [path.name for path in archive.parent.iterdir()] == ["archive.db"]


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    path.write_text("no database" * 50)
    with pytest.raises(ArchiveError, match="not a database"):
        upgrade_archive(path)
