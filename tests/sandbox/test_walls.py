"""What the walls do that no program of the hostile suite can show: see test_hostile.py for the others."""

import math
import os
import platform
import time

import numpy as np
import pytest

from adrs.evaluation import CandidateFailed, Status
from adrs.program import Program
from tests.sandbox.conftest import LIMITS, Wall, ask, honest_answer

DIES_OF_A_32_BIT_CALL = """
import ctypes, mmap
def f():
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")  # mov eax, 20 (getpid); int 0x80; ret
    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
"""


@pytest.fixture(scope="module")
def before(sandbox: Wall) -> str:
    return honest_answer(sandbox)


@pytest.fixture(autouse=True)
def untouched(sandbox: Wall, before: str) -> object:
    """An honest program answers after the test as it did before all of them."""
    yield
    assert honest_answer(sandbox) == before


def failure_of(sandbox: Wall, source: str, **limits: object) -> CandidateFailed:
    with pytest.raises(CandidateFailed) as failure:
        ask(sandbox, source, limits=LIMITS.model_copy(update=limits))
    return failure.value


def test_the_cpu_limit_holds(sandbox: Wall) -> None:
    failure = failure_of(sandbox, "def f():\n  while True: pass", cpu_seconds=1)
    assert failure.status is Status.TIMED_OUT
    assert "1 s of CPU time" in failure.message


@pytest.mark.parametrize(
    ("status", "message", "source"),
    [
        (Status.CRASHED, "SyntaxError: '(' was never closed (candidate.py, line 2)", "x = 1\ny = ("),
        (Status.CRASHED, "null bytes", "x = 1\0"),
        (Status.INVALID, "defines no function 'f'", "def g(): return 1"),
        (Status.INVALID, "longer than 64 KiB", "#" * 70_000),
    ],
)
def test_what_an_evaluation_refuses_at_once_is_refused_here_too(
    sandbox: Wall, status: Status, message: str, source: str
) -> None:
    failure = failure_of(sandbox, source)
    assert failure.status is status
    assert message in failure.message


def test_it_is_nobody_and_has_one_open_file(sandbox: Wall) -> None:
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


@pytest.mark.skipif(platform.machine() != "x86_64", reason="other processors have no second table of system calls")
def test_a_32_bit_system_call_is_deadly(sandbox: Wall) -> None:
    failure = failure_of(sandbox, DIES_OF_A_32_BIT_CALL)
    assert failure.status is Status.CRASHED
    assert "SIGSYS" in failure.message


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
