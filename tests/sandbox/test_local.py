"""The life of the local runner."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adrs.errors import SandboxUnavailable
from adrs.program import Program
from adrs.sandbox.local import LocalSandbox
from tests.sandbox.conftest import HONEST, LIMITS, ask, honest_answer, processes

HOST = """
import sys, time
from adrs.problem import Limits
from adrs.program import Program
from adrs.sandbox.choice import choose, open_sandbox
sandbox = open_sandbox(choose(sys.argv[1]))
with sandbox.open(Program("import os\\ndef f(): return os.getppid()"), Limits()) as policy:
    print(sandbox.walls.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def sandbox() -> Iterator[LocalSandbox]:
    wall = LocalSandbox()
    yield wall
    wall.close()


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.01)
    return False


def test_a_dead_runner_is_replaced(sandbox: LocalSandbox) -> None:
    before, first = honest_answer(sandbox), sandbox.walls.pid
    os.kill(first, signal.SIGKILL)
    assert gone_or_zombie(first)
    assert honest_answer(sandbox) == before
    assert sandbox.walls.pid != first


def gone_or_zombie(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


def test_a_runner_that_dies_in_an_evaluation_is_no_fault_of_the_candidate(sandbox: LocalSandbox) -> None:
    with pytest.raises(SandboxUnavailable, match="runner"), sandbox.open(HONEST, LIMITS):
        os.kill(sandbox.walls.pid, signal.SIGKILL)
    assert ask(sandbox, "def f(): return 1") == 1


def test_closing_ends_the_runner_and_the_candidate(sandbox: LocalSandbox) -> None:
    with sandbox.open(HONEST, LIMITS):
        running = processes(sandbox)
    assert len(running) == 2
    sandbox.close()
    assert all(map(gone, running))
    sandbox.close()


def test_a_killed_host_leaves_nothing_behind() -> None:
    with subprocess.Popen([sys.executable, "-c", HOST, "local"], stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None
        runner = int(host.stdout.readline())
        children = Path(f"/proc/{runner}/task/{runner}/children").read_text().split()
        host.kill()
    assert len(children) == 1
    assert gone(runner)
    assert gone(int(children[0]))


def test_two_runners_give_the_same_answers(sandbox: LocalSandbox) -> None:
    other = LocalSandbox()
    try:
        assert honest_answer(other) == honest_answer(sandbox)
    finally:
        other.close()


def test_a_runner_that_cannot_start_is_no_candidates_failure(
    sandbox: LocalSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for executable in ("/bin/false", "/nonexistent"):
        monkeypatch.setattr(sys, "executable", executable)
        with pytest.raises(SandboxUnavailable), sandbox.open(Program(""), LIMITS):
            pass


def test_the_walls_of_this_machine_are_known(sandbox: LocalSandbox) -> None:
    walls = sandbox.walls
    assert walls.python == sys.version.split()[0]
    assert (walls.user is None) == (os.geteuid() != 0)
    assert walls.seccomp == (os.uname().machine in {"x86_64", "aarch64", "riscv64"})
