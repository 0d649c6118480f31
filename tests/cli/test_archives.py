import csv
import json
import shutil
from pathlib import Path

import pytest

from adrs.archive import schema
from tests.archive.real import change, write_real
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


def test_what_holds_is_said_line_by_line(tmp_path: Path) -> None:
    write_real(tmp_path)
    ran = adrs("archive", "check", NAME, runs=tmp_path)
    assert ran.code == 0
    assert {line.split()[0] for line in ran.out.splitlines()} == {"ok"}
    told = adrs("archive", "check", NAME, "--json", runs=tmp_path).json()
    assert (told["run"], told["kept"], len(told["invariants"])) == (NAME, True, len(ran.out.splitlines()))


def test_what_does_not_hold_is_named_and_ends_with_code_3(tmp_path: Path) -> None:
    run = write_real(tmp_path)
    change(run.archive, "UPDATE trials SET told_at = NULL")
    ran = adrs("archive", "check", NAME, runs=tmp_path)
    assert ran.code == 3
    assert (
        "violated  the search heard of trials in an order without holes\n"
        "            trial 0 has only one of position and time\n"
    ) in ran.out
    assert "            and 2 more\n" in ran.out
    assert f"1 of 29 invariants of {NAME} are violated" in ran.err
    told = adrs("archive", "check", NAME, "--json", runs=tmp_path)
    (broken,) = [one for one in json.loads(told.out)["invariants"] if one["state"] != "ok"]
    assert (told.code, broken["name"], broken["count"], len(broken["offenders"])) == (3, "told", 7, 5)


def test_an_outdated_archive_is_to_be_upgraded_first(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    shutil.copy(Path(__file__).parents[1] / "archive" / "schemas" / "0001.db", tmp_path / "first" / "archive.db")
    for command in ("check", "export"):
        ran = adrs("archive", command, "first", runs=tmp_path)
        assert ran.code == 4
        assert "adrs archive upgrade RUN" in ran.err


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_a_run_goes_from_one_folder_of_runs_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    write_real(tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    ran = adrs("archive", "export", NAME, "--format", form, runs=tmp_path / "runs")
    assert (ran.code, ran.out) == (0, f"{NAME} is in {NAME}.{form}\n")
    told = adrs("archive", "import", f"{NAME}.{form}", "--name", "other", "--json", runs=tmp_path / "more").json()
    assert told == {"run": "other", "folder": str(tmp_path / "more" / "other")}
    assert adrs("archive", "check", "other", runs=tmp_path / "more").code == 0
    shown = adrs("show", "other", "--json", runs=tmp_path / "more").json()
    assert shown["trials"] == adrs("show", NAME, "--json", runs=tmp_path / "runs").json()["trials"]


def test_the_trials_alone_are_a_table_for_people(tmp_path: Path) -> None:
    write_real(tmp_path)
    output = str(tmp_path / "trials.csv")
    told = adrs(
        "archive", "export", NAME, "--format", "csv", "--trials-only", "-o", output, "--json", runs=tmp_path
    ).json()
    assert told == {"run": NAME, "exported": output}
    with Path(output).open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["number"] for line in lines] == [str(number) for number in range(7)]
    assert (lines[2]["status"], lines[2]["train_regret"]) == ("crashed", "")
    assert (lines[5]["parents"], lines[5]["model"], lines[5]["note"]) == ("1 0", "sample", "set LIMIT to 30")
    assert (lines[4]["dollars"], lines[4]["tokens"], lines[4]["program"]) == ("0.5", "240", "")
    assert float(lines[5]["validation_regret"]) < float(lines[0]["validation_regret"])
    again = adrs("archive", "export", NAME, "--format", "csv", "--trials-only", "-o", output, runs=tmp_path)
    assert (again.code, "already" in again.err) == (2, True)
    assert adrs("archive", "export", NAME, "--trials-only", runs=tmp_path).code == 2


@pytest.mark.parametrize(("name", "told"), [("../x", "name"), ("a b", "name"), (NAME, "already")])
def test_a_name_that_cannot_be_used_is_refused(tmp_path: Path, name: str, told: str) -> None:
    run = write_real(tmp_path / "runs")
    output = str(tmp_path / "x.jsonl")
    adrs("archive", "export", NAME, "-o", output, runs=tmp_path / "runs")
    ran = adrs("archive", "import", output, "--name", name, runs=tmp_path / "runs")
    assert ran.code == 2
    assert told in ran.err
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [run.name]
    assert adrs("archive", "import", str(tmp_path / "nothing"), runs=tmp_path / "runs").code == 2
