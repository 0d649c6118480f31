"""A small real archive: improvements, failures, repaired replies, a promotion, and a trial in flight."""

import sqlite3
from contextlib import closing
from pathlib import Path

from adrs.archive.raw import Raw
from adrs.campaign.folder import RunFolder
from adrs.config import CampaignConfig, Written
from tests.report.sample_run import BEST, write_run


def write_real(runs: Path) -> RunFolder:
    """Write a run with everything that an archive can hold."""
    folder = RunFolder(write_run(runs))
    archive = folder.open()
    validation = archive.evaluation(BEST, "validation")
    assert validation is not None
    archive.add_event("promoted", {"trial": BEST, "scores": dict(validation.scores)})
    record = archive.record()
    folder.write_config(CampaignConfig.model_validate(record.config), Written.model_validate(record.written))
    archive.close()
    return folder


def change(path: Path, *statements: str) -> None:
    """Change an archive behind its back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        raw = Raw(connection)  # it lends `inflate` and `deflate`
        for statement in statements:
            raw.connection.execute(statement)


def tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table as SQLite keeps it, texts as bytes, with the types of its values."""
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        connection.text_factory = bytes
        found = {name: connection.execute(f'SELECT * FROM "{name}" ORDER BY rowid').fetchall() for name in names}
    return {name: [(row, *map(type, row)) for row in rows] for name, rows in found.items()}
