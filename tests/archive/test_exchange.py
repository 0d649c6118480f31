"""What is exported is imported again, exactly; what is damaged is refused, and leaves nothing behind."""

import hashlib
import json
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adrs.archive import formats, schema
from adrs.archive.checking import check
from adrs.archive.connection import Database, sqlite_url
from adrs.archive.exporting import export
from adrs.archive.formats import FormatName, jsonl
from adrs.archive.importing import import_archive
from adrs.archive.raw import Raw
from adrs.archive.schema import ArchiveOutdated
from adrs.archive.tables import SCHEMA
from adrs.errors import ArchiveError, MissingPart, UsageError
from adrs.report.exchange import import_run
from adrs.report.upgrading import upgrade_archive
from tests.archive.real import change, tables, write_real

FORMS: tuple[FormatName, ...] = ("jsonl", "csv", "parquet")
SCHEMAS = Path(__file__).parent / "schemas"


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    return write_real(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def exported(real, tmp_path_factory):
    """The real archive in every format, by format."""
    folder = tmp_path_factory.mktemp("exported")
    for form in FORMS:
        export(real.archive, folder / form, form)
    return {form: folder / form for form in FORMS}


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) if folder.exists() else []


@pytest.mark.parametrize("form", FORMS)
def test_what_is_imported_is_equal_table_by_table_and_keeps_every_invariant(real, exported, tmp_path, form):
    run = import_run(exported[form], tmp_path / "runs", None)
    assert tables(run.archive) == tables(real.archive)
    assert {verdict.state for verdict in check(run.archive)} == {"ok"}
    assert run.settings.read_text() == real.settings.read_text()
    assert "LIMIT = 30" in run.best.read_text()
    assert names(tmp_path / "runs") == [run.name, *(f"{run.name}/{name}" for name in names(run.path))]
    assert names(run.path) == ["archive.db", "best.py", "campaign.toml"]


def test_an_export_reads_and_leaves_no_more_than_it_says(real, tmp_path):
    before = names(real.path)
    export(real.archive, tmp_path / "x.jsonl", "jsonl")
    assert names(real.path) == before
    assert names(tmp_path) == ["x.jsonl"]
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    assert lines[0] == {"adrs": "archive", "format": 1, "schema": SCHEMA}
    assert sum(line.get("table") == "trials" for line in lines) == lines[-1]["end"]["trials"] == 8


def test_an_imported_run_can_have_another_name(exported, tmp_path):
    run = import_run(exported["jsonl"], tmp_path, "calm-otter")
    archive = run.open()
    record = archive.record()
    archive.close()
    assert (run.name, record.name, record.config["name"]) == ("calm-otter", "calm-otter", "calm-otter")
    assert 'name = "calm-otter"' in run.settings.read_text()


@pytest.mark.parametrize("name", [None, "brave-heron"])
def test_a_name_is_used_once(exported, tmp_path, name):
    import_run(exported["jsonl"], tmp_path, None)
    before = names(tmp_path)
    with pytest.raises(UsageError, match="there is a run called 'brave-heron' already"):
        import_run(exported["csv"], tmp_path, name)
    assert names(tmp_path) == before


def test_nothing_is_written_over(real, tmp_path):
    (tmp_path / "x").write_text("mine")
    with pytest.raises(UsageError, match="already"):
        export(real.archive, tmp_path / "x", "jsonl")
    with pytest.raises(UsageError, match="no folder"):
        export(real.archive, tmp_path / "y" / "x", "jsonl")
    assert names(tmp_path) == ["x"]


