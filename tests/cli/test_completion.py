import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from adrs.cli import cli
from adrs.testing.samples import PACK
from tests.report.command import adrs


def completed(monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    """Return what a shell offers for the last of `words`."""
    monkeypatch.setenv("COMP_WORDS", " ".join(["adrs", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    answer = BashComplete(cli, {}, "adrs", "_ADRS_COMPLETE").complete()
    return [line.partition(",")[2] for line in answer.splitlines()]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("brave-heron", "calm-owl"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "archive.db").touch()
    (tmp_path / "runs" / "notes").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ADRS_RUNS", raising=False)
    return tmp_path / "runs"


@pytest.mark.usefixtures("runs")
def test_runs_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(monkeypatch, "diff", "") == ["last", "brave-heron", "calm-owl"]
    assert completed(monkeypatch, "best", "c") == ["calm-owl"]
    assert completed(monkeypatch, "best", "calm-owl", "b") == []


def test_runs_are_sought_where_the_user_keeps_them(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.rename(runs.with_name("elsewhere"))
    assert completed(monkeypatch, "show", "") == []
    assert completed(monkeypatch, "show", "--runs", "elsewhere", "b") == ["brave-heron"]
    monkeypatch.setenv("ADRS_RUNS", "elsewhere")
    assert completed(monkeypatch, "show", "b") == ["brave-heron"]


def test_problems_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(PACK, tmp_path / "evaluators" / "zz_queues")
    monkeypatch.chdir(tmp_path)
    assert completed(monkeypatch, "config", "show", "zz") == ["zz_queues"]
    monkeypatch.setenv("COMP_WORDS", "adrs config show ./z")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert BashComplete(cli, {}, "adrs", "_ADRS_COMPLETE").complete() == "dir,./z"


@pytest.mark.parametrize(("shell", "mark"), [("bash", "complete -o"), ("zsh", "#compdef adrs"), ("fish", "complete ")])
def test_every_shell_has_a_script(shell: str, mark: str) -> None:
    ran = adrs("completion", shell)
    assert ran.code == 0
    assert mark in ran.out
    assert "_ADRS_COMPLETE" in ran.out


def test_other_shells_are_refused() -> None:
    assert adrs("completion", "tcsh").code == 2


def test_the_script_works_in_bash(tmp_path: Path) -> None:
    script = tmp_path / "completion.sh"
    script.write_text(adrs("completion", "bash").out)
    (tmp_path / "adrs").write_text(f"#!{sys.executable}\nfrom adrs.cli import main\n\nmain()\n")
    asked = f'. {script}; COMP_WORDS=(adrs linea); COMP_CWORD=1; _adrs_completion adrs; echo "${{COMPREPLY[@]}}"'
    (tmp_path / "adrs").chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    ran = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout.split() == ["lineage"]
