import shutil
from pathlib import Path

import pytest

from adrs.archive import schema
from tests.report.command import adrs
from tests.report.sample_run import NAME, write_run

NEXT = "revision = 'next'\ndown_revision = {newest!r}\n\n\ndef upgrade():\n    pass\n"


def test_the_newest_has_nothing_to_do(tmp_path: Path) -> None:
    write_run(tmp_path)
    ran = adrs("archive", "upgrade", "last", runs=tmp_path)
    assert (ran.code, ran.out) == (0, f"nothing to do: the archive of {NAME} has the newest schema\n")
    told = adrs("archive", "upgrade", "last", "--json", runs=tmp_path).json()
    assert told == {"run": NAME, "upgraded": False, "copy": None}


def test_an_older_one_is_upgraded_and_its_copy_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path / "runs")
    migrations = Path(shutil.copytree(schema._MIGRATIONS, tmp_path / "migrations"))
    newest = max(path.name for path in (migrations / "versions").glob("v*.py")).split("_")[0][1:]
    (migrations / "versions" / "next.py").write_text(NEXT.format(newest=newest))
    monkeypatch.setattr(schema, "_MIGRATIONS", migrations)
    monkeypatch.setattr(schema, "SCHEMA", "next")
    refused = adrs("show", NAME, runs=tmp_path / "runs")
    assert refused.code == 4
    assert "adrs archive upgrade" in refused.err
    told = adrs("archive", "upgrade", NAME, "--json", runs=tmp_path / "runs").json()
    assert told["upgraded"]
    assert Path(told["copy"]).is_file()
    assert adrs("show", NAME, runs=tmp_path / "runs").code == 0


def test_an_unknown_run_is_named(tmp_path: Path) -> None:
    ran = adrs("archive", "upgrade", "nobody", runs=tmp_path)
    assert ran.code != 0
    assert "there is no run 'nobody'" in ran.err
