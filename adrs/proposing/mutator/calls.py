"""Kinds of calls: what builtins, `math` and numpy return, and which calls surely fail."""

# ruff: noqa: SIM905 - lists of quoted words would fill a screen

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adrs.proposing.mutator.kinds import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    TEXT,
    UNKNOWN,
    Base,
    Kind,
    Mismatch,
    Shape,
    broadcast,
    joined,
    list_of,
    spreads,
    tuple_of,
)

ELEMENTWISE: Mapping[str, Base] = {
    **dict.fromkeys("abs absolute square negative maximum minimum clip sign add subtract multiply".split(), "unknown"),
    **dict.fromkeys(
        "sqrt exp expm1 log log1p log2 log10 tanh sin cos arctan divide power floor ceil rint hypot "
        "nan_to_num reciprocal cbrt float_power logaddexp".split(),
        "number",
    ),
    **dict.fromkeys("isfinite isnan isinf logical_and logical_or logical_not less greater equal".split(), "boolean"),
}
"""numpy functions that work entry by entry, and the base of the result (`unknown`: that of the arguments)."""
REDUCTIONS: Mapping[str, Base] = {
    **dict.fromkeys("sum prod max min amax amin".split(), "unknown"),
    **dict.fromkeys("mean median std var".split(), "number"),
    **dict.fromkeys("argmax argmin count_nonzero".split(), "integer"),
    **dict.fromkeys("any all".split(), "boolean"),
}
"""numpy functions and methods that fold an axis."""
ALONG: Mapping[str, Base] = {
    **dict.fromkeys("sort cumsum cumprod".split(), "unknown"),
    **dict.fromkeys("zeros_like ones_like full_like copy array asarray ascontiguousarray".split(), "unknown"),
    "argsort": "integer",
    "astype": "number",
}
"""numpy functions and methods whose result has the shape of their first argument."""
SCALARS = frozenset(
    f"math.{name}" for name in "sqrt exp expm1 log log1p log2 log10 tanh sin cos atan hypot pow fabs".split()
)


@dataclass(frozen=True)
class Call:
    """A call, with the kinds of what it is given.

    Attributes:
        target: Full name of what is called, such as `numpy.maximum`; a method of an array counts as the numpy
            function, with the array as the first argument.
        nodes: The positional arguments.
        kinds: Their kinds.
        keywords: The keyword arguments.
        where: The kind of the argument `where`.
    """

    target: str
    nodes: tuple[ast.expr, ...]
    kinds: tuple[Kind, ...]
    keywords: Mapping[str, ast.expr]
    where: Kind = BOOLEAN

    def literal(self, keyword: str, position: int | None = None) -> object:
        """Return the literal that an argument is given; None if it is absent, NotImplemented if it is no literal."""
        node = self.keywords.get(keyword)
        if node is None and position is not None and len(self.nodes) > position:
            node = self.nodes[position]
        try:
            return None if node is None else ast.literal_eval(node)
        except ValueError:
            return NotImplemented


def returned(call: Call) -> Kind:
    """Return the kind of the value that a call returns.

    Raises:
        Mismatch: The call surely fails.
    """
    if not call.kinds:
        return UNKNOWN
    if call.target in _OTHERS:
        return _OTHERS[call.target](call.kinds)
    module, _, name = call.target.rpartition(".")
    for family, rule in _FAMILIES if module == "numpy" else ():
        if name in family:
            return rule(family[name], call)
    return UNKNOWN


def _elementwise(base: Base, call: Call) -> Kind:
    kinds = [kind for kind in call.kinds if kind.base != "none"]
    if base == "unknown":
        common = joined(*kinds).base
        base = common if common in {"integer", "boolean"} else "number"
    return Kind(base, broadcast(*(kind.shape for kind in kinds)))


