"""The hostile suite against both walls, and against walls that do not stand: it must say so."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adrs.errors import UsageError
from adrs.evaluating.hostile import surroundings
from adrs.evaluating.hostile.canaries import Clock
from adrs.evaluating.hostile.hostile import Hostile
from adrs.evaluating.hostile.problem import HONEST
from adrs.evaluating.hostile.programs import PROGRAMS
from adrs.evaluating.hostile.suite import Court, run, select
from adrs.evaluation import Status
from adrs.program import Program
from adrs.sandbox.choice import choose, open_sandbox
from adrs.sandbox.containers import docker, owner_labels
from adrs.sandbox.docker import DockerSandbox
from tests.sandbox.conftest import Wall
from tests.sandbox.unwalled import Unwalled

BY_NAME = {program.name: program for program in PROGRAMS}
# What these look for is not there where programs run in a process of their own, wall or no wall, or is no harm there.
NOT_WITHOUT_A_WALL = {
    "connections in memory",
    "frames and objects of the trusted side",
    "words of the command line",
    "metadata addresses",
    "ptrace of siblings",
}
NEEDS_ROOT = {"setting the clock"}


@pytest.fixture(scope="module")
def court(sandbox: Wall) -> Court:
    return Court(sandbox)


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_hostile_program_comes_to_nothing(court: Court, program: Hostile) -> None:
    assert_harmless(court, program)


@pytest.mark.parametrize("group", sorted({program.group for program in PROGRAMS}))
def test_one_program_of_each_group_comes_to_nothing(court: Court, group: str) -> None:
    assert_harmless(court, select(group)[0])


def assert_harmless(court: Court, program: Hostile) -> None:
    verdict = court.judge(program)
    assert verdict.complaint == ""
    assert verdict.seconds <= program.seconds + 1
    assert verdict.aftermath == ""
    assert verdict.leftovers == ()
    assert verdict.harm == ()
    assert len(verdict.message) < 2500


def test_names_are_unique_and_every_status_occurs() -> None:
    assert len(BY_NAME) == len(PROGRAMS) >= 40
    assert {program.expected for program in PROGRAMS} == set(Status) - {Status.UNPARSED, Status.DUPLICATE}


def test_programs_are_chosen_by_name_or_group() -> None:
    assert [program.name for program in select("fork bomb")] == ["fork bomb"]
    assert {program.group for program in select("spy")} == {"spy"}
    assert select(None) == PROGRAMS
    with pytest.raises(UsageError, match="no group is called 'spies'"):
        select("spies")


@pytest.fixture
def unwalled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Unwalled]:
    monkeypatch.setattr(surroundings, "SETTLE_SECONDS", 0.2)
    monkeypatch.setattr(surroundings, "STABLE_SECONDS", 0.05)
    sandbox = Unwalled()
    yield sandbox
    sandbox.close()


def crashing(source: str, message: str = "") -> Hostile:
    return Hostile("test", "a program", Status.CRASHED, message, source)


def spiteful(source: str) -> Hostile:
    """Return a program that does something as it is loaded, and then answers honestly."""
    return Hostile("test", "a program", Status.VALID, "", source + HONEST)


def test_an_honest_program_passes_even_without_a_wall(unwalled: Unwalled) -> None:
    [verdict] = run(unwalled, [spiteful("")])
    assert verdict.passed, verdict.findings


@pytest.mark.parametrize(
    ("expected", "message", "source", "complaint"),
    [
        (Status.VALID, "", "def order(times): return [0]", "it is invalid"),
        (Status.TIMED_OUT, "", "def order(times): raise ValueError('no')", "it is crashed: ValueError: no"),
        (Status.CRASHED, "yes", "def order(times): raise ValueError('no')", "its message does not hold 'yes'"),
        (
            Status.VALID,
            "",
            "def order(times): return [*range(len(times))]",
            "scores are not those of an honest program",
        ),
    ],
)
def test_a_wrong_status_is_reported(
    unwalled: Unwalled, expected: Status, message: str, source: str, complaint: str
) -> None:
    [verdict] = run(unwalled, [Hostile("test", "a program", expected, message, source)])
    assert complaint in verdict.complaint
    assert not verdict.passed


def test_a_failure_of_the_evaluation_itself_is_reported(unwalled: Unwalled) -> None:
    unwalled.before_open = fail_at_a_mark
    [verdict] = run(unwalled, [spiteful("mark = 1")])
    assert (verdict.observed, verdict.complaint) == ("ZeroDivisionError", "it is ZeroDivisionError: broken")


def fail_at_a_mark(program: Program) -> None:
    if "mark" in program.source:
        raise ZeroDivisionError("broken")


@pytest.mark.parametrize(
    "program", [program for program in PROGRAMS if "def attempts" in program.source], ids=lambda program: program.name
)
def test_a_spy_gets_through_where_there_is_no_wall(unwalled: Unwalled, program: Hostile) -> None:
    if program.name in NOT_WITHOUT_A_WALL or (program.name in NEEDS_ROOT and os.geteuid()):
        pytest.skip("it finds nothing here either")
    [verdict] = run(unwalled, [program])
    assert "it is crashed: RuntimeError: reached" in verdict.complaint


def test_a_late_end_is_reported(unwalled: Unwalled) -> None:
    unwalled.patience = 4
    slow = "import time\ndef order(times): time.sleep(9)"
    [verdict] = run(unwalled, [Hostile("test", "slow", Status.TIMED_OUT, "", slow)])
    assert (verdict.complaint, verdict.in_time, verdict.passed) == ("", False, False)
    assert "its limit is 0.5 s" in verdict.findings[0]


def test_a_trace_in_the_next_program_is_reported(unwalled: Unwalled) -> None:
    [verdict] = run(unwalled, [spiteful("import numpy\nnumpy.seterr(all='raise')\n")])
    assert verdict.complaint == ""
    assert verdict.aftermath == "an honest program scores otherwise"
    assert not verdict.passed


def test_a_next_program_that_fails_is_reported(unwalled: Unwalled) -> None:
    [verdict] = run(unwalled, [spiteful("import random\nrandom.Random = None\n")])
    assert "an honest program is crashed" in verdict.aftermath


DAEMON = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; kept = bytes([1]) * (99 << 20); time.sleep(5)"])
import time; time.sleep(0.3)
"""


