"""The machine is written down, and another one noticed."""

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest

from adrs.campaign.control import Watch
from adrs.campaign.session import create, reopen, run
from adrs.config import CampaignConfig
from adrs.events import Event, Notice
from adrs.hardware import read_hardware
from adrs.testing.samples import PACK

pytestmark = pytest.mark.slow
TIMED = Path(__file__).parents[1] / "evaluating" / "timed"


def session(opened):
    """Run a session to its end; return what the user was told of other machines."""
    told: list[Event] = []
    try:
        run(opened, Watch(told.append, lambda: None, lambda: None))
    finally:
        opened.archive.close()
    return [event.text for event in told if isinstance(event, Notice) and "another machine" in event.text]


def on_another_machine(folder, **changes):
    """Rewrite what the run knows of its machine."""
    with closing(sqlite3.connect(folder.archive)) as connection:
        written = json.loads(connection.execute("SELECT written FROM campaigns").fetchone()[0])
        written["hardware"] = {**written["hardware"], **changes} if changes else None
        connection.execute("UPDATE campaigns SET written = ?", (json.dumps(written),))
        connection.commit()


def begun(tmp_path, problem):
    config = CampaignConfig(problem=str(problem), runs=str(tmp_path), name="x", trials=1, workers=1, on="local")
    opened = create(config)
    assert opened.archive.record().written["hardware"] == asdict(read_hardware())
    assert session(opened) == []
    return opened.folder


def resumed(folder):
    """Run one trial more; return what the user was told, and the machines that were noted so far."""
    opened = reopen(folder, {"trials": "+1"})
    told = session(opened)
    archive = folder.open()
    noted = [data for _, _, data in archive.events("hardware")]
    archive.close()
    return told, noted


@pytest.mark.parametrize(("problem", "warned"), [(TIMED, True), (PACK, False)])
def test_another_machine_is_noted_once_and_told_where_times_are_scored(tmp_path, problem, warned):
    here, folder = asdict(read_hardware()), begun(tmp_path, problem)
    assert "# cpu " in folder.settings.read_text()
    assert resumed(folder) == ([], [])
    on_another_machine(folder, cpu="Analytical Engine")
    told, noted = resumed(folder)
    assert noted == [here]
    assert len(told) == warned
    assert all("do not compare" in text and "'Analytical Engine' →" in text for text in told)
    assert resumed(folder) == ([], [here])


def test_a_machine_that_an_older_adrs_did_not_write_down_is_noted(tmp_path):
    folder = begun(tmp_path, TIMED)
    on_another_machine(folder)
    assert resumed(folder) == ([], [asdict(read_hardware())])
