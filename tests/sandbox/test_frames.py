import contextlib
import math
import socket
import struct
from collections import OrderedDict
from enum import IntEnum
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from adrs.sandbox import Data, Held, frames
from adrs.sandbox.frames import MAX_DEPTH, Frame, FrameError, Inbox, decode, encode, push

DTYPES = st.one_of(
    npst.boolean_dtypes(),
    npst.integer_dtypes(endianness="?"),
    npst.unsigned_integer_dtypes(endianness="?"),
    npst.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
)
ARRAYS = npst.arrays(DTYPES, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(), st.binary(max_size=20), ARRAYS
)
DATA = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["$array", "$dict", "a", "é", ""]), inner)
    ),
    max_leaves=12,
)


def join(buffers: list[memoryview]) -> Frame:
    """Return sent buffers as they are received."""
    content = b"".join(buffers)
    header_size, payload_size = struct.unpack_from("<II", content)
    assert len(content) == 8 + header_size + payload_size
    return Frame(memoryview(content[8 : 8 + header_size]), memoryview(content[8 + header_size :]))


def frame(header: bytes, payload: bytes = b"") -> Frame:
    return Frame(memoryview(header), memoryview(payload))


def same(left: Data, right: Data) -> bool:
    """Return whether two values are of one type and content; NaN is itself."""
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        alike = left.dtype == right.dtype.newbyteorder("<") and left.shape == right.shape
        return alike and left.tobytes() == right.astype(left.dtype).tobytes()
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    return type(left) is type(right) and left == right


@given(DATA)
def test_data_comes_back_as_it_was(value: Data) -> None:
    assert same(decode(join(encode(value))), value)


@given(DATA, st.integers(1, 40))
def test_a_frame_arrives_in_pieces(value: Data, piece: int) -> None:
    here, there = socket.socketpair()
    inbox, content = Inbox(1 << 20, writable=True), b"".join(encode(value))
    pieces = [content[:8], *(content[start : start + piece] for start in range(8, len(content), piece))]
    with here, there:
        received = []
        for part in pieces:
            here.sendall(part)
            received.append(inbox.receive(there))
    assert received[:-1] == [None] * (len(pieces) - 1)
    assert received[-1] is not None
    assert same(decode(received[-1]), value)


@given(st.binary(max_size=200), st.binary(max_size=64))
def test_noise_is_an_error_or_data(header: bytes, payload: bytes) -> None:
    try:
        decode(frame(header, payload))
    except FrameError:
        return


@given(DATA, st.data())
def test_a_damaged_frame_is_an_error_or_data(value: Data, data: st.DataObject) -> None:
    header = bytearray(join(encode(value)).header)
    place = data.draw(st.integers(0, len(header) - 1))
    header[place] = data.draw(st.integers(0, 255))
    try:
        decode(frame(bytes(header), join(encode(value)).payload.tobytes()))
    except FrameError:
        return


def test_what_is_nearly_plain_becomes_plain() -> None:
    class Colour(IntEnum):
        RED = 3

    sent = [
        (1, 2),
        np.float32(0.5),
        np.int8(-3),
        np.bool_(True),
        Colour.RED,
        OrderedDict(a=1),
        np.str_("x"),
        np.float64(2),
    ]
    assert same(decode(join(encode(sent))), [[1, 2], 0.5, -3, True, 3, {"a": 1}, "x", 2.0])


def test_an_array_of_any_layout_arrives_in_order() -> None:
    array = np.arange(24.0).reshape(4, 6)
    for view in (array.T, array[::2, ::-1], np.asfortranarray(array), np.broadcast_to(array[0], (3, 6))):
        assert same(decode(join(encode(view))), view.copy())


def test_contiguous_arrays_are_not_copied() -> None:
    array = np.arange(100.0)
    assert np.shares_memory(np.frombuffer(encode(array)[1]), array)


def test_received_arrays_are_writable_only_where_asked() -> None:
    for writable in (True, False):
        here, there = socket.socketpair()
        with here, there:
            inbox = Inbox(1 << 20, writable=writable)
            push(here, encode(np.zeros(4)))
            received = inbox.receive(there)
            assert received is not None
            array = decode(received)
            assert isinstance(array, np.ndarray)
            assert array.flags.writeable is writable


def nested(depth: int) -> Data:
    value: Data = 1
    for _ in range(depth):
        value = [value]
    return value


def test_nesting_is_bounded() -> None:
    assert same(decode(join(encode(nested(MAX_DEPTH)))), nested(MAX_DEPTH))
    cycle: list[Data] = []
    cycle.append(cycle)
    for bomb in (nested(MAX_DEPTH + 2), nested(5000), cycle):
        with pytest.raises(FrameError, match="nested"):
            encode(bomb)


