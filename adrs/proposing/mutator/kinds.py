"""Kinds: what can be known of a value without running the program."""

from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Literal

Base = Literal["number", "integer", "boolean", "list", "tuple", "text", "callable", "none", "unknown"]
Shape = tuple[str, ...]


class Mismatch(Exception):
    """The operation fails on values of these kinds, whatever they are."""


@dataclass(frozen=True)
class Kind:
    """What is known of a value.

    Attributes:
        base: What it, or each of its entries, is.
        shape: Names of an array's axes, outermost first (`1` broadcasts); () for a scalar, None where unknown.
        parts: The kind of a list's elements, or of each element of a tuple.
        borrowed: Whether it shares memory with an argument, which must not be written to.
    """

    base: Base
    shape: Shape | None = ()
    parts: tuple["Kind", ...] = ()
    borrowed: bool = field(default=False, compare=False)

    @property
    def numeric(self) -> bool:
        return self.base in {"number", "integer"}

    @property
    def scalar(self) -> bool:
        return self.shape == ()

    @property
    def array(self) -> bool:
        """Whether it is surely an array of at least one axis."""
        return bool(self.shape) and self.base in {"number", "integer", "boolean"}

    @property
    def element(self) -> "Kind":
        """What iterating over it yields."""
        if self.base == "list":
            return self.parts[0]
        if self.base == "tuple" and self.parts:
            return joined(*self.parts)
        if self.base in {"number", "integer", "boolean"} and self.shape != ():
            return replace(self, shape=self.shape[1:] if self.shape else None)
        return UNKNOWN

    def shaped(self, shape: Shape | None) -> "Kind":
        """Return this kind with another shape and memory of its own."""
        return replace(self, shape=shape, borrowed=False)


UNKNOWN = Kind("unknown", None)
NUMBER = Kind("number")
INTEGER = Kind("integer")
BOOLEAN = Kind("boolean")
TEXT = Kind("text")
CALLABLE = Kind("callable")
NONE = Kind("none")


def list_of(element: Kind) -> Kind:
    """Return the kind of a list of such elements."""
    return Kind("list", parts=(replace(element, borrowed=False),))


def tuple_of(*parts: Kind) -> Kind:
    """Return the kind of a tuple of such parts."""
    return Kind("tuple", parts=parts)


def joined(first: Kind, *others: Kind) -> Kind:
    """Return what is known of a value that is of one of these kinds."""
    for other in others:
        first = _either(first, other)
    return first


def _either(a: Kind, b: Kind) -> Kind:
    borrowed = a.borrowed or b.borrowed
    if a == b:
        return replace(a, borrowed=borrowed)
    if a.numeric and b.numeric:
        return Kind("number", a.shape if a.shape == b.shape else None, borrowed=borrowed)
    if a.base == b.base == "list":
        return list_of(_either(a.parts[0], b.parts[0]))
    return UNKNOWN


def broadcast(*shapes: Shape | None) -> Shape | None:
    """Return the shape of an elementwise result; None where one of the shapes is unknown.

    Raises:
        Mismatch: Two axes that meet have different names, and neither is 1.
    """
    known = [shape for shape in shapes if shape is not None]
    axes = [_axis(pair) for pair in zip_longest(*(reversed(shape) for shape in known), fillvalue="1")]
    return tuple(reversed(axes)) if len(known) == len(shapes) else None


def _axis(names: tuple[str, ...]) -> str:
    lengths = sorted(set(names) - {"1"})
    if len(lengths) > 1:
        raise Mismatch(f"axes {' and '.join(lengths)} do not broadcast")
    return lengths[0] if lengths else "1"


def spreads(shape: Shape | None, room: Shape | None) -> bool:
    """Return whether a value of `shape` may stand where an elementwise result of shape `room` is computed."""
    if shape is None or room is None:
        return True
    try:
        return broadcast(shape, room) == room
    except Mismatch:
        return False


def same(kind: Kind, wanted: Kind) -> bool:
    """Return whether a function that is known to return `wanted` may return `kind`."""
    if "unknown" in {kind.base, wanted.base}:
        return True
    if kind.shape != wanted.shape and kind.shape is not None and wanted.shape is not None:
        return False
    if kind.parts and wanted.parts:
        return len(kind.parts) == len(wanted.parts) and all(map(same, kind.parts, wanted.parts))
    return kind.base == wanted.base or (kind.numeric and wanted.numeric)
