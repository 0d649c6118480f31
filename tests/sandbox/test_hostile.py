"""Programs that cheat, hang, leak or hurt. Each ends in its status, and leaves nothing behind."""

import time
from dataclasses import dataclass

import pytest

from adrs.evaluation import CandidateFailed, Status
from adrs.problem import Limits
from adrs.program import Program
from tests.sandbox.conftest import LIMITS, Wall

pytestmark = pytest.mark.usefixtures("untouched")
SHORT = LIMITS.model_copy(update={"call_seconds": 0.3})
FORGE = "import os, struct, frames, numpy\ndef say(*parts):\n  os.write(3, b''.join(parts))\n  while True: pass\n"


@dataclass(frozen=True)
class Hostile:
    """A program whose `f()` must fail with `status` and a message that holds `message`."""

    name: str
    source: str
    status: Status
    message: str

    @property
    def limits(self) -> Limits:
        return SHORT if self.status is TIMED_OUT else LIMITS


def hostile(name: str, status: Status, message: str, source: str) -> object:
    return pytest.param(Hostile(name, source, status, message), id=name)


TIMED_OUT, CRASHED, INVALID, MEMORY = Status.TIMED_OUT, Status.CRASHED, Status.INVALID, Status.OUT_OF_MEMORY

PROGRAMS = [
    hostile("loop", TIMED_OUT, "a call took more than 0.3 s", "def f():\n  while True: pass"),
    hostile("loop at import", TIMED_OUT, "0.3 s", "while True: pass"),
    hostile("loop in C", TIMED_OUT, "0.3 s", "def f(): return sum(range(10**12))"),
    hostile("sleep", TIMED_OUT, "0.3 s", "import time\ndef f(): time.sleep(3600)"),
    hostile(
        "loop that ignores signals", TIMED_OUT, "0.3 s",
        "import signal\nfor s in set(signal.Signals) - {9, 19}: signal.signal(s, signal.SIG_IGN)\n"
        "def f():\n  while True:\n    try:\n      while True: pass\n    except BaseException: pass",
    ),
    hostile("half a frame", TIMED_OUT, "0.3 s", FORGE + "def f(): say(struct.pack('<II', 64, 0))"),
    hostile("30 GB at once", MEMORY, "line 1, in f", "def f(): return len(bytearray(30 << 30))"),
    hostile("30 GB in numpy", MEMORY, "line 2, in f", "import numpy as np\ndef f(): return np.ones(30 << 27).sum()"),
    hostile("small objects", MEMORY, "out of memory", "a = []\ndef f():\n  while True: a.append([1.0] * 9)"),
    hostile("fork bomb", CRASHED, "PermissionError", "import os\ndef f():\n  while True: os.fork()"),
    hostile(
        "stubborn fork bomb", TIMED_OUT, "0.3 s",
        "import os\ndef f():\n  while True:\n    try: os.fork()\n    except OSError: pass",
    ),
    hostile(
        "double fork", CRASHED, "PermissionError",
        "import os\ndef f():\n  if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n      while True: pass",
    ),
    hostile("exec", CRASHED, "PermissionError", "import os\ndef f(): os.execv('/bin/sh', ['sh'])"),
    hostile("spawn", CRASHED, "Error", "import os\ndef f(): os.posix_spawn('/bin/sh', ['sh'], {})"),
    hostile(
        "thread", CRASHED, "can't start new thread",
        "import threading\ndef f(): threading.Thread(target=print).start()",
    ),
    hostile("os._exit", CRASHED, "exit status 0", "import os\ndef f(): os._exit(0)"),
    hostile("os._exit at import", CRASHED, "exit status 7", "import os\nos._exit(7)"),
    hostile("sys.exit", CRASHED, "SystemExit: 3", "import sys\ndef f(): sys.exit(3)"),
    hostile("interrupt", CRASHED, "KeyboardInterrupt", "def f(): raise KeyboardInterrupt"),
    hostile("segmentation fault", CRASHED, "SIGSEGV", "import ctypes\ndef f(): ctypes.string_at(0)"),
    hostile("abort", CRASHED, "ended by SIG", "import os\ndef f(): os.abort()"),
    hostile("deep recursion", CRASHED, "RecursionError", "def f(): return f()"),
    hostile(
        "stack overflow", CRASHED, "",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(n=0): return max([n], key=lambda n: f(n + 1))",
    ),
    hostile("kill all", CRASHED, "PermissionError", "import os\ndef f(): os.kill(-1, 9)"),
    hostile("kill the runner", CRASHED, "PermissionError", "import os\ndef f(): os.kill(os.getppid(), 9)"),
    hostile("kill itself", CRASHED, "PermissionError", "import os\ndef f(): os.kill(os.getpid(), 9)"),
    hostile("alarm", CRASHED, "ended by SIGALRM", "import signal\ndef f():\n signal.setitimer(0, .01)\n while 1: pass"),
    hostile("internet socket", CRASHED, "PermissionError", "import socket\ndef f(): socket.socket()"),
    hostile("datagram socket", CRASHED, "PermissionError", "import socket\ndef f(): socket.socket(2, 2)"),
    hostile("unix socket", CRASHED, "PermissionError", "import socket\ndef f(): socket.socket(1)"),
    hostile("socket pair", CRASHED, "PermissionError", "import socket\ndef f(): socket.socketpair()"),
    hostile("import a module", CRASHED, "'sqlite3' cannot be imported here", "import sqlite3"),
    hostile("syntax error", CRASHED, "SyntaxError: '(' was never closed (candidate.py, line 2)", "x = 1\ny = ("),
    hostile("null byte", CRASHED, "null bytes", "x = 1\0"),
    hostile("raise at import", CRASHED, "ValueError: no\n  line 1, in <module>: raise", "raise ValueError('no')"),
    hostile("missing function", INVALID, "defines no function 'f'", "def g(): return 1"),
    hostile("no function", INVALID, "defines no function 'f'", "f = 3"),
    hostile("wrong arguments", CRASHED, "TypeError: f() missing 1", "def f(x): return 1"),
    hostile("long program", INVALID, "longer than 64 KiB", "#" * 70_000),
    hostile("long message", CRASHED, " ... ", "def f(): raise ValueError('x' * 10**6)"),
    hostile("unprintable message", CRASHED, "ValueError: ??[31m", "def f(): raise ValueError('\\ud800\\x1b[31m')"),
    hostile(
        "message that raises", CRASHED, "E: (its message cannot be shown)",
        "class E(Exception):\n  def __str__(self): raise self\ndef f(): raise E",
    ),
    hostile(
        "message that loops", TIMED_OUT, "0.3 s",
        "class E(Exception):\n  def __str__(self):\n    while True: pass\ndef f(): raise E",
    ),
    hostile("forged answer", INVALID, "not asked", FORGE + "def f(): say(*frames.encode(['answer', 1, 1e9]))"),
    hostile("forged failure", INVALID, "not asked", FORGE + "def f(): say(*frames.encode(['failed', 1, 'valid', '']))"),
    hostile("forged lock", INVALID, "not asked", FORGE + "def f(): say(*frames.encode(['locked']))"),
    hostile("arrays for words", INVALID, "not asked", FORGE + "def f(): say(*frames.encode([numpy.ones(3)] * 3))"),
    hostile("garbage", INVALID, "cannot be taken", FORGE + "def f(): say(b'garbage' * 99)"),
    hostile("huge frame", INVALID, "too large", FORGE + "def f(): say(struct.pack('<II', 16, 0xffffffff))"),
    hostile("pickle", INVALID, "cannot be taken", FORGE + "def f(): say(bytes.fromhex('8004950000'))"),
    hostile("closed connection", CRASHED, "", "import os\ndef f(): os.close(3)"),
    hostile("set", INVALID, "a set is no plain data", "def f(): return {1}"),
    hostile("object", INVALID, "a object is no plain data", "def f(): return object()"),
    hostile("generator", INVALID, "generator is no plain data", "def f(): return (n for n in [1])"),
    hostile("array of objects", INVALID, "array of object", "import numpy\ndef f(): return numpy.array([f])"),
    hostile("array of text", INVALID, "array of <U1", "import numpy\ndef f(): return numpy.array(['a'])"),
    hostile("complex", INVALID, "complex", "def f(): return 1j"),
    hostile("keys that are no strings", INVALID, "must be strings", "def f(): return {1: 2}"),
    hostile("huge integer", INVALID, "64 bits", "def f(): return 1 << 64"),
    hostile("gigantic integer", INVALID, "64 bits", "def f(): return [1, 1 << 10**6]"),
    hostile("nested lists", INVALID, "nested", "def f():\n  a = []\n  for _ in range(10**5): a = [a]\n  return a"),
    hostile("list in itself", INVALID, "nested", "def f():\n  a = []\n  a.append(a)\n  return a"),
    hostile("large array", INVALID, "the limit is 1048576", "import numpy\ndef f(): return numpy.zeros(1 << 20)"),
    hostile("large list", INVALID, "send numbers as numpy arrays", "def f(): return [0.5] * (1 << 20)"),
    hostile("patched codec", CRASHED, "", "import frames\ndef f():\n  frames.encode = None\n  return 1"),
    hostile(
        "patched sender", INVALID, "",
        "import frames\npush = frames.push\ndef twice(s, b): return push(s, b) or push(s, b)\n"
        "frames.push = twice\ndef f(): pass",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", PROGRAMS)
def test_a_hostile_program_ends_in_its_status(sandbox: Wall, case: Hostile) -> None:
    began = time.monotonic()
    with pytest.raises(CandidateFailed) as failure:
        call_thrice(sandbox, case)
    assert failure.value.status is case.status
    assert case.message in failure.value.message
    assert len(failure.value.message) < 2500
    assert time.monotonic() - began < case.limits.call_seconds + 2


def call_thrice(sandbox: Wall, case: Hostile) -> None:
    with sandbox.open(Program(case.source), case.limits) as policy:
        for _ in range(3):
            policy.call("f")
