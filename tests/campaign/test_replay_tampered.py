"""Every kind of fact in an archive is changed in a copy, and a replay finds and names it."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adrs.evaluation import Status
from adrs.report.opening import open_run
from adrs.report.upgrading import upgrade_archive
from tests.campaign.playing import assert_clean, replayed


def text(value):
    return "'" + json.dumps(value) + "'"


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        (f"UPDATE trials SET parents = {text([0, 1])} WHERE number = 30", "parents"),
        (f"UPDATE trials SET inspirations = {text([29])} WHERE number = 30", "parents"),
        (f"UPDATE trials SET failed = {text([0])} WHERE number = 30", "parents"),
        ("UPDATE trials SET program = (SELECT program FROM trials WHERE number = 0) WHERE number = 30", "edit"),
        ("UPDATE trials SET note = 'another' WHERE number = 30", "edit"),
        ("UPDATE trials SET model = 'another' WHERE number = 30", "edit"),
        ("UPDATE trials SET message = 'another' WHERE number = 30", "edit"),
        ("UPDATE trials SET planned_after = 29 WHERE number = 30", "order"),
        ("UPDATE trials SET arrived = 1000 WHERE number = 30", "order"),
    ],
)
def test_a_changed_fact_of_a_trial_is_found_and_named(mutated, tampered, query, kind):
    first = replayed(tampered(mutated, query)).first
    assert (first.trial, first.kind) == (30, kind)
    assert first.recorded != first.replayed


def number_of(world, status):
    return next(trial.number for trial in world.archive.trials()[1:] if trial.evaluation.status is status)


def test_a_changed_status_of_a_proposal_is_found(mutated, tampered):
    number = number_of(mutated, Status.VALID)
    archive = tampered(mutated, f"UPDATE trials SET status = 'unparsed' WHERE number = {number}")
    assert (replayed(archive).first.trial, replayed(archive).first.kind) == (number, "evaluation")


def test_a_duplicate_of_another_trial_is_found(prompted, tampered):
    number = number_of(prompted, Status.DUPLICATE)
    what = "the program does the same as that of trial 0"
    archive = tampered(prompted, f"UPDATE trials SET message = '{what}' WHERE number = {number}")
    first = replayed(archive).first
    assert (first.trial, first.kind, first.recorded) == (number, "duplicate", f"duplicate: {what}")


@pytest.mark.parametrize(
    ("query", "trial", "kind"),
    [
        ("UPDATE completions SET seed = 5 WHERE trial = 4", 4, "seed"),
        (
            "UPDATE completions SET prompt = (SELECT prompt FROM completions WHERE call = 1) WHERE trial = 4",
            4,
            "prompt",
        ),
        ("UPDATE trials SET prompt = 'feed' WHERE number = 4", 4, "prompt"),
        ("UPDATE completions SET text = deflate('another') WHERE trial = 1", 1, "call"),
        ("DELETE FROM completions WHERE trial = 2 AND call = 1", 2, "call"),
        (
            "UPDATE completions SET text = deflate(replace(inflate(text), 'lower', 'higher')) WHERE trial = 1",
            1,
            "edit",
        ),
        ("UPDATE trials SET message = 'another' WHERE number = 3", 3, "edit"),
    ],
)
def test_a_changed_fact_of_a_call_is_found_and_named(prompted, tampered, query, trial, kind):
    first = replayed(tampered(prompted, query)).first
    assert (first.trial, first.kind) == (trial, kind)


def test_an_order_that_was_changed_is_found(mutated, tampered):
    swap = (
        "UPDATE trials SET told = 1000 WHERE told = 20",
        "UPDATE trials SET told = 20 WHERE told = 40",
        "UPDATE trials SET told = 40 WHERE told = 1000",
    )
    first = replayed(tampered(mutated, *swap)).first
    assert (first.trial, first.kind, first.recorded) == (20, "order", "told in place 40")


def test_an_order_that_was_changed_is_found_with_several_workers(parallel, tampered):
    swap = (
        "UPDATE trials SET told = 1000 WHERE told = 2",
        "UPDATE trials SET told = 2 WHERE told = 70",
        "UPDATE trials SET told = 70 WHERE told = 1000",
    )
    assert replayed(tampered(parallel, *swap)).first is not None


@pytest.mark.parametrize("world", ["mutated", "parallel"])
@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("UPDATE events SET data = json_set(data, '$.trial', 0) WHERE id = {promoted}", "promotion"),
        ("UPDATE events SET data = json_set(data, '$.scores.regret', 0.5) WHERE id = {promoted}", "promotion"),
        ("DELETE FROM events WHERE id = {promoted}", "promotion"),
        ("UPDATE events SET data = json_set(data, '$.findings', json('[]')) WHERE id = {marked}", None),
        ("DELETE FROM evaluations WHERE split = 'validation' AND trial = 0", "validation"),
    ],
)
def test_a_changed_promotion_is_found(request, tampered, world, query, kind):
    campaign = request.getfixturevalue(world)
    with closing(sqlite3.connect(campaign.folder / "archive.db")) as connection:
        ids = dict(connection.execute("SELECT kind, max(id) FROM events GROUP BY kind").fetchall())
        marked = connection.execute(
            "SELECT min(id) FROM events WHERE kind = 'audited' AND json_extract(data, '$.passed') = 0"
        ).fetchone()[0]
    first = replayed(tampered(campaign, query.format(promoted=ids["promoted"], marked=marked))).first
    assert first is not None
    assert kind in {None, first.kind}


def test_a_validation_that_was_not_due_is_found(mutated, tampered):
    validated = set(mutated.archive.evaluations("validation"))
    spare = next(trial.number for trial in mutated.archive.trials() if trial.valid and trial.number not in validated)
    columns = "campaign, status, message, scores, features, feedback, seconds"
    query = (
        f"INSERT INTO evaluations ({columns}, trial, split, arrived) "
        f"SELECT {columns}, trial, 'validation', 1000 FROM evaluations WHERE trial = {spare} AND split = 'train'"
    )
    divergences = replayed(tampered(mutated, query)).divergences
    assert next(divergence.kind for divergence in divergences if divergence.trial == spare) == "validation"


def test_a_planned_program_that_was_never_evaluated_is_found(mutated, tampered):
    number = number_of(mutated, Status.VALID)
    archive = tampered(mutated, f"DELETE FROM evaluations WHERE trial = {number} AND split = 'train'")
    assert (replayed(archive).first.trial, replayed(archive).first.kind) == (number, "evaluation")


# --- archives without orders


FORGET = ("UPDATE trials SET planned_after = NULL, arrived = NULL", "UPDATE evaluations SET arrived = NULL")


def test_an_archive_without_orders_replays_where_one_thing_was_done_at_a_time(mutated, tampered):
    archive = tampered(mutated, *FORGET, "UPDATE events SET data = json_remove(data, '$.after', '$.due')")
    assert_clean(archive, 60)


def test_an_archive_without_orders_replays_as_far_as_they_can_be_found(parallel, tampered):
    archive = tampered(parallel, *FORGET, "UPDATE events SET data = json_remove(data, '$.after', '$.due')")
    result = replayed(archive)
    assert result.divergences == ()
    assert len(result.notes) == 3


def test_a_changed_parent_is_found_without_orders(parallel, tampered):
    archive = tampered(parallel, *FORGET, f"UPDATE trials SET parents = {text([1, 0])} WHERE number = 50")
    assert (replayed(archive).first.trial, replayed(archive).first.kind) == (50, "parents")


def test_an_archive_that_an_adrs_without_audits_wrote_replays_after_an_upgrade(tmp_path):
    (tmp_path / "first").mkdir()
    archive = Path(shutil.copy(Path(__file__).parents[1] / "archive/schemas/0001.db", tmp_path / "first/archive.db"))
    upgrade_archive(archive)
    with open_run("first", tmp_path) as run:
        assert_clean(run.archive, 5)
