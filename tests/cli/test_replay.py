"""Replays on the command line, of campaigns that really ran: with one worker and two, killed, and with a script."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from adrs.archive.raw import Raw
from tests.cli.command import adrs, start
from tests.cli.test_run import rows, wait_for
from tests.report.command import adrs as here

pytestmark = pytest.mark.slow
EDIT = "IDEA: {n}\n<<<<<<< SEARCH\nLIMIT = 80\n=======\nLIMIT = {n}\n>>>>>>> REPLACE\n"
TEXTS = (EDIT.format(n=40), "I would rather talk.", EDIT.format(n=20), "no", "no edit", EDIT.format(n=40))
CLEAN = "replayed {n} trials: every decision is as recorded\n"


def run(folder, name, *options, trials=20):
    adrs(
        "run", "queues", "--on", "local", "--seed", 7, "--trials", trials, "--name", name, *options, cwd=folder, check=0
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three finished campaigns: `one` worker, `two` workers, and `said` by a script."""
    folder = tmp_path_factory.mktemp("replayed")
    (folder / "replies.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    run(folder, "one", "--workers", 1)
    run(folder, "two", "--workers", 2)
    run(folder, "said", "--workers", 1, "--model", f"scripted:{folder / 'replies.jsonl'}", trials=5)
    return folder


@pytest.fixture
def copy(folder, tmp_path):
    """Return a function that changes a copy of a run."""

    def build(name, query):
        shutil.copytree(folder / "runs" / name, tmp_path / name)
        with closing(sqlite3.connect(tmp_path / name / "archive.db")) as connection, connection:
            Raw(connection)  # it lends `inflate` and `deflate`
            assert connection.execute(query).rowcount > 0
        return tmp_path

    return build


@pytest.mark.parametrize(("name", "trials"), [("one", 20), ("two", 20), ("said", 5)])
def test_a_campaign_replays(folder, name, trials):
    ran = here("replay", name, runs=folder / "runs")
    assert (ran.code, ran.out, ran.err) == (0, CLEAN.format(n=trials), "")


def test_a_model_is_neither_called_nor_needed(folder):
    (folder / "replies.jsonl").rename(folder / "gone.jsonl")
    told = here("replay", "said", "--json", runs=folder / "runs").json()
    (folder / "gone.jsonl").rename(folder / "replies.jsonl")
    assert told == {
        "run": "said",
        "trials": 5,
        "unfinished": 0,
        "same": True,
        "first": None,
        "divergences": [],
        "changed": [],
        "notes": [],
    }


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_and_resumed_campaign_replays(tmp_path, workers):
    killed = tmp_path / "runs" / "killed"
    options = ("--on", "local", "--workers", workers, "--seed", 7, "--trials", 25, "--name", "killed")
    process = start("run", "queues", *options, cwd=tmp_path)
    wait_for(lambda: rows(killed) >= 6)
    process.kill()
    process.communicate()
    assert "every decision is as recorded" in here("replay", "killed", runs=tmp_path / "runs").out
    adrs("resume", "killed", cwd=tmp_path, check=0)
    assert here("replay", "killed", runs=tmp_path / "runs").out == CLEAN.format(n=25)


def test_the_first_divergence_is_named_and_ends_with_3(copy):
    runs = copy("one", "UPDATE trials SET parents = '[0, 1]' WHERE number = 12")
    ran = here("replay", "one", runs=runs)
    assert ran.code == 3
    assert "first divergence at trial 12: parents\nrecorded  parents 0, 1" in ran.out
    assert "replayed  parents " in ran.out
    assert "the replay diverges at trial 12: parents" in ran.err
    told = json.loads(here("replay", "one", "--json", runs=runs).out)
    assert (told["same"], told["first"]["trial"], told["first"]["kind"]) == (False, 12, "parents")


def test_a_changed_reply_is_named(copy):
    runs = copy(
        "said",
        "UPDATE completions SET text = deflate(replace(inflate(text), 'LIMIT = 20', 'LIMIT = 21')) WHERE trial = 2",
    )
    ran = here("replay", "said", runs=runs)
    assert ran.code == 3
    assert "first divergence at trial 2: edit\nrecorded  program " in ran.out


def test_changed_prompts_and_a_changed_problem_are_said_first(tmp_path):
    from adrs.testing.samples import write_pack

    pack, prompts = write_pack(tmp_path), tmp_path / "prompts"
    prompts.mkdir()
    (prompts / "ask.md.j2").write_text("Do it.\n")
    (tmp_path / "replies.jsonl").write_text(json.dumps({"text": EDIT.format(n=40)}))
    options = ("--workers", "1", "--trials", "2", "--prompts", prompts, "--model", "scripted:replies.jsonl")
    adrs("run", pack, "--on", "local", "--name", "x", *options, cwd=tmp_path, check=0)
    assert here("replay", "x", runs=tmp_path / "runs").out == CLEAN.format(n=2)
    (prompts / "ask.md.j2").write_text("Do it well.\n")
    ran = here("replay", "x", runs=tmp_path / "runs")
    assert ran.code == 3
    assert ran.err.startswith("note: the prompt templates are not what they were")
    assert "first divergence at trial 1: prompt" in ran.out
    assert "'Do it.'" in ran.out
    assert "'Do it well.'" in ran.out
    (pack / "statement.md").write_text((pack / "statement.md").read_text() + "\nmore\n")
    assert "note: the problem 'queues' is not what it was" in here("replay", "x", runs=tmp_path / "runs").err


# --- evaluations


@pytest.mark.parametrize(
    ("options", "trials"), [(("--trials", "0"), {0}), (("--top", "2"), None), (("--trials", "1, 0"), {0, 1})]
)
def test_programs_get_the_same_results_again(folder, options, trials):
    told = here("replay", "said", "--evaluate", *options, "--on", "local", "--json", runs=folder / "runs").json()
    assert all(each["same"] for each in told["evaluations"])
    found = {each["trial"] for each in told["evaluations"]}
    assert found == trials if trials else len(found) == 2


def test_all_valid_programs_are_evaluated_again(folder):
    ran = here("replay", "two", "--evaluate", "--on", "local", runs=folder / "runs")
    assert ran.code == 0
    assert "times again: every result is as recorded" in ran.out


def test_a_result_that_differs_is_told(copy):
    query = "UPDATE evaluations SET scores = json_set(scores, '$.regret', 1.5) WHERE trial = 0 AND split = 'validation'"
    ran = here("replay", "one", "--evaluate", "--trials", "0", "--on", "local", runs=copy("one", query))
    assert ran.code == 3
    assert "evaluated 2 times again: 1 results differ" in ran.out
    assert "1.5" in ran.out


# --- another policy


def test_another_policy_would_have_chosen_otherwise(folder):
    ran = here("replay", "one", "--search", "greedy", runs=folder / "runs")
    assert ran.code == 0
    assert "greedy would have chosen the same parents for " in ran.out
    assert "Children of other parents cannot be known" in ran.out
    told = here("replay", "one", "--search", "greedy", "--json", runs=folder / "runs").json()
    assert len(told["trials"]) == 19
    assert told["same_parents"] == sum(row["same"] for row in told["trials"])


@pytest.mark.parametrize("name", ["one", "two"])
def test_its_own_policy_would_have_made_the_same_campaign(folder, name):
    ran = here("replay", name, "--search", "islands", runs=folder / "runs")
    assert "same parents for 19 of 19 trials, and asked exactly the same for 19" in ran.out
    assert "it would have made the same campaign" in ran.out


# --- usage


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--top", "3"), "add --evaluate"),
        (("--evaluate", "--top", "3", "--trials", "1"), "one of them"),
        (("--evaluate", "--search", "greedy"), "choose one"),
        (("--evaluate", "--trials", "x"), "no list of trial numbers"),
        (("--evaluate", "--trials", "99"), "has no trial '99'"),
        (("--search", "greedyy"), "Did you mean 'greedy'"),
    ],
)
def test_what_cannot_be_done_is_said(folder, options, what):
    ran = here("replay", "said", *options, runs=folder / "runs")
    assert (ran.code, ran.out) == (2, "")
    assert what in ran.err
