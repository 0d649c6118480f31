"""Foreign problems from the command line: from `adrs run` to `adrs best`, with the mark wherever a score is shown."""

import json
import shutil

import pytest

from tests.cli.command import adrs
from tests.foreign.conftest import NAMES, PROBLEMS, WALLS

pytestmark = pytest.mark.slow
LABEL = "self-scored"
REPLY = """IDEA: look longer

<<<<<<< SEARCH
    for _ in range(steps):
=======
    for _ in range(4 * steps):
>>>>>>> REPLACE
"""
FORGERY = """IDEA: write the score myself

<<<<<<< SEARCH
import random
=======
import random
import evaluator
evaluator.score = lambda x, y: 1e6
>>>>>>> REPLACE
"""


def script(folder, *replies):
    (folder / "replies.jsonl").write_text("".join(json.dumps({"text": reply}) + "\n" for reply in replies))


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module", params=WALLS)
def run(request, tmp_path_factory):
    """A finished campaign of the mutator."""
    folder = tmp_path_factory.mktemp("foreign")
    options = ("--trials", 6, "--workers", 1, "--seed", 3, "--name", "first", "--on", request.param)
    return folder, adrs("run", PROBLEMS / "openevolve_cascade", *options, cwd=folder, check=0)


def test_the_mutator_works_on_it_and_the_last_words_are_marked(run):
    folder, done = run
    assert LABEL in done.stderr
    assert "combined_score self-scored, no held-out instances" in done.stdout
    assert "docs/foreign.md" in done.stdout
    assert "6 trials, 6 evaluations" in done.stdout  # no second evaluation was bought
    assert (folder / "runs/first/best.py").read_text().count("EVOLVE-BLOCK") == 2
    assert "# self_scored = true" in (folder / "runs/first/campaign.toml").read_text()


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("status", "first"),
        ("show", "first"),
        ("show", "first", "best"),
        ("show", "first", "0"),
        ("best", "first"),
        ("lineage", "first", "best"),
        ("watch", "first", "--once"),
    ],
)
def test_every_place_that_shows_a_score_shows_the_mark(run, command):
    done = adrs(*command, cwd=run[0], check=0)
    assert LABEL in done.stdout + done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("status", "first"),
        ("show", "first"),
        ("show", "first", "best"),
        ("best", "first"),
        ("lineage", "first", "best"),
    ],
)
def test_json_says_so_too(run, command):
    assert json.loads(adrs(*command, "--json", cwd=run[0], check=0).stdout)["self_scored"] is True


def test_the_list_of_runs_says_so_in_json(run):
    rows = json.loads(adrs("status", "--json", cwd=run[0], check=0).stdout)["runs"]
    assert [row["self_scored"] for row in rows] == [True]
    assert rows[0]["best"] > 0


def test_the_best_is_the_best_on_the_training_split(run):
    facts = json.loads(adrs("best", "first", "--json", cwd=run[0], check=0).stdout)
    trials = json.loads(adrs("show", "first", "--all", "--json", cwd=run[0], check=0).stdout)["trials"]
    valid = [trial["scores"]["combined_score"] for trial in trials if trial["status"] == "valid"]
    assert facts["train"]["combined_score"] == max(valid)
    assert facts["validation"] is None
    assert all(trial["validation"] is None for trial in trials)


@pytest.mark.slow
def test_a_pack_is_not_marked(tmp_path):
    options = ("--trials", 2, "--workers", 1, "--on", "local", "--name", "pack")
    done = adrs("run", "queues", *options, cwd=tmp_path, check=0)
    assert LABEL not in done.stdout + done.stderr
    assert json.loads(adrs("status", "pack", "--json", cwd=tmp_path, check=0).stdout)["self_scored"] is False


@pytest.mark.slow
@pytest.mark.parametrize("wall", WALLS)
@pytest.mark.parametrize("name", NAMES)
def test_three_problems_run_unchanged_from_within_their_folder_and_resume(tmp_path, wall, name):
    folder = shutil.copytree(PROBLEMS / name, tmp_path / name)
    adrs("run", ".", "--trials", 4, "--workers", 2, "--name", "here", "--on", wall, cwd=folder, check=0)
    done = adrs("resume", "here", "--trials", "+3", cwd=folder, check=0)
    assert "7 trials, 7 evaluations" in done.stdout
    elsewhere = adrs("resume", folder / "runs/here", "--trials", "+1", cwd=tmp_path, check=0)
    assert "8 trials, 8 evaluations" in elsewhere.stdout


