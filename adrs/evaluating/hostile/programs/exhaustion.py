"""Programs that take all there is: memory, processes, threads, files, disk, output."""

from adrs.evaluating.hostile.hostile import Hostile, spy
from adrs.evaluation import Status

CRASHED, MEMORY, TIMED_OUT, VALID = Status.CRASHED, Status.OUT_OF_MEMORY, Status.TIMED_OUT, Status.VALID
_LATE = "a call took more than 0.5 s"
_FILL = "import os\ndef order(times):\n  file = {}\n  while True: file.write(bytes(1 << 20))"


def _take(name: str, expected: Status, message: str, source: str) -> Hostile:
    return Hostile("exhaust", name, expected, message, source)


def _stubborn(name: str, imports: str, attempt: str) -> Hostile:
    source = f"import {imports}\nkept = []\ndef order(times):\n  while True:\n    try: kept.append({attempt})\n"
    return _take(name, TIMED_OUT, _LATE, source + "    except (OSError, RuntimeError, MemoryError): pass\n")


EXHAUSTION = (
    _take("30 GB at once", MEMORY, "line 1, in order", "def order(times): return len(bytearray(30 << 30))"),
    _take(
        "30 GB in numpy", MEMORY, "line 2, in order", "import numpy as np\ndef order(times): np.ones(30 << 27).sum()"
    ),
    _take(
        "30 GB in small steps",
        MEMORY,
        "out of memory",
        "a = []\ndef order(times):\n  while True: a.append([1.0] * 9999)",
    ),
    _take("30 GB at import", MEMORY, "line 1, in <module>", "a = bytearray(30 << 30)\ndef order(times): pass"),
    _take("30 GB of one integer", MEMORY, "line 1, in order", "def order(times): return 1 << (30 << 33)"),
    _take("30 GB shared", CRASHED, "OSError", "import mmap\ndef order(times): mmap.mmap(-1, 30 << 30)"),
    _stubborn("30 GB, again and again", "os", "bytearray(1 << 20)"),
    _take(
        "all that is allowed",
        VALID,
        "",
        """
import numpy as np
full = np.ones(9 << 20)
def order(times): return np.argsort(times * full[: len(times)])
""",
    ),
    spy(
        "exhaust",
        "raising its own limits",
        """
import ctypes, struct
libc = ctypes.CDLL(None)
def attempts():
    most = ctypes.create_string_buffer(struct.pack("<QQ", 2**64 - 1, 2**64 - 1))
    return {str(what): lambda what=what: libc.setrlimit(what, most) == 0 for what in range(16)}
""",
    ),
    _take("fork bomb", CRASHED, "PermissionError", "import os\ndef order(times):\n  while True: os.fork()"),
    _stubborn("stubborn fork bomb", "os", "os.fork()"),
    _take(
        "fork through C",
        CRASHED,
        "no child",
        """
import ctypes
def order(times):
    if ctypes.CDLL(None).fork() < 0: raise RuntimeError("no child")
    while True: pass
""",
    ),
    _take(
        "double-fork daemon",
        CRASHED,
        "PermissionError",
        """
import os
def order(times):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True: pass
        os._exit(0)
""",
    ),
    _take("exec", CRASHED, "PermissionError", "import os\ndef order(times): os.execv('/bin/sh', ['sh'])"),
    _take("spawn", CRASHED, "Error", "import os\ndef order(times): os.posix_spawn('/bin/sh', ['sh'], {})"),
    _take(
        "shell",
        CRASHED,
        "nothing ran",
        "import os\ndef order(times):\n  if os.system('true'): raise OSError('nothing ran')",
    ),
    _take(
        "thread",
        CRASHED,
        "start new thread",
        "import threading\ndef order(times): threading.Thread(target=print).start()",
    ),
    _stubborn("thread bomb", "_thread, time", "_thread.start_new_thread(time.sleep, (9,))"),
    _take(
        "leftover thread",
        CRASHED,
        "start new thread",
        """
import threading, time
def later():
    while True: time.sleep(0.1)
def order(times):
    threading.Thread(target=later, daemon=False).start()
""",
    ),
    _take("open-file bomb", CRASHED, "PermissionError", "import os\ndef order(times):\n  while True: os.dup(1)"),
    _stubborn("stubborn open-file bomb", "os", "os.open('/dev/null', os.O_RDWR)"),
    _take("pipe bomb", CRASHED, "PermissionError", "import os\ndef order(times):\n  while True: os.pipe()"),
    _stubborn("socket bomb", "socket", "socket.socketpair()"),
    _take(
        "filling /tmp",
        CRASHED,
        "PermissionError",
        _FILL.format("open('/tmp/adrs-hostile', 'wb')"),
    ),
    _take(
        "filling /dev/shm",
        CRASHED,
        "PermissionError",
        _FILL.format("open('/dev/shm/adrs-hostile', 'wb')"),
    ),
    _take(
        "filling a file without a name",
        CRASHED,
        "PermissionError",
        _FILL.format("os.fdopen(os.memfd_create('adrs-hostile'), 'wb')"),
    ),
    _stubborn(
        "filling whatever can be filled", "os", "os.open('/tmp/adrs-hostile%d' % len(kept), os.O_CREAT | os.O_RDWR)"
    ),
    _take(
        "1 GB to standard output and error",
        VALID,
        "",
        """
import os, numpy as np
kept = []
def order(times):
    if not kept:
        kept.append(bytes(1 << 22))
        for _ in range(256):
            os.write(1, kept[0])
            os.write(2, kept[0])
        print("x" * (1 << 20), flush=True)
    return np.argsort(times)
""",
    ),
)