def _reduced(base: Base, call: Call) -> Kind:
    kind = call.kinds[0]
    if not spreads(call.where.shape, kind.shape):
        raise Mismatch("a mask does not fit the array that it is for")
    if base == "unknown":
        base = "number" if kind.base in {"number", "unknown"} else "integer"
    return Kind(base, _folded(kind.shape, call.literal("axis", 1), keep=call.literal("keepdims") is True))


def _folded(shape: Shape | None, axis: object, *, keep: bool) -> Shape | None:
    if axis is None:
        return None if keep else ()
    if shape is None or not isinstance(axis, int):
        return None
    if not -len(shape) <= axis < len(shape):
        raise Mismatch(f"axis {axis} is beyond {len(shape)} axes")
    axis %= len(shape)
    return (*shape[:axis], *(("1",) if keep else ()), *shape[axis + 1 :])


def _along(base: Base, call: Call) -> Kind:
    kind = call.kinds[0]
    if base != "unknown" or kind.base not in {"number", "integer", "boolean"}:
        return Kind("number" if base == "unknown" else base, kind.shape if kind.base != "list" else None)
    return kind.shaped(kind.shape)


def _chosen(kinds: Sequence[Kind]) -> Kind:
    if len(kinds) != 3:
        return UNKNOWN
    common = joined(*kinds[1:]).base
    base = common if common in {"integer", "boolean"} else "number"
    return Kind(base, broadcast(*(kind.shape for kind in kinds)))


def _scalar(kinds: Sequence[Kind]) -> Kind:
    if any(kind.array for kind in kinds):
        raise Mismatch("a function of numbers gets an array")
    return NUMBER


def _extreme(kinds: Sequence[Kind]) -> Kind:
    if len(kinds) == 1:
        return kinds[0].element
    if any(kind.array for kind in kinds):
        raise Mismatch("the truth of an array is asked for")
    return joined(*kinds)


def _counted(kinds: Sequence[Kind]) -> Kind:
    if NUMBER in kinds:
        raise Mismatch("a real number is a count")
    return list_of(INTEGER)


def _ordered(kinds: Sequence[Kind]) -> Kind:
    return list_of(kinds[0].element)


def _converted(kind: Kind) -> Callable[[Sequence[Kind]], Kind]:
    def convert(kinds: Sequence[Kind]) -> Kind:
        if kinds[0].array:
            raise Mismatch("an array is made a scalar")
        return kind

    return convert


_OTHERS: Mapping[str, Callable[[Sequence[Kind]], Kind]] = {
    "abs": lambda kinds: kinds[0].shaped(kinds[0].shape),
    "max": _extreme,
    "min": _extreme,
    "sum": lambda kinds: kinds[0].element,
    "len": lambda _: INTEGER,
    "range": _counted,
    "sorted": _ordered,
    "reversed": _ordered,
    "list": _ordered,
    "tuple": _ordered,
    "enumerate": lambda kinds: list_of(tuple_of(INTEGER, kinds[0].element)),
    "zip": lambda kinds: list_of(tuple_of(*(kind.element for kind in kinds))),
    "float": _converted(NUMBER),
    "int": _converted(INTEGER),
    "bool": _converted(BOOLEAN),
    "round": lambda kinds: NUMBER if len(kinds) > 1 else INTEGER,
    "pow": _converted(NUMBER),
    "str": lambda _: TEXT,
    "any": lambda _: BOOLEAN,
    "all": lambda _: BOOLEAN,
    "math.floor": _converted(INTEGER),
    "math.ceil": _converted(INTEGER),
    **dict.fromkeys(SCALARS, _scalar),
    "numpy.where": _chosen,
    "numpy.arange": lambda _: Kind("number", None),
    "numpy.zeros": lambda _: Kind("number", None),
    "numpy.ones": lambda _: Kind("number", None),
    "numpy.full": lambda _: Kind("number", None),
}
_FAMILIES: tuple[tuple[Mapping[str, Base], Callable[[Base, Call], Kind]], ...] = (
    (ELEMENTWISE, _elementwise),
    (REDUCTIONS, _reduced),
    (ALONG, _along),
)
