import os
import pty
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from adrs.cli import cli
from adrs.evaluation import Evaluation, Status
from adrs.program import Program
from adrs.testing.samples import sample_program
from adrs.trial import Proposal
from tests.report.command import adrs
from tests.report.sample_run import ASKED, FIRST_REPLY, LAST_REPLY, NAME, Writer, write_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs)
    return runs


def numbers(out: str) -> list[int]:
    return [int(line.split()[0]) for line in out.partition("\n\n")[0].splitlines()[1:]]


def test_trials_are_one_line_each(runs: Path) -> None:
    ran = adrs("show", NAME, runs=runs)
    assert ran.code == 0
    assert numbers(ran.out) == [0, 1, 2, 3, 4, 5, 6]
    rows = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert rows[3].startswith("2 crashed 0 sample ")
    assert rows[3].endswith(" IndexError: index 99 of 4")
    assert rows[6].startswith("5 valid 5.9667 8.7083 1 0 sample ")
    assert rows[6].endswith(" (best) set LIMIT to 30")
    assert "7 of 7 finished trials" in ran.err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--status", "crashed"), [2, 3]),
        (("--top", "2"), [6, 5]),
        (("--all",), [0, 1, 2, 3, 4, 5, 6]),
        (("--status", "duplicate"), []),
    ],
)
def test_trials_are_filtered(runs: Path, options: tuple[str, ...], expected: list[int]) -> None:
    assert numbers(adrs("show", NAME, *options, runs=runs).out) == expected
    assert [trial["number"] for trial in adrs("show", NAME, *options, "--json", runs=runs).json()["trials"]] == expected


def test_trials_as_json(runs: Path) -> None:
    listed = adrs("show", NAME, "--json", runs=runs).json()
    assert (listed["run"], listed["finished"], listed["best"]) == (NAME, 7, 5)
    best, last = listed["trials"][5:]
    assert best["parents"] == [1, 0]
    assert best["scores"]["regret"] == pytest.approx(5.966667)
    assert best["validation"]["status"] == "valid"
    assert best["validation"]["scores"]["regret"] == pytest.approx(8.708333)
    assert last["validation"] is None


def test_a_failure_on_validation_is_shown(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "x", name="x")
    writer.run(0, 80, ())
    writer.archive.begin_evaluation(0, "validation")
    writer.archive.add_evaluation(0, Evaluation(Status.TIMED_OUT, "validation", "too slow"))
    writer.archive.close()
    assert adrs("show", "x", runs=tmp_path).out.splitlines()[1].split()[:4] == ["0", "valid", "24.992", "timed_out"]
    (trial,) = adrs("show", "x", "--json", runs=tmp_path).json()["trials"]
    assert trial["validation"] == {"status": "timed_out", "scores": {}}
    assert "validation: timed_out in 0.00 s\ntoo slow\n" in adrs("show", "x", "0", runs=tmp_path).out


def test_one_trial_in_words(runs: Path) -> None:
    ran = adrs("show", NAME, "best", runs=runs)
    assert ran.code == 0
    assert ran.out.startswith("brave-heron · trial 5 · valid\n")
    assert sample_program(30).source in ran.out
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "regret 8.7083 min" in lines
    assert "class instances mean regret mean depth" in lines
    assert "few 3 8.7167 0.18889" in lines
    assert "many: 8.70 min of regret" in lines


def test_a_failure_says_why_once(runs: Path) -> None:
    for trial, message in (("2", "IndexError: index 99 of 4\nin line 2\n"), ("4", "the reply held no edit\n")):
        assert adrs("show", NAME, trial, runs=runs).out.count(message) == 1


def test_prompts_and_replies_are_shown_once_and_verbatim(runs: Path) -> None:
    out = adrs("show", NAME, "4", runs=runs).out
    for text in ("You schedule.\n", "Make the regret small.\n", FIRST_REPLY, "That held no edit.\n", LAST_REPLY):
        assert out.count(text) == 1
    assert out.index(FIRST_REPLY) < out.index("That held no edit.") < out.index(LAST_REPLY)


def test_one_trial_as_json(runs: Path) -> None:
    shown = adrs("show", NAME, "4", "--json", runs=runs).json()
    assert (shown["run"], shown["number"], shown["status"], shown["source"]) == (NAME, 4, "unparsed", None)
    assert [call["completion"]["text"] for call in shown["calls"]] == [FIRST_REPLY, LAST_REPLY]
    assert shown["calls"][1]["prompt"]["messages"][-1] == {"role": "user", "content": "That held no edit."}
    assert shown["calls"][0]["spent"] == {"dollars": 0.25, "tokens": 120, "seconds": 0.0}
    best = adrs("show", NAME, "best", "--json", runs=runs).json()
    assert best["source"] == sample_program(30).source
    assert len(best["evaluations"]["train"]["results"]) == 6
    assert best["evaluations"]["validation"]["groups"][0]["name"] == "few"
    assert best["evaluations"]["validation"]["groups"][0]["instances"] == 3