def rewritten(lines):
    """Return the lines of an export with an end that fits them."""
    body = lines[:-1]
    end = json.loads(lines[-1]) | {"sha256": hashlib.sha256(b"".join(body)).hexdigest()}
    return [*body, json.dumps(end).encode() + b"\n"]


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda lines: [], "is no exported archive"),
        (lambda lines: [b"{}\n", *lines[1:]], "is no exported archive"),
        (lambda lines: [b'{"adrs":"archive","format":1,"schema":"x"}\n'], "header cannot be read"),
        (lambda lines: [b'{"adrs":"archive","format":1,"schema":"0000"}\n'], "header cannot be read"),
        (lambda lines: lines[:-1], "its end is missing"),
        (lambda lines: lines[:3], "its end is missing"),
        (lambda lines: [*lines[:-2], lines[-2][:40]], "is no row of a known table"),
        (lambda lines: [*lines[:3], *lines[4:]], "rows were changed, added or taken away"),
        (lambda lines: [*lines[:4], *lines[3:]], "UNIQUE constraint failed"),
        (lambda lines: [*lines, lines[-2]], "comes after the end"),
        (lambda lines: [line.replace(b"You schedule.", b"You dawdle.") for line in lines], "rows were changed"),
        (
            lambda lines: rewritten([line.replace(b"You schedule.", b"You dawdle.") for line in lines]),
            "every text has the hash that it is called by",
        ),
        (lambda lines: rewritten([line.replace(b'"number":3', b'"number":"3"') for line in lines]), "number is '3'"),
        (lambda lines: rewritten([line.replace(b'"number":3', b'"x":3') for line in lines]), "no row of a known"),
        (lambda lines: rewritten([line.replace(b'"number":3', b'"number":' + b"9" * 30) for line in lines]), "large"),
        (lambda lines: rewritten([line.replace(b"You schedule.", b"\\ud800") for line in lines]), "surrogates"),
    ],
)
def test_a_damaged_file_is_refused_and_leaves_nothing(exported, tmp_path, damage, told):
    source = tmp_path / "x.jsonl"
    source.write_bytes(b"".join(damage(exported["jsonl"].read_bytes().splitlines(keepends=True))))
    with pytest.raises(ArchiveError, match=told):
        import_run(source, tmp_path / "runs", None)
    assert names(tmp_path / "runs") == []


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda folder, table: table.write_bytes(table.read_bytes()[:-9]), "was changed"),
        (lambda folder, table: table.unlink(), "is missing"),
        (lambda folder, table: (folder / "archive.json").unlink(), "is no exported archive"),
        (lambda folder, table: (folder / "archive.json").write_text("{}"), "is no exported archive"),
        (lambda folder, table: edit(folder, lambda files: files["trials"].update(rows=3)), "has 8 rows, not 3"),
        (lambda folder, table: edit(folder, lambda files: files["trials"].update(table="x")), "no known table"),
        (lambda folder, table: edit(folder, lambda files: files["trials"].update(table="texts")), "its columns are"),
        (lambda folder, table: edit(folder, lambda files: files.pop("trials")), "every"),
    ],
)
def test_a_damaged_folder_is_refused_and_leaves_nothing(exported, tmp_path, form, damage, told):
    folder = Path(shutil.copytree(exported[form], tmp_path / form))
    damage(folder, folder / f"trials.{form}")
    with pytest.raises(ArchiveError, match=told):
        import_run(folder, tmp_path / "runs", None)
    assert names(tmp_path / "runs") == []


def edit(folder, change_files):
    """Change the list of files of an export."""
    path = folder / "archive.json"
    manifest = json.loads(path.read_text())
    files = {name.partition(".")[0]: facts for name, facts in manifest["files"].items()}
    suffix = next(iter(manifest["files"])).partition(".")[2]
    change_files(files)
    path.write_text(json.dumps(manifest | {"files": {f"{name}.{suffix}": facts for name, facts in files.items()}}))


@pytest.mark.parametrize("header", [{"schema": "9999"}, {"format": 2}])
def test_an_export_of_the_future_is_refused(exported, tmp_path, header):
    first, *rest = exported["jsonl"].read_bytes().splitlines(keepends=True)
    source = tmp_path / "x.jsonl"
    source.write_bytes(b"".join([json.dumps(json.loads(first) | header).encode() + b"\n", *rest]))
    with pytest.raises(ArchiveOutdated, match=r"9999|format 2") as caught:
        import_run(source, tmp_path / "runs", None)
    assert "Upgrade adrs" in caught.value.todo
    assert names(tmp_path / "runs") == []


