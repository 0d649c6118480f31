"""A foreign evaluator inside with the candidate: more is allowed, and the machine is out of reach all the same."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from adrs.errors import SandboxUnavailable
from adrs.evaluation import CandidateFailed, Status
from adrs.problem import Limits
from adrs.program import Program
from adrs.sandbox import Needs, Policy
from adrs.sandbox.choice import choose, open_sandbox
from adrs.sandbox.local import LocalSandbox, bubblewrap
from tests.sandbox.conftest import Wall
from tests.sandbox.test_local import descendants, is_runner

ROOT = str(Path(__file__).resolve().parents[2])
LIMITS = Limits(seconds=20, call_seconds=5, memory_mb=1024)
PROGRAM = Program("""
import ctypes, multiprocessing, os, socket, subprocess, sys, tempfile, threading
libc = ctypes.CDLL(None)

def works():
    thread = threading.Thread(target=lambda: done.append(1))
    done = []
    thread.start(); thread.join()
    with multiprocessing.Pool(2) as pool, tempfile.NamedTemporaryFile("w+") as file:
        done += pool.map(abs, [-2, -3])
        file.write("4"); file.flush()
        done.append(int(open(file.name).read()))
    done.append(int(subprocess.run([sys.executable, "-c", "print(5)"], capture_output=True, text=True).stdout))
    return done, os.listdir("/problem"), dict(os.environ)

def refused(paths, kernel_calls):
    reached = []
    for path in paths:
        try: open(path).read(); reached.append(path)
        except OSError: pass
        try: open(path, "a"); reached.append(path + " for writing")
        except OSError: pass
    for family, address in ((2, ("1.1.1.1", 80)), (2, ("127.0.0.1", 22)), (2, ("169.254.169.254", 80)), (40, (2, 1))):
        try: socket.create_connection(address, 1) if family == 2 else socket.socket(family)
        except OSError: continue
        reached.append(address)
    for number, *arguments in kernel_calls:
        if libc.syscall(number, *arguments) >= 0: reached.append(number)
    return reached, os.getuid()

def litter():
    for folder in "/tmp", "/dev/shm":
        path = tempfile.mkdtemp(dir=folder)
        open(path + "/file", "w").write("x")
        os.symlink("/usr", path + "/link")
        os.chmod(path, 0)

def left(): return os.listdir("/tmp") + os.listdir("/dev/shm")

def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True: pass
        os._exit(0)

def stop():
    if os.fork() == 0:
        while True:
            for target in (-1, *range(2, 60)):
                try: os.kill(target, 19)
                except OSError: pass

def bomb():
    while True:
        try: os.fork()
        except OSError: pass

def fill():
    with open("/tmp/big", "wb") as file:
        while True: file.write(bytes(1 << 20))

def kill():
    for target in (-1, os.getppid(), 1):
        try: os.kill(target, 9)
        except OSError: pass
    return 1
""")
KERNEL_CALLS: list[list[int]] = [
    [101, 16, 1, 0, 0],
    [272, 0x10000000],
    [165, 0, 0, 0, 0, 0],
    [321, 0, 0, 0],
    [425, 1, 0],
]


@pytest.fixture(scope="module", params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def inside(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wall]:
    folder = tmp_path_factory.mktemp("problem")
    (folder / "data.txt").write_text("1")
    if request.param == "local" and bubblewrap() is None:
        pytest.skip("bubblewrap cannot make namespaces here")
    wall = open_sandbox(choose(request.param, Needs(inside="evaluator", folder=folder)))
    yield wall  # type: ignore[misc]
    wall.close()


def ask(wall: Wall, function: str, *args: list[str] | list[list[int]], limits: Limits = LIMITS) -> object:
    with wall.open(PROGRAM, limits) as policy:
        return policy.call(function, *args)  # type: ignore[arg-type]


def left(wall: Wall) -> set[str]:
    """Return what lies where a candidate may write; not what is shown there because it lies there on this machine."""
    shown = {place.parts[2] for place in map(Path, (ROOT, sys.prefix, sys.base_prefix)) if place.parts[1] == "tmp"}
    found = ask(wall, "left")
    assert isinstance(found, list)
    return set(found) - shown


def test_files_processes_and_threads_can_be_used(inside: Wall) -> None:
    answer = ask(inside, "works")
    assert isinstance(answer, list)
    done, files, environment = answer
    assert done == [1, 2, 3, 4, 5]
    assert files == ["data.txt"]
    assert set(environment) <= {
        *("PATH", "HOME", "TMPDIR", "LANG", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    }


def test_the_machine_cannot_be_reached(inside: Wall, tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("secret")
    paths = [
        str(secret),
        __file__,
        "/problem/new",
        "/usr/new",
        "/etc/shadow",
        str(Path.home() / ".ssh" / "id_rsa"),
        "/proc/1/environ",
    ]
    user = os.getuid() if inside.walls.user is None else inside.walls.user
    assert ask(inside, "refused", paths, KERNEL_CALLS) == [[], user]


def test_what_it_writes_goes_with_it(inside: Wall) -> None:
    ask(inside, "litter")
    assert left(inside) == set()


def test_a_daemon_ends_with_it(inside: Wall) -> None:
    ask(inside, "daemon")
    assert left(inside) == set()
    assert survivors() == []


def test_a_fork_bomb_is_killed_within_a_second(inside: Wall) -> None:
    ask(inside, "left")
    limits = LIMITS.model_copy(update={"call_seconds": 0.5})
    with inside.open(PROGRAM, limits) as policy:
        began = time.monotonic()
        assert failure(policy, "bomb") is Status.TIMED_OUT
        assert time.monotonic() - began < 0.5 + 1
    assert survivors() == []
    assert left(inside) == set()


def test_who_ends_it_cannot_be_stopped(inside: Wall) -> None:
    limits = LIMITS.model_copy(update={"call_seconds": 0.5})
    for _ in range(5):
        with inside.open(PROGRAM, limits) as policy:
            began = time.monotonic()
            with suppress(CandidateFailed):  # it may stop itself first, and then is late
                policy.call("stop")
        assert time.monotonic() - began < 5
    assert survivors() == []
    assert left(inside) == set()


def test_its_place_to_write_is_small(inside: Wall) -> None:
    with inside.open(PROGRAM, LIMITS) as policy:
        assert failure(policy, "fill") is Status.CRASHED
    assert left(inside) == set()


def test_it_cannot_end_the_runner(inside: Wall) -> None:
    assert ask(inside, "kill") == 1
    assert left(inside) == set()


def test_without_namespaces_no_foreign_evaluator_is_let_in() -> None:
    wall = LocalSandbox(Needs(inside="evaluator"), namespaces=False)
    with pytest.raises(SandboxUnavailable, match="bubblewrap") as refused, wall.open(PROGRAM, LIMITS):
        pass
    assert "apt install bubblewrap" in refused.value.todo


def failure(policy: Policy, function: str) -> Status:
    with pytest.raises(CandidateFailed) as failed:
        policy.call(function)
    return failed.value.status


def survivors() -> list[int]:
    """Return the processes of candidates, which are forked from a runner and never replaced by another program."""
    return [pid for pid in descendants(os.getpid()) if b"runner.py" in command(pid) and not is_runner(pid)]


def command(pid: int) -> bytes:
    """Return the command line of a process but for bubblewrap's."""
    line = Path(f"/proc/{pid}/cmdline").read_bytes()
    return b"" if b"bwrap" in line else line
