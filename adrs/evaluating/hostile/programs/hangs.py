"""Programs that do not come back."""

from adrs.evaluating.hostile.hostile import Hostile
from adrs.evaluation import Status

_LATE = "a call took more than 0.5 s"


def _hang(name: str, source: str) -> Hostile:
    return Hostile("hang", name, Status.TIMED_OUT, _LATE, source)


HANGS = (
    _hang("loop", "def order(times):\n  while True: pass"),
    _hang("loop at import", "while True: pass\ndef order(times): pass"),
    _hang("loop in C", "def order(times): return sum(range(10**12))"),
    _hang("loop in a regular expression", "import re\ndef order(times): re.match('(a+)+$', 'a' * 60 + 'b')"),
    _hang("loop in numpy", "import numpy as np\na = np.ones(3000000)\ndef order(times):\n  while True: np.sort(a)"),
    _hang("sleep", "import time\ndef order(times): time.sleep(3600)"),
    _hang("sleep at import", "import time\ntime.sleep(3600)\ndef order(times): pass"),
    _hang("sleep, interrupted or not", "import time\ndef order(times):\n  while True: time.sleep(0.01)"),
    _hang(
        "loop that ignores signals",
        """
import signal
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
def order(times):
    while True: pass
""",
    ),
    _hang(
        "loop that catches everything",
        """
def order(times):
    while True:
        try:
            while True: pass
        except BaseException: pass
""",
    ),
    _hang(
        "loop in a destructor",
        """
class Stubborn:
    def __del__(self):
        while True: pass
def order(times):
    Stubborn()
""",
    ),
    _hang(
        "loop in a finally clause",
        """
def order(times):
    try:
        raise SystemExit
    finally:
        while True: pass
""",
    ),
    _hang(
        "loop in an answer",
        """
class Endless(list):
    def __iter__(self):
        while True: yield 1
def order(times): return Endless([1])
""",
    ),
    _hang(
        "message that loops",
        """
class Rude(Exception):
    def __str__(self):
        while True: pass
def order(times): raise Rude
""",
    ),
    _hang(
        "lock that nobody frees",
        "import _thread\ndef order(times):\n  k = _thread.allocate_lock()\n  while k.acquire(): pass",
    ),
    _hang("reading its own connection", "import os\ndef order(times): os.read(3, 1)"),
    _hang(
        "half a frame",
        "import os, struct\ndef order(times):\n  os.write(3, struct.pack('<II', 64, 0))\n  while True: pass",
    ),
    _hang(
        "frame that trickles",
        """
import os, struct, time
def order(times):
    os.write(3, struct.pack("<II", 4096, 0))
    while True:
        time.sleep(0.02)
        os.write(3, b" ")
""",
    ),
    Hostile(
        "hang",
        "late in every call, but never too late",
        Status.TIMED_OUT,
        "the evaluation took more than 2 s in all",
        "import time, numpy as np\ndef order(times):\n  time.sleep(0.45)\n  return np.argsort(times)",
        limit=4.0,  # two stages, each with a process of its own
    ),
)
