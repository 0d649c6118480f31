"""Programs that change what they were given, what they run in, or what they remember."""

from adrs.evaluating.hostile.hostile import Hostile
from adrs.evaluating.hostile.problem import HONEST
from adrs.evaluation import Status

CRASHED, INVALID, VALID = Status.CRASHED, Status.INVALID, Status.VALID


def _tamper(name: str, expected: Status, message: str, source: str) -> Hostile:
    return Hostile("tamper", name, expected, message, source)


def _mutation(attack: str) -> Hostile:
    return _tamper(attack, CRASHED, "ValueError", f"def order(times): {attack}")


def _patch(name: str, patches: str) -> Hostile:
    """Return a program that changes its process and then answers honestly; the next one must see nothing of it."""
    return _tamper(name, VALID, "", patches + HONEST)


_REMEMBERED = "another result in a fresh process"

TAMPERING = (
    _mutation("times[0] = 9"),
    _mutation("times += 1"),
    _mutation("times.sort()"),
    _mutation("times.fill(0)"),
    _mutation("times.resize(1)"),
    _mutation("times.setflags(write=True)"),
    _mutation("times.shape = (2, 2, 2, 2, 2)"),
    _tamper(
        "arguments written over through C",
        VALID,
        "",
        """
import ctypes, numpy as np
known = {}
def order(times):
    answer = known.setdefault(len(times), np.argsort(times))
    ctypes.memset(times.ctypes.data, 0, times.nbytes)
    return answer
""",
    ),
    _tamper(
        "arguments that are kept",
        VALID,
        "",
        """
import numpy as np
kept = []
def order(times):
    kept.append(times)
    return np.argsort(times)
""",
    ),
    _patch(
        "patched numpy",
        """
import numpy
numpy.argsort, original = (lambda times: original(times)), numpy.argsort
numpy.mean = numpy.cumsum = numpy.sort = numpy.max = numpy.min = None
numpy.random.seed(9)
numpy.seterr(all="raise")
""",
    ),
    _patch(
        "patched runner",
        """
import __main__, sys
for name in list(vars(__main__)):
    if not name.startswith("__"): setattr(__main__, name, None)
for name in ("runner", "lockdown"):
    sys.modules.pop(name, None)
""",
    ),
    _patch(
        "patched builtins",
        """
import builtins, random, sys
random.seed(1); sys.setrecursionlimit(200)
builtins.open = builtins.compile = builtins.exec = builtins.print = builtins.input = None
""",
    ),
    _patch(
        "patched interpreter",
        "import gc, sys, warnings\ngc.disable()\nsys.path.append('/tmp')\nwarnings.simplefilter('error')\n",
    ),
    _patch("callbacks at exit", "import atexit, os\natexit.register(lambda: os.write(3, b'more'))\n"),
    _patch(
        "trace of the runner", "import sys\nsys.setprofile(lambda *event: None)\nsys.settrace(lambda *event: None)\n"
    ),
    _patch("signals set", "import signal\nfor number in (1, 2, 10, 12, 15): signal.signal(number, signal.SIG_IGN)\n"),
    _patch(
        "time travel",
        """
import time
time.time = time.monotonic = time.perf_counter = lambda: 0.0
time.time_ns = time.monotonic_ns = time.perf_counter_ns = lambda: 0
""",
    ),
    _tamper(
        "time travel that hides a loop",
        Status.TIMED_OUT,
        "a call took more than 0.5 s",
        "import time\ntime.time = time.monotonic = lambda: 0.0\ndef order(times):\n  while time.monotonic() < 1: pass",
    ),
    _tamper(
        "service that never ends",
        VALID,
        "",
        """
import service
service.Service.run = service.Service._load = None
"""
        + HONEST,
    ),
    _patch("work at import", "import numpy as np\nfor _ in range(20): np.linalg.svd(np.random.rand(60, 60))\n"),
    _patch("half a million objects at import", "kept = [[i] for i in range(500000)]\n"),
    _tamper(
        "numbers of calls remembered",
        INVALID,
        _REMEMBERED,
        """
import numpy as np
calls = []
def order(times):
    calls.append(len(times))
    return np.roll(np.argsort(times), len(set(calls)))
""",
    ),
    _tamper(
        "lengths of others remembered",
        INVALID,
        _REMEMBERED,
        """
import numpy as np
most = 0
def order(times):
    global most
    most = max(most, len(times))
    return np.roll(np.argsort(times), most)
""",
    ),
    _tamper(
        "two answers to one question",
        INVALID,
        "two answers to one question",
        "import os, random\nrandom.seed(os.urandom(8))\n"
        "def order(times): return random.sample(range(len(times)), len(times))",
    ),
    _tamper(
        "random numbers of the kernel",
        INVALID,
        _REMEMBERED,
        """
import numpy as np, os
shift = int.from_bytes(os.urandom(8), "big")
def order(times): return np.random.default_rng(shift).permutation(len(times))
""",
    ),
    _tamper(
        "answers by the clock",
        INVALID,
        _REMEMBERED,
        "import numpy as np, time\nnow = time.time_ns()\n"
        "def order(times): return np.random.default_rng(now).permutation(len(times))",
    ),
    _tamper(
        "answers by its process",
        INVALID,
        _REMEMBERED,
        "import numpy as np, os\ndef order(times): return np.random.default_rng(os.getpid()).permutation(len(times))",
    ),
)
