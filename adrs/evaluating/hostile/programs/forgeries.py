"""Programs that go around the runner and write on their connection themselves."""

from dataclasses import replace

from adrs.evaluating.hostile.hostile import Hostile
from adrs.evaluation import Status

CRASHED, INVALID, TIMED_OUT, VALID = Status.CRASHED, Status.INVALID, Status.TIMED_OUT, Status.VALID
_SAY = "import frames, numpy, os, struct\ndef say(*parts):\n  os.write(3, b''.join(parts))\n  while True: pass\n"
# The runner encodes `[verb, ticket, answer]`; what takes its place may put anything on the connection.
_FORGE = """
import frames, json, numpy as np, os, socket, struct
encode = frames.encode
def frame(header, payload=b""):
    header += b" " * (-len(header) % 8)
    return struct.pack("<II", len(header), len(payload)) + header + payload
def forge(reply):
    frames.encode = lambda value, **options: [memoryview(reply(value[1]))]
def answer(content, payload=b""):
    forge(lambda ticket: frame(b'["answer",%d,[%s]]' % (ticket, content), payload))
"""
_LATER = """
import frames, numpy as np, os, socket
push = frames.push
def order(times):
    frames.push = later
    return np.argsort(times)
"""
_UNASKED, _UNFIT = "not asked", "cannot be taken"


def _say(name: str, expected: Status, message: str, what: str) -> Hostile:
    return Hostile("forge", name, expected, message, f"{_SAY}def order(times): say({what})")


def _forge(name: str, message: str, what: str, expected: Status = INVALID) -> Hostile:
    return Hostile("forge", name, expected, message, f"{_FORGE}def order(times):\n  {what}\n  return np.argsort(times)")


def _later(name: str, expected: Status, message: str, what: str) -> Hostile:
    return Hostile("forge", name, expected, message, f"{_LATER}def later(connection, buffers):\n{what}\n  return ()")


def _urgent(name: str, what: str) -> Hostile:
    """Return a program that sends data out of band, which must come to nothing; without the right to, it is honest."""
    tried = f"  try: {what}\n  except OSError: push(connection, buffers)"
    return _later(name, VALID, "", tried)


def _flood(name: str, item: bytes) -> Hostile:
    """Return a program whose largest allowed answer is dear to take apart: a call's limit holds for that too."""
    items = f"{item!r} * {((4 << 20) - 99) // len(item)}"
    return replace(_forge(name, "", f"answer(b'[' + {items} + b'1]')"), limit=0.5)