def test_leftovers_are_reported(unwalled: Unwalled) -> None:
    files = [Path("/tmp/adrs-hostile-left"), Path("/dev/shm/adrs-hostile-left")]
    try:
        [verdict] = run(unwalled, [spiteful(f"for path in {list(map(str, files))}: open(path, 'w').close()\n{DAEMON}")])
    finally:
        for path in files:
            path.unlink()
    found = " ".join(verdict.leftovers)
    assert "file /tmp/adrs-hostile-left" in verdict.leftovers
    assert "file /dev/shm/adrs-hostile-left" in verdict.leftovers
    assert "process python" in found
    assert "MiB of memory" in found
    assert not verdict.passed


def test_open_files_and_threads_of_the_host_are_reported(unwalled: Unwalled) -> None:
    leaked, done = [], threading.Event()

    def leak(program: Program) -> None:
        if "mark" in program.source:
            leaked.append(os.dup(0))
            threading.Thread(target=done.wait).start()

    unwalled.before_open = leak
    try:
        [verdict] = run(unwalled, [spiteful("mark = 1")])
    finally:
        done.set()
        for number in leaked:
            os.close(number)
    assert verdict.leftovers == ("2 open files of the host", "2 threads of the host")  # two stages


@pytest.mark.docker
def test_a_container_that_stays_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "SETTLE_SECONDS", 0.3)
    image = choose("docker").image
    sandbox = open_sandbox(choose("docker"))
    assert isinstance(sandbox, DockerSandbox)
    command = ("run", "--detach", "--rm", "--network", "none", *owner_labels(), "--entrypoint", "sleep", image, "60")
    court, started = Court(sandbox), docker(*command)
    try:
        verdict = court.judge(spiteful(""))
    finally:
        docker("rm", "--force", started)
        sandbox.close()
    assert "containers instead of" in " ".join(verdict.leftovers)
    assert not verdict.passed


TRACE = """
import ctypes, os, time
if os.fork() == 0:
    ctypes.CDLL(None).ptrace(0x4206, TARGETS["bystander"], 0, 0)
    time.sleep(1.5)
    os._exit(0)
time.sleep(0.1)
"""
TOUCHES = {
    "open changed": "open(TARGETS['files'][0], 'a').write('x')",
    "private changed": "import os; os.utime(TARGETS['files'][1], (0, 0))",
    "adrs-canaries": "open(TARGETS['folder'] + '/more', 'w').close()",
    "TCP was spoken to": "import socket; socket.create_connection(('127.0.0.1', TARGETS['tcp']))",
    "UDP was spoken to": "import socket; socket.socket(2, 2).sendto(b'x', ('127.0.0.1', TARGETS['udp']))",
    "the socket with a path was spoken to": "import socket; socket.socket(1).connect(TARGETS['path'])",
    "the abstract socket was spoken to": "import socket; socket.socket(1).connect(TARGETS['abstract'])",
    "the bystander is Z": "import os; os.kill(TARGETS['bystander'], 9)",
    "the bystander is T": "import os; os.kill(TARGETS['bystander'], 19)",
    "the bystander is traced": TRACE,
}


@pytest.mark.parametrize("harm", TOUCHES)
def test_a_touch_of_the_host_is_reported(unwalled: Unwalled, harm: str) -> None:
    if "traced" in harm and os.geteuid():
        pytest.skip("siblings may not be traced")
    [verdict] = run(unwalled, [spiteful(TOUCHES[harm])])
    assert harm in " ".join(verdict.harm)
    assert not verdict.passed


def test_a_secret_that_is_told_is_reported(unwalled: Unwalled) -> None:
    telling = "def order(times): raise ValueError(open(TARGETS['files'][1]).read())"
    [verdict] = run(unwalled, [crashing(telling)])
    assert verdict.harm == ("it told the secret",)
    assert not verdict.passed


def test_a_clock_that_was_set_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, honest = Clock(), time.time
    assert not clock.turned
    monkeypatch.setattr(time, "time", lambda: honest() + 3600)
    assert clock.turned
