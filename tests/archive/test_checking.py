"""Every invariant is broken in a copy of a real archive, and must be named."""

import hashlib
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from adrs.archive.checking import check
from adrs.campaign.folder import RunFolder
from adrs.errors import ArchiveError
from adrs.report.verifying import verify
from tests.archive.real import change, write_real

NO_HASH = "'" + "0" * 64 + "'"
ALL_ELSE = "(SELECT program FROM trials WHERE number = 1)"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return write_real(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def run(original, tmp_path):
    return RunFolder(Path(shutil.copytree(original.path, tmp_path / original.name)))


def broken(run):
    """Return what breaks each invariant that is not kept."""
    return {verdict.name: verdict.offenders for verdict in verify(run) if verdict.state != "ok"}


def files(folder):
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_a_real_archive_keeps_every_invariant_and_is_not_touched(run):
    before = files(run.path)
    assert broken(run) == {}
    assert files(run.path) == before


def test_an_archive_that_is_being_written_is_read_as_it_is_now(run):
    archive = run.open()
    archive.begin_session()
    archive.add_event("noticed", {"trial": 77})
    assert [*broken(run)] == ["events"]
    archive.close()


@pytest.mark.parametrize(
    ("name", "statement", "offender"),
    [
        ("types", "UPDATE trials SET told = 'soon' WHERE number = 6", "trial 6: told is 'soon'"),
        ("types", "UPDATE trials SET parents = '{}' WHERE number = 6", "trial 6: parents is '{}'"),
        ("types", "UPDATE trials SET failed = 'nonsense' WHERE number = 6", "trial 6: failed is 'nonsense'"),
        ("types", "UPDATE sessions SET started = 'then'", "session of number 1: started is 'then'"),
        ("rows", "DELETE FROM trials WHERE number = 4", "row 1 of completions refers to trials"),
        ("campaign", "INSERT INTO campaigns VALUES (2, 'y', '', '{}', '{}', NULL)", "there are 2 campaigns"),
        ("settings", "UPDATE campaigns SET config = '{}'", "config: problem: Field required"),
        ("settings", "UPDATE campaigns SET written = '{}'", "written: adrs: Field required"),
        (
            "hashes",
            f"UPDATE texts SET content = deflate(inflate(content) || ' ') WHERE hash = {ALL_ELSE}",
            "has the hash",
        ),
        ("hashes", f"UPDATE texts SET content = X'789C00' WHERE hash = {ALL_ELSE}", "has the hash"),
        ("texts", f"UPDATE trials SET program = {NO_HASH} WHERE number = 1", "trial 1 needs text 000000000000…"),
        ("texts", "DELETE FROM texts WHERE inflate(content) = 'You schedule.'", "the prompt of trial 4 needs text"),
        ("texts", f"UPDATE evaluations SET instances = {NO_HASH} WHERE trial = 5", "trial 5 on train needs text"),
        ("orphans", "UPDATE trials SET program = NULL WHERE number = 6", "text"),
        ("numbers", "DELETE FROM trials WHERE number = 6", "trial 6 is missing"),
        ("told", "UPDATE trials SET told = 17 WHERE number = 6", "position 6 is missing"),
        ("told", "UPDATE trials SET told_at = NULL WHERE number = 6", "trial 6 has only one of position and time"),
        ("proposals", "UPDATE trials SET status = 'great' WHERE number = 4", "trial 4 has the status 'great'"),
        ("proposals", "UPDATE trials SET model = NULL WHERE number = 4", "trial 4 does not say who wrote it"),
        ("proposals", "UPDATE trials SET status = 'valid' WHERE number = 4", "is proposed as valid without a program"),
        ("proposals", "UPDATE trials SET model = 'm' WHERE number = 7", "trial 7 has a model without a proposal"),
        ("complete", "UPDATE trials SET proposed = 0 WHERE number = 4", "trial 4 was told without a proposal"),
        ("complete", "DELETE FROM evaluations WHERE trial = 6", "trial 6 was told without an evaluation"),
        ("complete", "UPDATE trials SET status = 'duplicate' WHERE number = 6", "trial 6 was evaluated without"),
        ("parents", "UPDATE trials SET parents = '[6]' WHERE number = 6", "which is not earlier"),
        ("parents", "UPDATE trials SET inspirations = '[70]' WHERE number = 6", "which does not exist"),
        ("parents", "UPDATE trials SET told = NULL WHERE number = 5", "which the search has not heard of"),
        ("parents", "UPDATE trials SET told = 9 WHERE number = 5", "which the search heard of later"),
        ("requests", "UPDATE completions SET state = 'lost' WHERE call = 1", "trial 4, call 1, request 0 is 'lost'"),
        ("requests", "UPDATE completions SET text = NULL WHERE call = 1", "is answered without text"),
        ("requests", "UPDATE completions SET prompt_tokens = NULL WHERE call = 1", "is answered without prompt_tokens"),
        ("requests", "UPDATE completions SET text = 'x' WHERE state = 'sent'", "is sent and has an answer"),
        ("prices", "UPDATE completions SET dollars = -1 WHERE call = 1", "has dollars -1.0"),
        ("prices", "UPDATE completions SET dollars = 9e999 WHERE call = 1", "has dollars inf"),
        ("prices", "UPDATE completions SET dollars = 0.75 WHERE call = 1", "cost 0.75 dollars, and 0.5 were reserved"),
        ("prices", "UPDATE completions SET completion_tokens = 901 WHERE call = 1", "cost 1001 tokens"),
        ("calls", "UPDATE completions SET request = 1 WHERE call = 1", "trial 4, call 1 has the requests [1]"),
        ("calls", "UPDATE completions SET call = 2 WHERE call = 1", "trial 4 has the calls [0, 2]"),
        ("calls", "UPDATE completions SET call = 0, request = 1 WHERE call = 1", "trial 4, call 0 was answered twice"),
        ("prompts", f"UPDATE completions SET prompt_hash = {NO_HASH} WHERE call = 1", "trial 4, call 1, request 0"),
        ("sent", f"UPDATE trials SET prompt = {NO_HASH} WHERE number = 4", "trial 4"),
        ("spend", "UPDATE completions SET prompt_tokens = NULL WHERE trial = 4", "the rows cannot be added up"),
        ("spend", "UPDATE completions SET dollars = '0.2 or so' WHERE call = 1", "dollars were spent"),
        ("evaluations", "UPDATE evaluations SET status = 'great' WHERE trial = 6", "trial 6 on train is 'great'"),
        ("evaluations", "UPDATE evaluations SET split = 'test' WHERE trial = 6", "trial 6 on test: a campaign reads"),
        ("evaluations", "UPDATE evaluations SET seconds = -1 WHERE trial = 6", "trial 6 on train took -1.0 seconds"),
        (
            "scores",
            "UPDATE evaluations SET scores = '{}' WHERE trial = 6",
            "trial 6 on train is valid and has 0 scores",
        ),
        ("scores", """UPDATE evaluations SET scores = '{"regret": NaN}' WHERE trial = 6""", "regret is nan"),
        ("scores", """UPDATE evaluations SET scores = '{"x": 1}' WHERE trial = 2""", "is crashed and has 1 scores"),
        ("scores", """UPDATE "references" SET scores = '{}'""", "reference"),
        ("results", "UPDATE evaluations SET columns = x'00' WHERE trial = 6", "cannot be decoded"),
        ("results", "UPDATE evaluations SET columns = NULL WHERE trial = 6", "one of instances and columns is missing"),
        ("validations", "UPDATE evaluations SET status = 'invalid' WHERE trial = 1 AND split = 'train'", "trial 1"),
        ("clock", "UPDATE sessions SET ended = started - 9", "session 1 ends before it begins"),
        ("sessions", "UPDATE sessions SET number = 2", "session 2 stands where 1 should"),
        (
            "clock",
            "INSERT INTO sessions SELECT campaign, 2, controller, started, heartbeat, ended, reason, 1, 2"
            " FROM sessions",
            "session 2 begins before session 1 ends",
        ),
        ("reasons", "UPDATE sessions SET reason = ''", "session 1 ended without a reason"),
        ("reasons", "UPDATE sessions SET ended = NULL", "session 1 has a reason to end, and no end"),
        ("events", """INSERT INTO events VALUES (90, 1, 0.0, 'audited', '{"trial": 77}')""", "event 90 (audited) is"),
        ("events", """INSERT INTO events VALUES (90, 1, 0.0, 'x', '{"trial": [1]}')""", "event 90 (x) is about"),
        (
            "promotions",
            """INSERT INTO events VALUES (90, 1, 0.0, 'promoted', '{"trial": 6, "scores": {}}')""",
            "trial 6 is not valid on validation",
        ),
        (
            "promotions",
            """INSERT INTO events VALUES (90, 1, 0.0, 'promoted', '{"trial": 1, "scores": {}}')""",
            "trial 1 was promoted by other scores",
        ),
        ("folder", """UPDATE campaigns SET config = replace(config, '"seed": 7', '"seed": 8')""", "seed is 7, not 8"),
    ],
)
def test_what_breaks_an_invariant_is_named(run, name, statement, offender):
    change(run.archive, statement)
    found = broken(run)
    assert any(offender in told for told in found[name]), found


def test_results_that_do_not_fit_their_list_of_instances_are_named(run):
    listing = '[["a","b"]]'
    digest = hashlib.sha256(listing.encode()).hexdigest()
    change(
        run.archive,
        f"INSERT INTO texts VALUES ('{digest}', '{listing}')",
        f"UPDATE evaluations SET instances = '{digest}' WHERE trial = 6",
    )
    (offender, *_) = broken(run)["results"]
    assert offender.startswith("trial 6 on train: ")
    assert offender.endswith(" results, not 1")


def test_an_invariant_that_matters_is_violated_and_another_is_worth_a_warning(run):
    change(run.archive, f"INSERT INTO texts VALUES ({NO_HASH}, 'x')")
    states = {verdict.name: verdict.state for verdict in check(run.archive)}
    assert (states["hashes"], states["orphans"], states["texts"]) == ("violated", "warned", "ok")


def test_of_many_offenders_a_few_are_shown_and_all_are_counted(run):
    change(run.archive, "UPDATE trials SET told_at = NULL")
    (told,) = [verdict for verdict in check(run.archive) if verdict.name == "told"]
    assert (told.count, len(told.offenders)) == (7, 5)


def test_a_lost_index_is_noticed(run):
    change(run.archive, "PRAGMA writable_schema = ON", "DELETE FROM sqlite_master WHERE name = 'trials_told'")
    assert "file" in broken(run)


def test_text_that_is_no_text_is_noticed(run):
    change(run.archive, "UPDATE trials SET note = CAST(x'ff' AS TEXT) WHERE number = 1")
    assert "Could not decode" in broken(run)["types"][0]


def test_settings_beside_the_archive_may_be_absent_and_must_not_be_nonsense(run):
    run.settings.write_text("seed = \n")
    assert "it is not TOML" in broken(run)["folder"][0]
    run.settings.write_text("seed = 7\n")
    assert "problem" in broken(run)["folder"][0]
    run.settings.unlink()
    assert {verdict.state for verdict in verify(run)} == {"ok", "warned"}


def test_of_self_scored_problems_training_decides(run):
    change(
        run.archive,
        """UPDATE campaigns SET written = replace(written, '"self_scored": false', '"self_scored": true')""",
        "DELETE FROM events WHERE kind = 'promoted'",
        """INSERT INTO events SELECT 90, 1, 0.0, 'promoted', json_object('trial', 6, 'scores', json(scores))
           FROM evaluations WHERE trial = 6""",
    )
    assert broken(run) == {}


@pytest.mark.parametrize("content", [b"", b"hello " * 1000])
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "archive.db").write_bytes(content)
    with pytest.raises(ArchiveError, match=r"no archive|cannot be read"):
        check(tmp_path / "archive.db")


def test_a_cut_off_file_is_refused(run):
    whole = run.archive.read_bytes()
    run.archive.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArchiveError, match="cannot be read: database disk image is malformed") as refused:
        check(run.archive)
    assert refused.value.todo == "Restore it from a copy."


def test_the_original_was_really_checked(original):
    with sqlite3.connect(original.archive) as connection:
        counts = [
            connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
            for table in ("trials", "completions", "evaluations", "references", "sessions", "events")
        ]
    connection.close()
    assert all(counts), json.dumps(counts)