def test_a_part_is_printed_and_nothing_else(runs: Path) -> None:
    assert adrs("show", NAME, "best", "--program", runs=runs).out == sample_program(30).source
    assert adrs("show", NAME, "4", "--reply", runs=runs).out == f"{LAST_REPLY}\n"
    assert adrs("show", NAME, "4", "--prompt", runs=runs).out.startswith(
        "--- system ---\nYou schedule.\n--- user ---\n"
    )


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("9",), "has no trial '9'"),
        (("7",), "trial 7 of 'brave-heron' is not finished"),
        (("seed", "--reply"), "no model answered for trial 0"),
        (("4", "--program"), "trial 4 has no program"),
        (("--prompt",), "--prompt needs a TRIAL"),
        (("4", "--top", "3"), "leave TRIAL out"),
        (("4", "--reply", "--json"), "choose one"),
        (("--top", "0"), "--top"),
        (("--status", "bad"), "--status"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(runs: Path, arguments: tuple[str, ...], what: str) -> None:
    ran = adrs("show", NAME, *arguments, runs=runs)
    assert (ran.code, ran.out) == (2, "")
    assert what in ran.err


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Return runs with a program and a note that try to draw on the terminal."""
    writer = Writer(tmp_path / "x", name="x")
    writer.plan(0, ())
    program = Program("# \x1b[2J[bold]gone[/bold]\n")
    writer.archive.propose(0, Proposal(program, "sample", note="a\x1b]0;b\x07\nc"))
    writer.archive.begin_evaluation(0, "train")
    writer.archive.add_evaluation(0, writer.evaluate(sample_program(), "train"))
    writer.archive.tell(0)
    writer.archive.close()
    return tmp_path


def test_elsewhere_a_program_is_printed_byte_for_byte(hostile: Path) -> None:
    assert adrs("show", "x", "0", "--program", runs=hostile).out == "# \x1b[2J[bold]gone[/bold]\n"


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return what a command writes to a terminal of 60 columns."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)

    def written(*arguments: str) -> str:
        ours, theirs = pty.openpty()
        with ThreadPoolExecutor(1) as reader, monkeypatch.context() as patch:
            reading = reader.submit(_read, ours)
            with os.fdopen(theirs, "w") as terminal:
                patch.setattr(sys, "stdout", terminal)
                cli(arguments, standalone_mode=False)
            text = reading.result()
        os.close(ours)
        return text.replace("\r\n", "\n")

    return written


def _read(descriptor: int) -> str:
    read = b""
    with suppress(OSError):  # raised once the other end is closed
        while piece := os.read(descriptor, 4096):
            read += piece
    return read.decode()


def test_a_terminal_is_safe_from_what_models_write(hostile: Path, on_a_terminal: Callable[..., str]) -> None:
    shown = on_a_terminal("show", "x", "0", "--program", "--runs", str(hostile))
    assert shown == "# \\x1b[2J[bold]gone[/bold]\n"
    listed = on_a_terminal("show", "x", "--runs", str(hostile))
    assert "\x1b]0;" not in listed
    assert "\x07" not in listed


def test_a_terminal_gets_a_table_that_fits_and_colours_unless_refused(
    runs: Path, on_a_terminal: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = on_a_terminal("show", NAME, "--runs", str(runs))
    assert "\x1b[" in table
    assert "…" in table
    changed = on_a_terminal("diff", NAME, "best", "--runs", str(runs))
    assert "\x1b[31m-LIMIT = 60\n\x1b[0m" in changed
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in on_a_terminal("show", NAME, "--runs", str(runs))


def test_the_machine_is_shown_where_speed_was_measured(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "x", name="x")
    writer.run(0, 80, ())
    writer.plan(1, (0,))
    writer.archive.propose(1, Proposal(sample_program(20), "sample"))
    conditions = {"load_before": 0.5, "load_after": 1.25, "stolen_seconds": 0.03, "races": 12.0, "noisy": 2.0}
    timed = replace(writer.evaluate(sample_program(20), "train"), conditions=conditions | {"core": 3.0})
    writer.archive.begin_evaluation(1, "train")
    writer.archive.add_evaluation(1, timed)
    writer.archive.tell(1)
    writer.archive.close()
    shown = adrs("show", "x", "1", runs=tmp_path)
    assert "core 3, load 0.50 before and 1.25 after, 0.03 s stolen; races: 12, noisy: 2" in shown.out
    assert adrs("show", "x", "1", "--json", runs=tmp_path).json()["evaluations"]["train"]["conditions"]["core"] == 3
    assert "load" not in adrs("show", "x", "0", runs=tmp_path).out


def test_unfinished_trials_and_requests_of_unknown_fate_are_listed(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "x", name="x")
    writer.archive.begin_session()
    writer.run(0, 80, ())
    writer.plan(1, (0,))
    writer.ask(1, 0, ASKED, None)
    writer.plan(2, (0,))
    writer.archive.end_session(reason="killed", finished=False)
    writer.archive.begin_session()
    writer.archive.end_session(reason="stopped", finished=False)
    writer.archive.close()
    for shown in (adrs("show", "x", runs=tmp_path).out, adrs("status", "x", runs=tmp_path).out):
        lines = [line.split() for line in shown.splitlines()]
        assert ["1", "planned", "0"] in lines
        assert ["1", "0", "0.5000", "1000"] in lines
    told = adrs("show", "x", "--json", runs=tmp_path).json()
    assert told["unknown"] == [{"trial": 1, "call": 0, "dollars": 0.5, "tokens": 1000}]
    assert [each["trial"] for each in told["unfinished"]] == [1, 2]
    assert "unfinished" not in adrs("show", "x", "--top", "1", runs=tmp_path).out
