"""Frames: plain data as bytes. Standard library and numpy only, for this file is also loaded alone, behind the wall.

A frame is two lengths, a JSON header, and the raw bytes of its arrays in the order in which the header names them:

    u32 header size | u32 payload size | header, padded to 8 | array, padded to 8 | array ...

A JSON object whose only key begins with `$` stands for something else: `{"$array": [dtype, shape]}`,
`{"$bytes": size}`, `{"$held": key}`, or `{"$dict": {...}}` for a dict that would be mistaken for one of these.
Whatever a frame holds, decoding it runs no code of the sender and takes memory in proportion to the frame.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from struct import Struct
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

import numpy as np

if TYPE_CHECKING:
    from socket import socket

    from adrs.sandbox import Data

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_DEPTH = 64
MAX_HEADER = 4 << 20  # one byte of JSON can cost some 25 bytes of objects; arrays are the way for more
MAX_CONTAINERS = 1 << 17
"""Lists and dicts in an answer: the host takes some 2 microseconds to take one in, and no deadline holds for that."""
_SIZES = Struct("<II")
_ALIGN = 8
_ATOMS = frozenset({NoneType, bool, float, str})
_SCALARS = _ATOMS | {int}
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_DECODER = json.JSONDecoder()
_DTYPES = {
    name: np.dtype(name)
    for name in ("|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8")
}


class FrameError(ValueError):
    """The data cannot travel, or the bytes are no frame."""


class Frame(NamedTuple):
    """A frame as received."""

    header: memoryview
    payload: memoryview


def encode(value: object, *, key: Callable[[object], int | None] | None = None) -> list[memoryview]:
    """Return `value` as buffers to be sent one after the other; contiguous arrays are not copied.

    Tuples travel as lists, numpy scalars and subclasses of plain types as plain values. `key` returns the number by
    which something travels that stands for held data; None if it does not.

    Raises:
        FrameError: Something in `value` is no plain data.
    """
    writer = _Writer(key)
    tree = writer.plain(value, 0)
    try:
        header = _ENCODER.encode(tree).encode()
    except UnicodeEncodeError:
        raise FrameError("a string holds lone surrogates, which are no text") from None
    header += b" " * (-len(header) % _ALIGN)
    if len(header) > MAX_HEADER or writer.size >= 1 << 32:
        raise FrameError(f"{len(header)} bytes of lists, dicts and strings are too many; send numbers as numpy arrays")
    return [memoryview(_SIZES.pack(len(header), writer.size) + header), *writer.buffers]


def decode(frame: Frame, *, held: Callable[[int], Data] | None = None, most: int = MAX_HEADER) -> Data:
    """Return the data in `frame`; its arrays are views of the frame.

    Args:
        frame: What was received.
        held: Returns what a key stands for; where it is None, every key is an error.
        most: How many lists, dicts and arrays it may hold.

    Raises:
        FrameError: The frame does not keep the format.
    """
    try:
        text = str(frame.header, "utf-8")
        if text.count("[") + text.count("{") > most:
            raise FrameError(f"more than {most} lists, dicts and arrays (brackets in strings count); use numpy arrays")
        tree: Json = _DECODER.decode(text)
        if "\\u" in text:
            _ENCODER.encode(tree).encode()  # an escaped lone surrogate is no text
    except (ValueError, RecursionError) as error:
        raise FrameError(f"the header is no JSON: {str(error)[:100]}") from None
    reader = _Reader(frame.payload, held)
    value = reader.data(tree, 0)
    if reader.offset != len(frame.payload):
        raise FrameError("the payload is longer than its arrays")
    return value


def push(sock: socket, buffers: Sequence[memoryview]) -> Sequence[memoryview]:
    """Send as much of `buffers` as `sock` takes in one system call; return what is left."""
    sent = sock.sendmsg(buffers[:512])  # Linux takes up to 1024
    for index, buffer in enumerate(buffers):
        if sent < len(buffer):
            return [buffer[sent:], *buffers[index + 1 :]]
        sent -= len(buffer)
    return ()


class Inbox:
    """Collects frames from a stream socket on which questions and answers alternate, so that nothing follows a frame.

    `limit` is the largest payload in bytes; arrays can be written to where `writable`.
    """

    def __init__(self, limit: int, *, writable: bool) -> None:
        self._limit, self._writable = limit, writable
        self._header_size = self._filled = 0
        self._body: memoryview | None = None

    def receive(self, sock: socket) -> Frame | None:
        """Read once from `sock`; return the frame if that completes one.

        Raises:
            EOFError: The other side has closed the connection.
            FrameError: The frame is too large, or something follows it.
        """
        if self._body is None:
            self._begin(sock.recv(1 << 16))  # a whole small frame
        elif count := sock.recv_into(self._body[self._filled :]):
            self._filled += count
        else:
            raise EOFError
        body, size = cast(memoryview, self._body), self._header_size
        if self._filled < len(body):
            return None
        self._body = None
        if len(body) == size:
            return Frame(body, memoryview(bytearray()))
        return Frame(body[:size], body[size:] if self._writable else body[size:].toreadonly())

    def _begin(self, chunk: bytes) -> None:
        """Make room for the frame that `chunk` begins."""
        if len(chunk) < _SIZES.size:
            raise FrameError("a frame of less than its sizes") if chunk else EOFError
        self._header_size, payload_size = _SIZES.unpack_from(chunk)
        size, self._filled = self._header_size + payload_size, len(chunk) - _SIZES.size
        if not 0 < self._header_size <= MAX_HEADER or self._header_size % _ALIGN or payload_size > self._limit:
            raise FrameError(f"{size} bytes are too large for a frame, or none; the limit is {self._limit}")
        if self._filled > size:
            raise FrameError("something follows the frame")
        if self._filled == self._header_size == size:
            self._body = memoryview(chunk)[_SIZES.size :]  # most frames are small and hold no array
            return
        self._body = np.empty(size, np.uint8).data
        self._body[: self._filled] = chunk[_SIZES.size :]


class _Writer:
    """Turns data into a JSON tree and the buffers that it names."""

    def __init__(self, key: Callable[[object], int | None] | None) -> None:
        self.buffers: list[memoryview] = []
        self.size = 0
        self._key = key

    def plain(self, value: object, depth: int) -> Json:
        kind = type(value)
        if kind in _ATOMS:
            return cast(Json, value)
        if depth > MAX_DEPTH:
            raise FrameError(f"lists and dicts are nested more than {MAX_DEPTH} deep")
        for base in kind.__mro__:
            if writer := _WRITERS.get(base):
                return writer(self, value, depth)
        key = self._key(value) if self._key else None
        if key is None:
            raise FrameError(f"a {kind.__name__} is no plain data; use numbers, strings, lists, dicts, numpy arrays")
        return {"$held": key}

    def sequence(self, value: Sequence[object], depth: int) -> Json:
        if _flat(value):
            return cast(Json, value)
        return [self.plain(item, depth + 1) for item in value]

    def mapping(self, value: Mapping[object, object], depth: int) -> Json:
        if not all(isinstance(key, str) for key in value):
            raise FrameError("the keys of a dict must be strings")
        tree = {str(key): self.plain(item, depth + 1) for key, item in value.items()}
        return {"$dict": tree} if _marked(tree) else tree

    def array(self, value: np.ndarray, depth: int) -> Json:
        dtype = value.dtype if value.dtype.str in _DTYPES else value.dtype.newbyteorder("<")
        if dtype.str not in _DTYPES:
            raise FrameError(f"an array of {dtype} cannot travel; use bool, int or float of at most 64 bits")
        flat = np.asarray(value, dtype, order="C")
        self.append(flat.data.cast("B") if flat.ndim and flat.size else memoryview(flat.tobytes()))
        return {"$array": [dtype.str, list(value.shape)]}

    def scalar(self, value: np.generic, depth: int) -> Json:
        if value.dtype.kind not in "biuf":
            raise FrameError(f"a numpy scalar of {value.dtype} is no plain data")
        return float(value) if value.dtype.kind == "f" else cast(Json, value.item())

    def append(self, buffer: memoryview) -> int:
        padding = -len(buffer) % _ALIGN
        self.buffers += [buffer, memoryview(bytes(padding))] if padding else [buffer]
        self.size += len(buffer) + padding
        return len(buffer)


_WRITERS: dict[type, Callable[[_Writer, Any, int], Json]] = {
    bool: lambda writer, value, depth: bool(value),
    int: lambda writer, value, depth: _ints([int.__index__(value)])[0],
    float: lambda writer, value, depth: float.__float__(value),
    str: lambda writer, value, depth: str.__str__(value),
    list: _Writer.sequence,
    tuple: _Writer.sequence,
    dict: _Writer.mapping,
    bytes: lambda writer, value, depth: {"$bytes": writer.append(memoryview(value))},
    np.ndarray: _Writer.array,
    np.generic: _Writer.scalar,
}


class _Reader:
    """Turns a JSON tree and the payload that it names back into data."""

    def __init__(self, payload: memoryview, held: Any) -> None:
        self.payload = payload
        self.offset = 0
        self.held = held  # where it is None, every key is an error

    def data(self, tree: Json, depth: int) -> Data:
        if type(tree) in _ATOMS:
            return cast("Data", tree)
        if type(tree) is int:
            return _ints([tree])[0]
        if depth > MAX_DEPTH:
            raise FrameError(f"lists and dicts are nested more than {MAX_DEPTH} deep")
        if type(tree) is list:
            return cast("Data", tree) if _flat(tree) else [self.data(item, depth + 1) for item in tree]
        return self._object(cast("dict[str, Json]", tree), depth)

    def _object(self, tree: dict[str, Json], depth: int) -> Data:
        if not _marked(tree):
            return self.items(tree, depth)
        mark, content = next(iter(tree.items()))
        try:
            return _READERS[mark](self, content, depth)
        except FrameError:
            raise
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise FrameError(f"{mark[:60]!r} stands for nothing: {str(error)[:200]}") from None

    def items(self, tree: dict[str, Json], depth: int) -> Data:
        return {key: self.data(item, depth + 1) for key, item in tree.items()}

    def array(self, content: tuple[str, list[int]], depth: int) -> Data:
        name, shape = content
        dtype = _DTYPES[name]
        if len(shape) > 32:
            raise FrameError("an array of more than 32 dimensions")
        if math.prod(max(1, _size(length)) for length in shape) >= 1 << 32:
            raise FrameError("an array of more than 2**32 items")  # also where it is empty by another dimension
        buffer = self.take(math.prod(shape) * dtype.itemsize)
        if dtype.kind == "b" and len(buffer) and np.frombuffer(buffer, np.uint8).max() > 1:
            raise FrameError("a boolean is neither 0 nor 1")
        return np.ndarray(shape, dtype, buffer)

    def take(self, size: int) -> memoryview:
        buffer = self.payload[self.offset : self.offset + size]
        if len(buffer) < size:
            raise FrameError("the payload is shorter than its arrays")
        self.offset += size + -size % _ALIGN
        return buffer


_READERS: dict[str, Callable[[_Reader, Any, int], Data]] = {
    "$array": _Reader.array,
    "$bytes": lambda reader, content, depth: bytes(reader.take(_size(content))),
    "$held": lambda reader, content, depth: reader.held(_size(content)),
    "$dict": _Reader.items,
}


def _flat(items: Sequence[object]) -> bool:
    """Return whether `items` are all plain scalars, which need no closer look."""
    kinds = set(map(type, items))
    if not kinds <= _SCALARS:
        return False
    if int in kinds:
        _ints([item for item in items if type(item) is int])
    return True


def _ints(values: list[int]) -> list[int]:
    """Return `values`, which are not empty and must fit into 64 bits."""
    if min(values) < -(1 << 63) or max(values) >= 1 << 64:
        raise FrameError("an integer needs more than 64 bits")
    return values


def _marked(tree: Mapping[str, Json]) -> bool:
    """Return whether `tree` stands for something else, or would be mistaken for that."""
    return len(tree) == 1 and next(iter(tree)).startswith("$")


def _size(value: int) -> int:
    """Return `value`, which must be a dimension, a length or a key."""
    if type(value) is not int or not 0 <= value < 1 << 48:
        raise FrameError(f"{str(value)[:60]} is no size")
    return value
