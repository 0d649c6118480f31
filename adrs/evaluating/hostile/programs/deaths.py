"""Programs that end before they answer."""

from adrs.evaluating.hostile.hostile import Hostile
from adrs.evaluation import Status

CRASHED, INVALID = Status.CRASHED, Status.INVALID


def _die(name: str, message: str, source: str, expected: Status = CRASHED) -> Hostile:
    return Hostile("die", name, expected, message, source)


def _at_import(name: str, message: str, source: str, expected: Status = CRASHED) -> Hostile:
    return _die(name, message, f"{source}\ndef order(times): pass", expected)


DEATHS = (
    _die("os._exit", "exit status 0", "import os\ndef order(times): os._exit(0)"),
    _at_import("os._exit at import", "exit status 7", "import os\nos._exit(7)"),
    _die("sys.exit", "SystemExit: 3", "import sys\ndef order(times): sys.exit(3)"),
    _die("interrupt", "KeyboardInterrupt", "def order(times): raise KeyboardInterrupt"),
    _die("stop of an iteration", "StopIteration", "def order(times): raise StopIteration"),
    _die("segmentation fault", "SIGSEGV", "import ctypes\ndef order(times): ctypes.string_at(0)"),
    _at_import("segmentation fault at import", "SIGSEGV", "import ctypes\nctypes.string_at(0)"),
    _die(
        "segmentation fault that is caught",
        "SIGSEGV",
        "import ctypes, signal\nsignal.signal(11, signal.SIG_DFL)\ndef order(times): ctypes.memset(8, 0, 8)",
    ),
    _die("abort", "ended by SIG", "import os\ndef order(times): os.abort()"),
    _die("deep recursion", "RecursionError", "def order(times): return order(times)"),
    _die(
        "stack overflow",
        "",
        "import sys\nsys.setrecursionlimit(10**9)\ndef order(n): return max([n], key=lambda n: order(n))",
    ),
    _die(
        "stack overflow in C",
        "",
        "a = ()\nfor _ in range(10**6): a = (a,)\ndef order(times): return hash(a)",
    ),
    _die(
        "alarm", "ended by SIGALRM", "import signal\ndef order(times):\n  signal.setitimer(0, 0.01)\n  while True: pass"
    ),
    _die("closed connection", "", "import os\ndef order(times): os.close(3)"),
    _at_import("closed connection at import", "", "import os\nos.close(3)"),
    _at_import("syntax error", "the program does not parse: line 2: '(' was never closed", "x = 1\ny = (", INVALID),
    _at_import("null byte", "the program does not parse", "x = 1\0", INVALID),
    _at_import("syntax that only compiling refuses", "SyntaxError: 'return' outside function", "return"),
    _at_import("signs without end", "the program does not parse", f"x = {'-' * 60_000}1", INVALID),
    _at_import("attributes without end", "the program does not parse", f"x = 1{'.real' * 12_000}", INVALID),
    _at_import("text of half a character", "", "x = '\ud800'", INVALID),
    _at_import("import of a file", "'sqlite3' cannot be imported here", "import sqlite3"),
    _at_import("raise at import", "ValueError: no\n  line 1, in <module>: raise", "raise ValueError('no')"),
    _die("missing function", "does not define order at its top level", "def other(): return 1", INVALID),
    _die("no function", "does not define order at its top level", "order = 3", INVALID),
    _die("function that is gone", "defines no function 'order'", "def order(times): pass\ndel order", INVALID),
    _die("function that is a number", "defines no function 'order'", "def order(times): pass\norder = 3", INVALID),
    _die("wrong arguments", "TypeError: order() missing 1", "def order(times, more): return 1"),
    _at_import("long program", "longer than 65536 bytes", "#" * 70_000, INVALID),
    _die("long message", " ... ", "def order(times): raise ValueError('x' * 10**6)"),
    _die("unprintable message", "ValueError: ??[31m", "def order(times): raise ValueError('\\ud800\\x1b[31m')"),
    _die(
        "message that raises",
        "E: (its message cannot be shown)",
        "class E(Exception):\n  def __str__(self): raise self\ndef order(times): raise E",
    ),
    _die(
        "message that is no text",
        "its message cannot be shown",
        "class E(Exception):\n  def __str__(self): return 3\ndef order(times): raise E",
    ),
    _die(
        "name of an error that lies",
        " ... ",
        "class E(Exception): pass\nE.__name__ = 'x' * 10**6\ndef order(times): raise E",
    ),
    _die(
        "error that pretends to be the evaluator's",
        "CandidateFailed",
        "class CandidateFailed(Exception):\n  status = 'valid'\ndef order(times): raise CandidateFailed('valid')",
    ),
)