@pytest.mark.parametrize(
    "value",
    [
        {1, 2}, 1j, object(), print, iter([]), {1: 2}, {None: 1}, 1 << 64, -(1 << 63) - 1, [1, 1 << 70], "\ud800",
        {"\udfff": 1}, np.array(["text"]), np.array([object()]), np.array([1j]), np.zeros(2, np.longdouble),
        np.datetime64("2020-01-01"), np.array(["2020"], "M8[D]"), np.zeros(1, [("a", "i4")]), np.complex64(1),
        bytearray(3), memoryview(b"x"), Held(1), ["x" * (5 << 20)],
    ],
    ids=lambda value: str(value)[:20].encode("ascii", "replace").decode(),
)  # fmt: skip
def test_what_is_no_plain_data_does_not_travel(value: object) -> None:
    with pytest.raises(FrameError):
        encode(value)


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        (b"", b""),
        (b"[1", b""),
        (b"[1] [2]", b""),
        (b"\xff\xfe", b""),
        (b'"\\ud800"', b""),
        (b"[" * 100_000, b""),
        (b"[" * 100 + b"]" * 100, b""),
        (b'{"a":' * 70 + b"1" + b"}" * 70, b""),
        (b"9" * 5000, b""),
        (str(1 << 64).encode(), b""),
        (b'{"$array":["<f8",[2]]}', bytes(8)),
        (b'{"$array":["<f8",[1]]}', bytes(16)),
        (b'{"$array":["<f8",[-1]]}', bytes(8)),
        (b'{"$array":["<f8",[1.0]]}', bytes(8)),
        (b'{"$array":["<f8",[true]]}', bytes(8)),
        (b'{"$array":["<f8",8]}', bytes(64)),
        (b'{"$array":["<f8"]}', bytes(8)),
        (b'{"$array":["|O",[1]]}', bytes(8)),
        (b'{"$array":["<U1",[1]]}', bytes(8)),
        (b'{"$array":[["<f8"],[1]]}', bytes(8)),
        (b'{"$array":["|b1",[8]]}', b"\0\1\2\0\0\0\0\0"),
        (b'{"$array":["<f8",[0,99999999999999,99999999999999]]}', b""),
        (b'{"$array":["<f8",[' + b"9999999999," * 100_000 + b"1]]}", b""),
        (b'{"$array":["|u1",[' + b"1," * 64 + b"1]]}", bytes(8)),
        (b'{"$bytes":9}', bytes(8)),
        (b'{"$bytes":"9"}', bytes(16)),
        (b'{"$dict":[1]}', b""),
        (b'{"$held":1}', b""),
        (b'{"$what":1}', b""),
        (b"1", bytes(8)),
    ],
    ids=lambda part: str(part[:24]),
)
def test_a_malformed_frame_is_an_error(header: bytes, payload: bytes) -> None:
    with pytest.raises(FrameError):
        decode(frame(header, payload))


@pytest.mark.parametrize(
    "start",
    [
        struct.pack("<II", 0, 8),
        struct.pack("<II", 8, 1 << 21),
        struct.pack("<II", (4 << 20) + 8, 0),
        struct.pack("<II", 7, 0),
        struct.pack("<II", 8, 0) + b"[1]      and more",
        b"short",
        b"GET / HTTP/1.1\r\n",
    ],
)
def test_an_inbox_refuses_what_is_no_frame(start: bytes) -> None:
    here, there = socket.socketpair()
    with here, there:
        here.sendall(start)
        with pytest.raises(FrameError):
            Inbox(1 << 20, writable=True).receive(there)


def test_an_inbox_tells_a_closed_connection() -> None:
    for start in (b"", b"".join(encode([1, 2, 3]))[:-1]):
        here, there = socket.socketpair()
        inbox = Inbox(1 << 20, writable=True)
        with there:
            here.sendall(start)
            here.close()
            if start:
                assert inbox.receive(there) is None
            with pytest.raises(EOFError):
                inbox.receive(there)


def test_many_and_large_buffers_are_sent_in_parts() -> None:
    value: Data = [*(np.full(3, number) for number in range(2000)), np.arange(500_000)]
    here, there = socket.socketpair()
    inbox, received = Inbox(1 << 26, writable=True), None
    with here, there:
        here.setblocking(False)
        rest = encode(value)
        while received is None:
            if rest:
                with contextlib.suppress(BlockingIOError):
                    rest = list(push(here, rest))
            received = inbox.receive(there)
    assert same(decode(received), value)


def test_held_data_travels_as_its_key() -> None:
    sent = encode(["call", {"jobs": Held(7)}], key=lambda value: value.key if isinstance(value, Held) else None)
    assert decode(join(sent), held=lambda key: ["held", key]) == ["call", {"jobs": ["held", 7]}]
    with pytest.raises(FrameError):
        encode([object()], key=lambda value: None)


def test_the_codec_can_be_loaded_alone() -> None:
    text = Path(frames.__file__).read_text()
    exec(compile(text, "frames.py", "exec"), {"__name__": "frames"})
    assert not [line for line in text.splitlines() if line.startswith(("import adrs", "from adrs"))]
