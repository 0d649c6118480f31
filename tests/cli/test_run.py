import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.testing.samples import PACK, write_pack
from tests.campaign.world import facts
from tests.cli.command import adrs, start

RUN = ("run", "queues", "--on", "local", "--workers", "1", "--seed", "7")


def archive_of(folder):
    return Archive.open(sqlite_url(folder / "archive.db"))


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def rows(folder):
    """Return how many trials were told so far, read as any other tool would; 0 before there is an archive."""
    try:
        with sqlite3.connect(f"file:{folder / 'archive.db'}?mode=ro", uri=True) as connection:
            count = connection.execute("SELECT count(*) FROM trials WHERE told IS NOT NULL").fetchone()[0]
        connection.close()
    except sqlite3.OperationalError:
        return 0
    return count


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished campaign of 25 trials with one worker."""
    folder = tmp_path_factory.mktemp("whole")
    done = adrs(*RUN, "--trials", 25, "--name", "whole", cwd=folder, check=0)
    return folder / "runs" / "whole", done


def test_a_campaign_ends_with_program_evidence_price_place_and_next_step(whole):
    folder, done = whole
    out = done.stdout
    assert "def choose(waiting):" in out
    assert "regret on the validation instances" in out
    assert "two_choices" in out
    assert "95 % interval" in out
    assert "no language model" in out
    assert str(Path("runs") / "whole" / "best.py") in out
    assert "next       adrs lineage whole" in out
    assert "starts" in done.stderr
    assert (folder / "best.py").read_text().count("def choose") == 1
    assert 'search = "islands"' in (folder / "campaign.toml").read_text()
    assert "problem_hash" in (folder / "campaign.toml").read_text()


def test_the_same_seed_gives_the_same_archive(whole, tmp_path):
    adrs(*RUN, "--trials", 25, "--name", "again", cwd=tmp_path, check=0)
    first, second = archive_of(whole[0]), archive_of(tmp_path / "runs" / "again")
    assert facts(first) == facts(second)
    first.close()
    second.close()


@pytest.mark.slow
def test_kill_9_then_resume_gives_the_same_archive(whole, tmp_path):
    folder = tmp_path / "runs" / "killed"
    for _ in range(3):
        before = rows(folder)
        command = ("resume", "killed") if folder.exists() else (*RUN, "--trials", 25, "--name", "killed")
        process = start(*command, cwd=tmp_path)
        wait_for(lambda before=before: rows(folder) >= before + 4)
        process.kill()
        process.communicate()
    adrs("resume", "killed", cwd=tmp_path, check=0)
    killed, first = archive_of(folder), archive_of(whole[0])
    assert facts(killed) == facts(first)
    assert len(killed.sessions()) == 4
    killed.close()
    first.close()


@pytest.mark.slow
def test_the_first_interrupt_finishes_what_is_in_flight_and_the_second_leaves_at_once(tmp_path):
    folder = tmp_path / "runs" / "cut"
    process = start(*RUN, "--trials", 5000, "--name", "cut", cwd=tmp_path)
    wait_for(lambda: rows(folder) >= 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "nothing is lost" in err
    assert "adrs resume cut" in out
    assert "Traceback" not in err
    archive = archive_of(folder)
    assert archive.planned() == []
    archive.close()
    before = rows(folder)
    process = start("resume", "cut", cwd=tmp_path)
    wait_for(lambda: rows(folder) > before)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - begun < 5
    wait_for(lambda: not _left_behind(process.pid), seconds=5)


def _left_behind(pid):
    """Return the processes of the session that `pid` led."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[3] == str(pid) and fields[0] != "Z":
            found.append(stat.parent.name)
    return found


@pytest.mark.slow
def test_stop_and_two_controllers(tmp_path):
    folder = tmp_path / "runs" / "busy"
    process = start(*RUN, "--trials", 5000, "--name", "busy", cwd=tmp_path)
    wait_for(lambda: rows(folder) >= 2)
    refused = adrs("resume", "busy", cwd=tmp_path, check=2)
    assert "running already" in refused.stderr
    assert "running" in adrs("watch", "busy", "--once", cwd=tmp_path, check=0).stderr
    adrs("stop", "busy", cwd=tmp_path, check=0)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "adrs stop" in err
    adrs("stop", "busy", cwd=tmp_path, check=3)


def test_json_lines_tell_the_whole_story(tmp_path):
    done = adrs(*RUN, "--trials", 3, "--name", "x", "--json", cwd=tmp_path, check=0)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["schema"] for event in events} == {1}
    kinds = [event["event"] for event in events]
    assert kinds[0] == "launch"
    assert kinds[-1] == "done"
    assert kinds.count("trial") == 3
    assert events[-1]["comparison"][0]["name"] == "best"
    assert events[-1]["spend"]["dollars"] == 0