@pytest.mark.parametrize("old", sorted(SCHEMAS.glob("*.db")), ids=lambda path: path.stem)
def test_an_export_of_an_older_schema_is_upgraded(old, tmp_path, monkeypatch):
    """As the version that wrote the schema would have exported it."""
    monkeypatch.setattr(formats, "SCHEMA", old.stem[:4])
    monkeypatch.setattr(Raw, "shapes", property(lambda raw: [raw.shape(name) for name in schema_tables(raw)]))
    with closing(sqlite3.connect(old)) as connection:
        jsonl.write(Raw(connection), tmp_path / "old.jsonl")
    monkeypatch.undo()
    copy = Path(shutil.copy(old, tmp_path / "upgraded.db"))
    upgrade_archive(copy)
    import_archive(tmp_path / "old.jsonl", tmp_path / "imported.db")
    assert tables(tmp_path / "imported.db") == tables(copy)


def schema_tables(raw):
    found = raw.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'")
    return [name for (name,) in found]


def test_an_outdated_archive_is_not_exported(tmp_path):
    with pytest.raises(ArchiveOutdated, match="has schema '0001'"):
        export(SCHEMAS / "0001.db", tmp_path / "x", "jsonl")
    assert names(tmp_path) == []


def test_an_archive_with_values_of_another_type_is_not_exported(real, tmp_path):
    copy = Path(shutil.copy(real.archive, tmp_path / "archive.db"))
    change(copy, "UPDATE trials SET told = 'soon' WHERE number = 6")
    for form in FORMS:
        with pytest.raises(ArchiveError, match="'soon' stands in the column told, which holds integer"):
            export(copy, tmp_path / "x", form)
    assert names(tmp_path) == ["archive.db"]


def test_without_pyarrow_the_way_out_is_said(real, exported, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    for attempt in (
        lambda: export(real.archive, tmp_path / "x", "parquet"),
        lambda: import_run(exported["parquet"], tmp_path / "runs", None),
    ):
        with pytest.raises(MissingPart, match="pyarrow, which is not installed") as caught:
            attempt()
        assert "pip install 'adrs[parquet]'" in caught.value.todo
    assert names(tmp_path) == ["runs"]
    import_run(exported["csv"], tmp_path / "runs", None)


ODD = st.text(st.characters(codec="utf-8") | st.sampled_from('\0\r\n\t\\",=+-@N\u2028\ufeff\U0001f980'))
TEXTS = ODD | st.sampled_from(["", "\\N", "\\\\N", "\\", "NULL", "None", "\r", "\r\n", "=1+1", '"', "\0", "\ufeffx"])
REALS = st.floats(allow_nan=False) | st.sampled_from([1.7e308, -5e-324, -0.0, 0.1 + 0.2, float("inf")])


@given(
    rows=st.lists(
        st.tuples(TEXTS, st.none() | TEXTS, REALS, st.none() | REALS, st.none() | st.binary()), min_size=1, max_size=8
    )
)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_odd_values_come_back_bit_for_bit(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("odd")
    database = Database(sqlite_url(folder / "archive.db"))
    with database.transaction() as transaction:
        schema.upgrade(transaction)
    database.close()
    with closing(sqlite3.connect(folder / "archive.db")) as connection, connection:
        connection.execute("INSERT INTO campaigns VALUES (1, 'x', '', '{}', '{}', NULL)")
        for number, (text, note, real, other, blob) in enumerate(rows):
            connection.execute(
                "INSERT INTO sessions VALUES (1, ?, ?, ?, ?, ?, ?, ?, NULL)", (number, text, real, real, other, note, 0)
            )
            connection.execute(
                'INSERT INTO "references" (campaign, name, split, status, message, scores, features, feedback, seconds,'
                " columns) VALUES (1, ?, '', '', ?, '', '', '', ?, ?)",
                (str(number), text, real, blob),
            )
    for form in FORMS:
        export(folder / "archive.db", folder / form, form)
        copy = folder / f"{form}.db"
        with pytest.raises(ArchiveError, match="the settings"):  # the facts of no real campaign
            import_archive(folder / form, copy)
        assert repr(tables(copy)) == repr(tables(folder / "archive.db"))
