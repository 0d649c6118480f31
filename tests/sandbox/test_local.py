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
from adrs.sandbox.local import LocalSandbox, bubblewrap
from tests.sandbox.conftest import HONEST, LIMITS, ask, honest_answer

HOST = """
import sys, time
from adrs.problem import Limits
from adrs.program import Program
from adrs.sandbox.choice import choose, open_sandbox
sandbox = open_sandbox(choose(sys.argv[1]))
with sandbox.open(Program("import os\\ndef f(): return os.getppid()"), Limits()) as policy:
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def before() -> set[int]:
    """Processes that other tests of this process keep."""
    return set(descendants(os.getpid()))


@pytest.fixture(params=["bare", "namespaces"])
def sandbox(request: pytest.FixtureRequest, before: set[int]) -> Iterator[LocalSandbox]:
    if request.param == "namespaces" and bubblewrap() is None:
        pytest.skip("bubblewrap cannot make namespaces here")
    wall = LocalSandbox(namespaces=request.param == "namespaces")
    yield wall
    wall.close()


def descendants(process: int) -> list[int]:
    """Return the processes that descend from `process`, parents first."""
    lists = Path(f"/proc/{process}/task").glob("*/children")  # a list for each thread
    children = [int(word) for path in lists for word in path.read_text().split()]
    return [pid for child in children for pid in (child, *descendants(child))]


def runner(before: set[int]) -> int:
    """Return the process of the one runner that there was not before."""
    [pid] = [pid for pid in descendants(os.getpid()) if pid not in before and is_runner(pid)]
    return pid


def is_runner(pid: int) -> bool:
    """Return whether a process was started as a runner, and not forked from one as a candidate is."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes()
    parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
    started = command != Path(f"/proc/{parent}/cmdline").read_bytes()
    return started and b"bwrap" not in command and b"runner.py" in command


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.01)
    return False


def test_a_dead_runner_is_replaced(sandbox: LocalSandbox, before: set[int]) -> None:
    answer, first = honest_answer(sandbox), runner(before)
    os.kill(first, signal.SIGKILL)
    assert gone_or_zombie(first)
    assert honest_answer(sandbox) == answer
    assert runner(before) != first


def gone_or_zombie(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


def test_a_runner_that_dies_in_an_evaluation_is_no_fault_of_the_candidate(
    sandbox: LocalSandbox, before: set[int]
) -> None:
    with pytest.raises(SandboxUnavailable, match="runner"), sandbox.open(HONEST, LIMITS):
        os.kill(runner(before), signal.SIGKILL)
    assert ask(sandbox, "def f(): return 1") == 1


def test_closing_ends_the_runner_and_the_candidate(sandbox: LocalSandbox, before: set[int]) -> None:
    with sandbox.open(HONEST, LIMITS):
        running = [pid for pid in descendants(os.getpid()) if pid not in before]
    assert len(running) == (4 if sandbox.namespaces else 2)
    sandbox.close()
    assert all(map(gone, running))
    sandbox.close()


def test_a_killed_host_leaves_nothing_behind() -> None:
    with subprocess.Popen([sys.executable, "-c", HOST, "local"], stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None
        host.stdout.readline()
        running = descendants(host.pid)
        host.kill()
    assert len(running) >= 2
    assert all(map(gone, running))


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


def test_candidates_share_no_memory(sandbox: LocalSandbox, before: set[int]) -> None:
    ask(sandbox, "def f(): return 1")
    mappings = Path(f"/proc/{runner(before)}/maps").read_text().splitlines()
    assert mappings
    assert not [line for line in mappings if line.split()[1] == "rw-s"]