@pytest.mark.parametrize("wall", WALLS)
def test_a_scripted_model_is_told_and_heard(tmp_path, wall):
    script(tmp_path, REPLY, FORGERY)
    options = ("--model", "scripted:replies.jsonl", "--trials", 3, "--workers", 1, "--name", "told", "--on", wall)
    events = lines(adrs("run", PROBLEMS / "openevolve_cascade", *options, "--json", cwd=tmp_path, check=0))
    assert {event["self_scored"] for event in events if event["event"] in {"launch", "trial", "best", "done"}} == {True}
    scores = [event["scores"]["combined_score"] for event in events if event["event"] == "trial"]
    assert scores[0] < scores[1] < scores[2] == 1e6  # the last one forged it
    assert [event["train"]["combined_score"] for event in events if event["event"] == "best"] == scores
    prompt = adrs("show", "told", "1", "--prompt", cwd=tmp_path, check=0).stdout
    assert "lowest point of a bumpy function" in prompt
    assert "cascade_stage" in prompt
    assert "output: found" in prompt
    assert "keep their names" in prompt


@pytest.mark.slow
def test_a_target_ends_a_campaign(tmp_path):
    script(tmp_path, FORGERY, REPLY)
    options = ("--model", "scripted:replies.jsonl", "--trials", 9, "--workers", 1, "--on", "local", "--target", "0.99")
    done = adrs("run", PROBLEMS / "openevolve_cascade", *options, cwd=tmp_path, check=0)
    assert "the target of 0.99 was reached" in done.stdout


def test_a_dry_run_shows_the_prompt_and_the_mark(tmp_path):
    script(tmp_path, REPLY)
    options = ("--model", "scripted:replies.jsonl", "--on", "local", "--dry-run")
    done = adrs("run", PROBLEMS / "openevolve_artifacts", *options, cwd=tmp_path, check=0)
    assert "as few bins of 100" in done.stdout
    assert "self scored: True" in done.stdout
    assert "fullest: case 3 takes 17 bins" in done.stdout
    assert not (tmp_path / "runs").exists()


def test_eval_scores_one_program(tmp_path):
    folder = PROBLEMS / "openevolve_artifacts"
    done = adrs("eval", folder, folder / "initial_program.py", "--on", "local", cwd=tmp_path, check=0)
    assert LABEL in done.stdout
    assert "fullest: case 3" in done.stdout
    facts = json.loads(
        adrs("eval", folder, folder / "initial_program.py", "--on", "local", "--json", cwd=tmp_path, check=0).stdout
    )
    assert facts["self_scored"] is True
    (tmp_path / "bad.py").write_text("def pack(items, capacity):\n    return [items]\n")
    done = adrs("eval", folder, tmp_path / "bad.py", "--on", "local", cwd=tmp_path, check=3)
    assert "a bin is too full" in done.stderr


def test_what_takes_a_pack_says_so(tmp_path):
    folder = PROBLEMS / "openevolve_artifacts"
    assert "only packs" in adrs("problems", "check", folder, cwd=tmp_path, check=2).stderr
    assert LABEL in adrs("problems", "show", folder, cwd=tmp_path, check=0).stdout


@pytest.mark.slow
def test_a_problem_that_changed_is_not_resumed(tmp_path):
    folder = shutil.copytree(PROBLEMS / "skydiscover_container", tmp_path / "changing")
    adrs("run", folder, "--trials", 2, "--workers", 1, "--name", "c", "--on", "local", cwd=tmp_path, check=0)
    (folder / "evaluator" / "data" / "train.json").write_text("[[1, 2]]")
    assert "not what it was" in adrs("resume", "c", "--trials", "+1", cwd=tmp_path, check=2).stderr


@pytest.mark.slow
def test_a_seed_that_fails_says_why_and_scores_nothing(tmp_path):
    folder = shutil.copytree(PROBLEMS / "openevolve_artifacts", tmp_path / "broken")
    (folder / "initial_program.py").write_text("def pack(items, capacity):\n    return [items]\n")
    done = adrs("run", folder, "--trials", 5, "--on", "local", cwd=tmp_path, check=2)
    assert "the seed program of 'broken' is invalid" in done.stderr
    assert "a bin is too full" in done.stderr
