"""Audits on the command line, with the real loop, the real wall, and a scripted model that cheats."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adrs.campaign.audits import audits, record
from adrs.evaluation import Audit, Finding, Status
from adrs.testing.samples import PACK, sample_program
from tests.cli.command import adrs
from tests.report.command import adrs as here
from tests.report.sample_run import BEST, NAME, Writer, write_run

pytestmark = pytest.mark.slow
STATE = Path(__file__).parents[1] / "evaluating" / "audit_programs" / "queues_state_late.py"
HONEST = "def choose(waiting):\n    return min(range(4), key=waiting.__getitem__)\n"
CHEAT = """
calls = 0


def choose(waiting):
    global calls
    calls += 1
    return waiting.index(min(waiting)) if calls > 41 else min(range(4), key=waiting.__getitem__)
"""
RUN = ("run", "queues", "--on", "local", "--workers", "1", "--seed", "7", "--trials", "3", "--name", "x")
MARKED = Audit("validation", (Finding("state", "it remembers"),), 0.5)


@pytest.fixture(scope="module")
def cheated(tmp_path_factory):
    """A finished campaign: trial 1 is honest; trial 2 is better, by what it remembers."""
    folder = tmp_path_factory.mktemp("cheated")
    replies = [{"text": f"IDEA: it\n\n```python\n{source}```"} for source in (HONEST, CHEAT)]
    (folder / "replies.jsonl").write_text("".join(json.dumps(reply) + "\n" for reply in replies))
    done = adrs(*RUN, "--model", "scripted:replies.jsonl", cwd=folder, check=0)
    return folder, done


def test_the_best_looking_program_is_marked_and_the_honest_second_is_the_best(cheated):
    folder, done = cheated
    assert "audit      passed (trial 1); marked and not promoted: trial 2" in done.stdout
    assert "trial 2 was audited and is marked: state" in done.stderr
    assert "best (trial 1)" in done.stdout
    assert (folder / "runs" / "x" / "best.py").read_text() == HONEST
    assert adrs("best", "x", cwd=folder, check=0).stdout == HONEST
    shown = json.loads(adrs("show", "x", "2", "--json", cwd=folder, check=0).stdout)
    listed = json.loads(adrs("show", "x", "--json", cwd=folder, check=0).stdout)
    scores = [row["validation"]["scores"]["regret"] for row in listed["trials"]]
    assert scores[2] < scores[1] < scores[0]  # it looked better
    assert listed["best"] == 1
    assert [row["audit"]["passed"] for row in listed["trials"]] == [True, True, False]
    assert [finding["cause"] for finding in shown["audit"]["findings"]] == ["state"]


def test_the_mark_is_shown_with_its_reason(cheated):
    folder, _ = cheated
    out = adrs("show", "x", "2", cwd=folder, check=0).stdout
    assert "audit    marked: state\n" in out or "marked: state" in out
    assert "the second time in the same process" in out
    assert "(marked: state)" in adrs("show", "x", cwd=folder, check=0).stdout
    assert "passed" in adrs("show", "x", "best", cwd=folder, check=0).stdout


def test_without_audits_it_would_have_been_the_best_and_an_audit_puts_that_right(cheated, tmp_path):
    folder, _ = cheated
    replies = folder / "replies.jsonl"
    done = adrs(*RUN, "--model", f"scripted:{replies}", "--no-audit", "--json", cwd=tmp_path, check=0)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert not [event for event in events if event["event"] == "audit"]
    best = tmp_path / "runs" / "x" / "best.py"
    assert best.read_text() != HONEST
    warned = adrs("best", "x", cwd=tmp_path, check=0)
    assert "trial 2 was not audited: adrs audit x" in warned.stderr
    marked = adrs("audit", "x", "--json", cwd=tmp_path, check=3)
    told = json.loads(marked.stdout)
    assert (told["run"], told["kept"], told["best"]) == ("x", True, 1)
    assert [(row["trial"], row["passed"], row["split"]) for row in told["audits"]] == [(2, False, "validation")]
    assert best.read_text() == HONEST
    assert adrs("best", "x", cwd=tmp_path, check=0).stdout == HONEST
    assert "passed" in adrs("audit", "x", cwd=tmp_path, check=0).stdout


def test_json_lines_tell_of_audits(cheated, tmp_path):
    folder, _ = cheated
    done = adrs(*RUN, "--model", f"scripted:{folder / 'replies.jsonl'}", "--json", cwd=tmp_path, check=0)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    told = [(event["trial"], event["passed"]) for event in events if event["event"] == "audit"]
    assert told == [(0, True), (1, True), (2, False)]
    assert [event["trial"] for event in events if event["event"] == "best"] == [0, 1]
    assert events[-1]["audits"] == {"0": "passed", "1": "passed", "2": "marked: state"}


# --- a file


def test_a_program_is_audited_without_a_run(tmp_path):
    command = ("eval", "queues", PACK / "seed.py", "--on", "local", "--audit")
    assert "audit on train: passed" in adrs(*command, cwd=tmp_path, check=0).stdout
    assert json.loads(adrs(*command, "--json", cwd=tmp_path, check=0).stdout)["audit"]["passed"] is True


def test_a_program_that_fails_its_audit_ends_with_3_and_the_cause(tmp_path):
    command = ("eval", "queues", STATE, "--on", "local", "--audit", "--split", "validation")
    done = adrs(*command, cwd=tmp_path, check=3)
    assert "audit on validation: marked: state" in done.stdout
    assert "Nothing may be remembered between calls" in done.stdout
    assert "the program is marked: state" in done.stderr
    told = json.loads(adrs(*command, "--json", cwd=tmp_path, check=3).stdout)
    assert told["status"] == "valid"
    assert [finding["cause"] for finding in told["audit"]["findings"]] == ["state"]


def test_a_program_that_is_not_valid_is_not_audited(tmp_path):
    (tmp_path / "bad.py").write_text("def choose(waiting):\n    return 1 / 0\n")
    done = adrs("eval", "queues", "bad.py", "--on", "local", "--audit", "--json", cwd=tmp_path, check=3)
    assert "audit" not in json.loads(done.stdout)


def test_without_the_flag_nothing_is_audited(tmp_path):
    done = adrs("eval", "queues", PACK / "seed.py", "--on", "local", "--json", cwd=tmp_path, check=0)
    assert "audit" not in json.loads(done.stdout)


# --- trials of a run


@pytest.fixture
def runs(tmp_path):
    write_run(tmp_path)
    return tmp_path


def audited(folder):
    with closing(sqlite3.connect(folder / "archive.db")) as connection:
        rows = connection.execute("SELECT data FROM events WHERE kind = 'audited' ORDER BY id").fetchall()
    return [json.loads(data)["trial"] for (data,) in rows]


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        ((), [5]),
        (("best",), [5]),
        (("6", "seed"), [6, 0]),
        (("--top", "2"), [5, 1]),
        (("--all-valid",), [0, 1, 5, 6]),
    ],
)
def test_trials_are_audited_and_what_is_found_is_kept(runs, arguments, numbers):
    told = here("audit", NAME, *arguments, "--on", "local", "--json", runs=runs).json()
    assert [row["trial"] for row in told["audits"]] == numbers
    assert all(row["passed"] for row in told["audits"])
    assert {row["trial"]: row["split"] for row in told["audits"]}.get(6, "train") == "train"  # it never was validated
    assert audited(runs / NAME) == [BEST, *numbers]


def test_a_table_for_people(runs):
    out = here("audit", NAME, "--on", "local", runs=runs).out
    assert out.splitlines()[0].split() == ["trial", "split", "seconds", "audit"]
    assert out.splitlines()[1].split()[0] == "5"
    assert out.splitlines()[1].split()[-1] == "passed"


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (("9",), 2, "has no trial '9'"),
        (("2",), 2, "trial 2 is crashed"),
        (("1", "--top", "2"), 2, "one of them"),
        (("--top", "2", "--all-valid"), 2, "one of them"),
        (("--top", "0"), 2, "--top"),
    ],
)
def test_what_cannot_be_audited_is_said(runs, arguments, code, what):
    ran = here("audit", NAME, *arguments, "--on", "local", runs=runs)
    assert (ran.code, ran.out) == (code, "")
    assert what in ran.err


def test_a_changed_pack_is_refused(tmp_path):
    from adrs.testing.samples import write_pack

    pack = write_pack(tmp_path)
    write_run(tmp_path / "runs", pack=pack)
    (pack / "statement.md").write_text((pack / "statement.md").read_text() + "\nmore\n")
    ran = here("audit", NAME, "--on", "local", runs=tmp_path / "runs")
    assert ran.code == 2
    assert "is not what it was" in ran.err


def test_a_problem_that_need_not_repeat_is_refused(tmp_path):
    from adrs.testing.samples import write_pack

    pack = write_pack(tmp_path)
    toml = (pack / "problem.toml").read_text()
    (pack / "problem.toml").write_text(toml.replace("[[objectives]]", "deterministic = false\n\n[[objectives]]", 1))
    ran = here("eval", str(pack), str(PACK / "seed.py"), "--on", "local", "--audit")
    assert ran.code == 2
    assert "cannot be audited" in ran.err


def test_while_a_run_is_going_on_nothing_is_kept(tmp_path):
    writer = Writer(tmp_path / "busy", name="busy")
    writer.run(0, 80, (), validate=True)
    writer.archive.begin_session()
    ran = here("audit", "busy", "--on", "local", runs=tmp_path)
    assert ran.code == 0
    assert "nothing was kept" in ran.err
    assert audits(writer.archive) == {}
    writer.archive.close()


# --- what a mark means to readers


@pytest.fixture
def marked(tmp_path):
    """A run whose best on validation is marked, with a best.py of it."""
    writer = Writer(tmp_path / "m", name="m")
    writer.run(0, 80, (), validate=True)
    writer.run(1, 30, validate=True)
    record(writer.archive, 1, MARKED)
    writer.archive.close()
    return tmp_path


def test_a_marked_trial_is_no_best(marked):
    ran = here("best", "m", runs=marked)
    assert (ran.code, ran.out) == (0, sample_program(80).source)
    assert here("best", "m", "--json", runs=marked).json()["audit"] == "not audited"
    assert here("show", "m", "--json", runs=marked).json()["best"] == 0
    assert here("status", "m", "--json", runs=marked).json()["best"]["trial"] == 0
    assert here("status", "m", "--json", runs=marked).json()["comparison"][0]["trial"] == 0
    assert "it remembers" in here("show", "m", "1", runs=marked).out


def test_where_all_are_marked_there_is_no_best_and_it_says_why(marked):
    from adrs.archive import Archive
    from adrs.archive.connection import sqlite_url

    archive = Archive.open(sqlite_url(marked / "m" / "archive.db"))
    record(archive, 0, MARKED)
    archive.close()
    ran = here("best", "m", runs=marked)
    assert (ran.code, ran.out) == (3, "")
    assert "is marked by its audit" in ran.err
    assert here("status", "m", "--json", runs=marked).json()["best"] is None


def test_a_trial_that_was_never_audited_says_so(marked):
    out = here("show", "m", "0", runs=marked).out
    assert "not audited" in out
    assert here("show", "m", "0", "--json", runs=marked).json()["audit"] is None


def test_a_failed_trial_has_no_audit(tmp_path):
    writer = Writer(tmp_path / "f", name="f")
    writer.run(0, 80, ())
    writer.fail(1, Status.UNPARSED, "no edit")
    writer.archive.close()
    assert here("show", "f", "1", "--json", runs=tmp_path).json()["audit"] is None
