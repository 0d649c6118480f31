"""Programs whose answers are not what they seem."""

from adrs.evaluating.hostile.hostile import Hostile
from adrs.evaluation import Status

CRASHED, INVALID, VALID = Status.CRASHED, Status.INVALID, Status.VALID


def _answer(name: str, message: str, answer: str) -> Hostile:
    source = f"import math\nimport numpy as np\ndef order(times):\n  best = np.argsort(times)\n  return {answer}"
    return Hostile("answer", name, INVALID, message, source)


def _liar(name: str, message: str, source: str, expected: Status = INVALID) -> Hostile:
    return Hostile("answer", name, expected, message, f"import numpy as np\n{source}")


ANSWERS = (
    _answer("nothing", "not NoneType", "None"),
    _answer("a number", "not int", "0"),
    _answer("words", "not str", "'valid'"),
    _answer("a dict", "not dict", "{'order': best}"),
    _answer("empty list", "each of 20 jobs once", "[]"),
    _answer("NaN", "'nan' is no job", "[math.nan] * len(times)"),
    _answer("infinity", "'inf' is no job", "[math.inf] * len(times)"),
    _answer("NaN in an array", "'nan' is no job", "np.full(len(times), np.nan)"),
    _answer("negative zero", "'-0.0' is no job", "[-0.0] * len(times)"),
    _answer("fractions", "is no job", "best.astype(float)"),
    _answer("truths", "is no job", "best > 3"),
    _answer("half precision", "is no job", "best.astype(np.float16)"),
    _answer("letters", "is no job", "list(map(str, best))"),
    _answer("letters that draw", "is no job", "['\\x1b[31m'] * len(times)"),
    _answer("too few", "not ndarray ((19,))", "best[1:]"),
    _answer("too many", "not ndarray ((21,))", "np.append(best, 0)"),
    _answer("a column", "not ndarray ((20, 1))", "best[:, None]"),
    _answer("no dimension", "not ndarray (())", "np.array(3)"),
    _answer("one job, many times", "each of 20 jobs once", "[0] * len(times)"),
    _answer("negative jobs", "each of 20 jobs once", "best - len(times)"),
    _answer("jobs that wrap around", "each of 20 jobs once", "best.astype(np.uint64) + np.uint64(2**63)"),
    _answer("huge integer", "64 bits", "[1 << 64] * len(times)"),
    _answer("gigantic integer", "64 bits", "[1, 1 << 10**6]"),
    _answer("most negative integer", "64 bits", "[-(1 << 63) - 1]"),
    _answer("complex", "complex", "1j"),
    _answer("complex array", "complex128", "best * 1j"),
    _answer("long doubles", "cannot travel", "best.astype(np.longdouble)"),
    _answer("times of day", "cannot travel", "best.astype('datetime64[s]')"),
    _answer("records", "cannot travel", "np.zeros(len(times), 'i8,i8')"),
    _answer("array of objects", "array of object", "np.array([order])"),
    _answer("array of text", "array of <U1", "np.array(['a'])"),
    _answer("set", "a set is no plain data", "{1}"),
    _answer("object", "a object is no plain data", "object()"),
    _answer("function", "a function is no plain data", "order"),
    _answer("generator", "generator is no plain data", "(n for n in best)"),
    _answer("iterator", "is no plain data", "iter(best)"),
    _answer("module", "a module is no plain data", "np"),
    _answer("keys that are no strings", "must be strings", "{1: 2}"),
    _answer("half a character", "lone surrogates", "'\\ud800'"),
    _liar("nested lists", "nested", "def order(times):\n  a = []\n  for _ in range(10**5): a = [a]\n  return a"),
    _liar("list in itself", "nested", "def order(times):\n  a = []\n  a.append(a)\n  return a"),
    _liar("dict in itself", "nested", "def order(times):\n  a = {}\n  a['a'] = a\n  return a"),
    _liar(
        "numbers that lie",
        "each of 20 jobs once",
        """
class Liar(int):
    claim = 0
    def __lt__(self, other): return True
    def __eq__(self, other): return True
    def __hash__(self): return 7
    def __index__(self): return self.claim
    def __int__(self): return self.claim
def order(times):
    answer = [Liar(0) for _ in times]
    for liar, claim in zip(answer, np.argsort(times).tolist()): liar.claim = claim
    return answer
""",
    ),
    _liar(
        "fractions that lie",
        "is no job",
        """
class Liar(float):
    def __float__(self): return 1.0
    def __lt__(self, other): return True
    def __eq__(self, other): return True
    __hash__ = None
def order(times): return [Liar(0.5) for _ in times]
""",
    ),
    _liar(
        "list that lies about its length",
        "each of 20 jobs once",
        """
class Liar(list):
    def __len__(self): return 20
    def __eq__(self, other): return True
def order(times): return Liar()
""",
    ),
    _liar(
        "array that lies about its shape",
        "shorter than its arrays",
        """
class Liar(np.ndarray):
    shape = property(lambda self: (20,))
    def tolist(self): return list(range(20))
    def __array__(self, *args, **kwargs): return np.arange(20)
def order(times): return np.zeros(1, int).view(Liar)
""",
    ),
    _liar(
        "array that looks at itself",
        "array of object",
        """
def order(times):
    a = np.zeros(1, object)
    a[0] = a
    return a
""",
    ),
    _liar(
        "array over one number, endlessly long",
        "out of memory",
        "def order(times): return np.lib.stride_tricks.as_strided(np.zeros(1), (1 << 40,), (0,))",
        Status.OUT_OF_MEMORY,
    ),
    _liar(
        "array over memory that is not there",
        "ended by SIG",
        "def order(times): return np.lib.stride_tricks.as_strided(np.zeros(1), (1000,), (1 << 40,))",
        CRASHED,
    ),
    _liar(
        "dict whose keys lie",
        "not dict",
        """
class Key(str):
    def __hash__(self): return 1
    def __eq__(self, other): return True
def order(times): return {Key("$array"): 1, Key("$bytes"): 2}
""",
    ),
    _liar("dict that looks like an array", "not dict", "def order(times): return {'$array': ['<i8', [20]]}"),
    _liar(
        "read-only and backward, but right",
        "",
        "def order(times):\n  a = np.argsort(-times)[::-1]\n  a.setflags(write=False)\n  return a",
        VALID,
    ),
    _liar(
        "small and of the other byte order, but right",
        "",
        "def order(times): return np.argsort(times).astype('>u2')",
        VALID,
    ),
)
