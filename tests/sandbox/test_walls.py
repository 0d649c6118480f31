"""What a program finds out about the machine that it runs on: as good as nothing."""

import math
import os
import time
from pathlib import Path

import numpy as np
import pytest

from adrs.evaluation import CandidateFailed, Status
from adrs.program import Program
from adrs.sandbox import Data
from tests.sandbox.conftest import LIMITS, Wall, ask

pytestmark = pytest.mark.usefixtures("untouched")


def test_the_cpu_limit_holds(sandbox: Wall) -> None:
    limits = LIMITS.model_copy(update={"cpu_seconds": 1})
    with pytest.raises(CandidateFailed, match="1 s of CPU time") as failure:
        ask(sandbox, "def f():\n  while True: pass", limits=limits)
    assert failure.value.status is Status.TIMED_OUT


def test_output_goes_nowhere(sandbox: Wall) -> None:
    source = """
import os
def f():
    for _ in range(100):
        print("x" * (1 << 20))
        os.write(2, b"y" * (1 << 20))
    return 1
"""
    assert ask(sandbox, source) == 1


@pytest.mark.parametrize("kind", ["read", "write", "list", "look"])
def test_no_file_is_reachable(sandbox: Wall, kind: str, tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("secret")
    inside = ["/etc/passwd", "/proc/self/environ", "/proc/1/cmdline", "/proc/self/mem", "/dev/null", "/sys/kernel", "/"]
    paths: list[Data] = [str(secret), __file__, *inside, "/tmp/x", "/dev/shm/x", "/adrs/sandbox/runner.py"]
    source = f"""
import os
def f(paths):
    reached = []
    for path in paths:
        try:
            {{"read": lambda: open(path).read(), "write": lambda: open(path, "w").write("x"),
              "list": lambda: os.listdir(path), "look": lambda: os.stat(path)}}["{kind}"]()
            reached.append(path)
        except OSError:
            pass
    return reached
"""
    assert ask(sandbox, source, paths) == []


def test_the_environment_is_empty(sandbox: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "secret")
    source = "import os, ctypes\ngetenv = ctypes.CDLL(None).getenv\ndef f(): return [dict(os.environ), getenv(b'PATH')]"
    assert ask(sandbox, source) == [{}, 0]


def test_it_is_not_root_and_has_only_its_own_descriptors(sandbox: Wall) -> None:
    source = """
import errno, os
def f():
    found = []
    for number in range(3, 1000):
        try:
            os.lseek(number, 0, 0)
        except OSError as error:
            found += [number] * (error.errno != errno.EBADF)
    return [[os.getuid(), os.geteuid(), os.getgid(), os.getegid()], found]
"""
    user = os.getuid() if sandbox.walls.user is None else sandbox.walls.user
    assert user != 0
    assert ask(sandbox, source) == [[user] * 4, [3]]


def test_other_processes_cannot_be_traced(sandbox: Wall) -> None:
    source = "import ctypes, os\ndef f(): return [ctypes.CDLL(None).ptrace(16, pid, 0, 0) for pid in (1, os.getppid())]"
    assert ask(sandbox, source) == [-1, -1]


def test_walking_frames_and_memory_reaches_nothing(sandbox: Wall) -> None:
    source = """
import gc, socket, sys
def f():
    frame, names = sys._getframe(), []
    while frame:
        names += [type(value).__name__ for value in frame.f_locals.values()]
        frame = frame.f_back
    reached = 0
    for thing in gc.get_objects():
        if isinstance(thing, socket.socket) and thing.fileno() != 3:
            try:
                thing.send(b'{"end": true}')
                reached += 1
            except OSError:
                pass
    return reached, "Runner" in names
"""
    assert ask(sandbox, source) == [0, True]


def test_nothing_of_the_runner_can_be_patched_for_the_next(sandbox: Wall) -> None:
    patch = "import __main__, service, numpy\n__main__.Runner.serve = service.Service.run = numpy.max = None\n"
    assert ask(sandbox, patch + "def f(): return numpy.max") is None
    assert ask(sandbox, "import numpy\ndef f(): return int(numpy.max([1, 2]))") == 2


@pytest.mark.parametrize("attack", ["a[0] = 9", "a += 1", "a.sort()", "a.fill(0)", "a.resize(1)"])
def test_arguments_are_read_only(sandbox: Wall, attack: str) -> None:
    sent = np.array([3.0, 2.0, 1.0])
    with pytest.raises(CandidateFailed, match="ValueError"):
        ask(sandbox, f"def f(a): {attack}", sent)
    assert sent.tolist() == [3.0, 2.0, 1.0]


def test_held_data_stays_as_it_was(sandbox: Wall) -> None:
    source = """
def f(jobs):
    jobs["p"].append(1); jobs["new"] = 1
    try:
        jobs["d"].setflags(write=True)
        jobs["d"][0] = 9
    except ValueError:
        pass
    return [jobs["p"], float(jobs["d"][0])]
"""
    with sandbox.open(Program(source), LIMITS) as policy:
        held = policy.hold({"p": [], "d": np.zeros(3)})
        assert [policy.call("f", held) for _ in range(3)] == [[[1], 0.0]] * 3


def test_values_that_lie_become_plain(sandbox: Wall) -> None:
    source = """
class Liar(float):
    def __lt__(self, other): return True
    def __float__(self): return 1e9
    def __eq__(self, other): return True
    __hash__ = None
class Listing(list):
    def __len__(self): return 10**9
def f(): return [Liar(0.5), Listing([Liar(1.5)]), True, float("nan"), float("inf")]
"""
    answer = ask(sandbox, source)
    assert isinstance(answer, list)
    first, inner, truth, nan, infinity = answer
    assert (type(first), first, inner, truth, infinity) == (float, 0.5, [1.5], True, math.inf)
    assert isinstance(nan, float)
    assert math.isnan(nan)


def test_an_answer_given_after_the_last_question_is_invalid(sandbox: Wall) -> None:
    source = """
import frames, os
push = frames.push
def later(socket, buffers):
    push(socket, buffers)
    os.write(3, b"more")
    return ()
frames.push = later
def f(): return 1
"""
    with pytest.raises(CandidateFailed, match=r"after its last answer|answer cannot be taken") as failure:
        ask_and_wait(sandbox, source)
    assert failure.value.status is Status.INVALID


def test_a_candidate_that_answers_and_dies_breaks_nothing(sandbox: Wall) -> None:
    source = """
import frames, json, os, socket
def peek(inbox, connection):
    ticket = json.loads(connection.recv(1 << 16, socket.MSG_PEEK)[8:])[1]
    os.write(3, b"".join(frames.encode(["answer", ticket, "forged"])))
    os._exit(0)
def f():
    frames.Inbox.receive = peek
"""
    with sandbox.open(Program(source), LIMITS) as policy:
        assert policy.call("f") is None
        assert policy.call("f") == "forged"  # any answer is a candidate's to give; it judges nothing
        time.sleep(0.05)


def ask_and_wait(sandbox: Wall, source: str) -> None:
    with sandbox.open(Program(source), LIMITS) as policy:
        policy.call("f")
        time.sleep(0.05)