def test_a_budget_is_extended_and_a_target_missed(whole, tmp_path):
    adrs(*RUN, "--trials", 2, "--name", "short", "--target", "0.001", cwd=tmp_path, check=3)
    done = adrs("resume", "short", "--trials", "+2", cwd=tmp_path, check=3)
    assert "4 trials, " in done.stdout
    archive = archive_of(tmp_path / "runs" / "short")
    assert archive.events("extended")[0][2]["trials"] == [2, 4]
    archive.close()


@pytest.mark.parametrize(
    ("arguments", "code", "message", "todo"),
    [
        (("run", "nowhere"), 2, "no problem is called 'nowhere'", "problems list"),
        (("run", "queues", "--search", "magic"), 2, "magic", "islands"),
        (("run", "queues", "--model", "openai/gpt-5"), 2, "has no limit", "--dollars"),
        (("run", "queues", "--model", "openai/gpt-5", "--dollars", "1"), 4, "OPENAI_API_KEY", ""),
        (("run", "queues", "--name", "../up"), 2, "name", ""),
        (("run", "queues", "--runs", "/proc/nowhere"), 2, "cannot be made", "--runs"),
        (("run", "queues", "-c", "none.toml"), 2, "none.toml", ""),
        (("resume", "nobody"), 2, "no run 'nobody'", "adrs status"),
        (("eval", "queues", "none.py"), 2, "no file", ""),
        (("eval", "queues", "text.md"), 3, "does not parse", "Mend"),
        (("eval", "queues", "binary"), 2, "no Python source", ""),
        (("eval", "queues", "."), 2, "no Python source", ""),
    ],
)
def test_bad_input_gets_a_sentence_a_way_out_and_an_exit_code(tmp_path, arguments, code, message, todo):
    (tmp_path / "text.md").write_text("This is no program.\n")
    (tmp_path / "binary").write_bytes(bytes(range(128, 256)))
    done = adrs(*arguments, cwd=tmp_path, check=code)
    assert message in done.stderr
    assert todo in done.stderr
    assert not list((tmp_path / "runs").glob("*/archive.db")) if (tmp_path / "runs").exists() else True


def test_a_problem_has_defaults_that_flags_go_before(tmp_path):
    pack = write_pack(tmp_path / "evaluators")
    (pack / "problem.toml").write_text((pack / "problem.toml").read_text() + "\n[campaign]\ntrials = 2\nrepairs = 0\n")
    shown = json.loads(adrs("config", "show", "queues", "--json", cwd=tmp_path, check=0).stdout)["settings"]
    assert (shown["trials"]["value"], shown["trials"]["origin"]) == (2, "problem")
    done = adrs(*RUN, "--name", "defaults", cwd=tmp_path, check=0)
    assert "the budget of 2 trials" in done.stdout
    (pack / "problem.toml").write_text((pack / "problem.toml").read_text().replace("repairs = 0", "repair = 0"))
    assert "'repair' is no setting (from problem)" in adrs(*RUN, cwd=tmp_path, check=2).stderr


def test_help_answers_at_once_and_loads_nothing_heavy(tmp_path):
    script = (
        "import sys, adrs.cli\nfrom click.testing import CliRunner\n"
        "assert CliRunner().invoke(adrs.cli.cli, ['--help']).exit_code == 0\n"
        "heavy = {'litellm', 'openai', 'ray', 'sqlalchemy', 'pydantic', 'numpy', 'rich', 'jinja2'}\n"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout.strip() == ""
    least = min(_seconds_of_help() for _ in range(5))
    assert least < 0.3


def _seconds_of_help():
    begun = time.monotonic()
    adrs("--help", cwd=Path.cwd(), check=0)
    return time.monotonic() - begun


def test_a_full_disk_pauses_the_campaign_and_loses_nothing(tmp_path):
    """The run's folder is a file system of 1 MB that fills up in the middle."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    runs = tmp_path / "runs"
    runs.mkdir()
    if os.system(f"mount -t tmpfs -o size=600k tmpfs {runs}") != 0:
        pytest.skip("no file system can be mounted here")
    try:
        done = adrs(*RUN, "--trials", 4000, "--name", "full", cwd=tmp_path, check=1)
        assert "full" in done.stderr
        assert "disk" in done.stderr
        before = rows(runs / "full")
        assert before > 0
        os.system(f"mount -o remount,size=20m {runs}")
        adrs("resume", "full", "--trials", before + 5, cwd=tmp_path, check=0)
        assert rows(runs / "full") == before + 5
    finally:
        os.system(f"umount {runs}")


def test_a_pack_that_cannot_be_used_says_so_before_there_is_a_run(tmp_path):
    shutil.copytree(PACK, tmp_path / "queues")
    (tmp_path / "queues" / "evaluator.py").write_text("def run(")
    refused = adrs("run", "./queues", "--trials", "2", "--on", "local", cwd=tmp_path, check=2)
    assert "cannot be imported" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "runs").exists()


def test_a_runtime_is_for_containers(tmp_path):
    refused = adrs("run", "queues", "--on", "local", "--runtime", "runsc", cwd=tmp_path, check=2)
    assert "--on docker" in refused.stderr
    assert not (tmp_path / "runs").exists()