FORGERIES = (
    _say("garbage", INVALID, _UNFIT, "b'garbage' * 99"),
    _say("too little garbage", INVALID, _UNFIT, "b'x'"),
    _say("random bytes", INVALID, _UNFIT, "b'\\xff' * 64"),
    _say("oversized frame", INVALID, "too large", "struct.pack('<II', 16, 0xffffffff)"),
    _say("oversized header", INVALID, "too large", "struct.pack('<II', 0xfffffff8, 0)"),
    _say("empty frame", INVALID, "too large for a frame, or none", "struct.pack('<II', 0, 0)"),
    _say("pickle", INVALID, _UNFIT, "bytes.fromhex('8004950000')"),
    _say("forged answer", INVALID, _UNASKED, "*frames.encode(['answer', 1, 1e9])"),
    _say("forged failure", INVALID, _UNASKED, "*frames.encode(['failed', 1, 'valid', ''])"),
    _say("forged lock", INVALID, _UNASKED, "*frames.encode(['locked'])"),
    _say("arrays for words", INVALID, _UNASKED, "*frames.encode([numpy.ones(3)] * 3)"),
    Hostile(
        "forge",
        "answer before its question",
        INVALID,
        "",
        f"{_SAY}os.write(3, b''.join(frames.encode(['answer', 1, None])))\ndef order(times): pass",
    ),
    _forge(
        "status that is none", "no", 'forge(lambda ticket: frame(b\'["failed",%d,"valid","no"]\' % ticket))', CRASHED
    ),
    _forge(
        "blame of the machine", "x", 'forge(lambda t: frame(b\'["failed",%d,"SandboxUnavailable","x"]\' % t))', CRASHED
    ),
    _forge("answer that holds a key", "stands for nothing", "answer(b'{\"$held\":1}')"),
    _forge("array that names objects", "stands for nothing", 'answer(b\'{"$array":["|O",[1]]}\', bytes(8))'),
    _forge("array of a structure", "stands for nothing", 'answer(b\'{"$array":["<i8,<i8",[1]]}\', bytes(16))'),
    _forge("array of a negative size", "is no size", 'answer(b\'{"$array":["<i8",[-1]]}\')'),
    _forge("array larger than its frame", "shorter than its arrays", 'answer(b\'{"$array":["<i8",[99]]}\', bytes(8))'),
    _forge("array smaller than its frame", "longer than its arrays", 'answer(b\'{"$array":["<i8",[1]]}\', bytes(64))'),
    _forge("array of 64 dimensions", "32 dimensions", f'answer(b\'{{"$array":["|b1",{[1] * 64}]}}\', bytes(8))'),
    _forge("array of nothing, endlessly wide", "", 'answer(b\'{"$array":["<i8",[140737488355327,0]]}\')'),
    _forge("array of nothing, endlessly long", "", 'answer(b\'{"$array":["<i8",[0,140737488355327]]}\')'),
    _forge("truth of 2", "neither 0 nor 1", "answer(b'{\"$array\":[\"|b1\",[1]]}', b'\\2' + bytes(7))"),
    _forge("bytes without end", "shorter than its arrays", "answer(b'{\"$bytes\":999999}')"),
    _forge("nesting without end", _UNFIT, "answer(b'[' * 2000000)"),
    _forge("integer without end", _UNFIT, "answer(b'9' * 4000000)"),
    _forge("integer of 4300 digits", "64 bits", "answer(b'9' * 4300)"),
    _forge("half a character in JSON", _UNFIT, "answer(b'\"\\\\ud800\"')"),
    _forge("bytes that are no text", _UNFIT, "answer(b'\"\\xff\\xfe\"')"),
    _forge("names twice over", "", 'answer(b\'{"$array":1,"$array":2}\')'),
    _flood("a million lists", b"[],"),
    _flood("a million lists in lists", b"[[]],"),
    _flood("a million dicts", b'{"":1},'),
    _flood("a million strings", b'"",'),
    _flood("a hundred thousand arrays", b'{"$array":["|b1",[0]]},'),
    _forge(
        "two answers in one",
        "follows the frame",
        "forge(lambda ticket: 2 * frame(b'[\"answer\",%d,1]' % ticket))",
    ),
    _forge("answer to another question", _UNASKED, "forge(lambda ticket: frame(b'[\"answer\",%d,1]' % (ticket + 1)))"),
    _forge("ticket that is a fraction", _UNASKED, "forge(lambda ticket: frame(b'[\"answer\",%d.0,1]' % ticket))"),
    _forge("more answers than calls", "as many answers", "forge(lambda t: frame(b'[\"answer\",%d,[1,2]]' % t))"),
    _later("answer sent twice", INVALID, "", "  push(connection, buffers)\n  push(connection, buffers)"),
    _later("more than the answer", INVALID, "", "  push(connection, buffers)\n  os.write(3, b'more')"),
    _later("nothing sent", TIMED_OUT, "a call took more", "  pass"),
    _urgent("urgent data before the answer", "connection.send(b'x', socket.MSG_OOB); push(connection, buffers)"),
    _urgent("urgent data with the answer", "connection.sendmsg([*buffers, b'x'], [], socket.MSG_OOB)"),
    _later(
        "urgent data after the answer",
        VALID,
        "",
        "  push(connection, buffers)\n  try: connection.send(b'x', socket.MSG_OOB)\n  except OSError: pass",
    ),
    _later(
        "open files sent along",
        INVALID,
        "",
        "  push(connection, buffers)\n  socket.send_fds(connection, [b'x'], [3, 3, 3])",
    ),
    _later(
        "open files sent with the answer",
        VALID,
        "",
        "  connection.sendmsg(buffers, [(1, 1, np.array([3, 3, 3], np.int32).tobytes())])",
    ),
    _later(
        "death after the answer",
        CRASHED,
        "exit status 0",
        "  push(connection, buffers)\n  os._exit(0)",
    ),
    Hostile(
        "forge",
        "patched codec",
        CRASHED,
        "exit status 1",
        "import frames, numpy\ndef order(times):\n  frames.encode = None\n  return numpy.argsort(times)",
    ),
    Hostile(
        "forge",
        "large array",
        INVALID,
        "the limit is 1048576",
        "import numpy\ndef order(times): return numpy.zeros(1 << 20)",
    ),
    Hostile(
        "forge", "large list", INVALID, "send numbers as numpy arrays", "def order(times): return [0.5] * (1 << 20)"
    ),
)
