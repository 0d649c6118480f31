"""Sites: the expressions of a statement that can be replaced, and what their places ask for."""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from adrs.proposing.mutator.calls import ALONG, ELEMENTWISE, REDUCTIONS, SCALARS
from adrs.proposing.mutator.expressions import Names
from adrs.proposing.mutator.inference import Inference
from adrs.proposing.mutator.kinds import UNKNOWN, Kind, Shape, spreads

Role = Literal["number", "test", "mask", "list", "code", "index", "key", "fixed"]
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_DIVISIONS = (ast.Div, ast.FloorDiv, ast.Mod)


class Demand(NamedTuple):
    """What a place asks for: a role, the shape that its value must spread to, and whether it must stay an integer."""

    role: Role
    room: Shape | None = ()
    whole: bool = False
    divisor: bool = False


FIXED = Demand("fixed")
INDEX = Demand("index", (), whole=True)
TEST = Demand("test", ())
Child = tuple[ast.expr, Demand]


@dataclass(frozen=True)
class Site:
    """An expression that can be replaced.

    Attributes:
        node: The expression.
        owner: The node that holds it, under `field`; `index` is its place where the field is a list.
        demand: What its place asks for.
        kind: What it is; where that is unknown, what its place asks for.
        names: Names in scope.
        statement: The statement that it is part of.
        function: Name of the function, for notes.
        depth: How many sites it is inside of.
    """

    node: ast.expr
    owner: ast.AST
    field: str
    index: int | None
    demand: Demand
    kind: Kind
    names: Names
    statement: ast.stmt
    function: str
    depth: int

    @property
    def role(self) -> Role:
        return self.demand.role

    @property
    def room(self) -> Shape | None:
        return self.demand.room

    def put(self, node: ast.expr) -> None:
        """Replace the expression."""
        if self.index is None:
            setattr(self.owner, self.field, node)
        else:
            getattr(self.owner, self.field)[self.index] = node

    def takes(self, kind: Kind) -> bool:
        """Return whether a value of `kind` may stand here."""
        if self.role == "number":
            return kind.numeric and spreads(kind.shape, self.room) and (kind.base == "integer" or not self.demand.whole)
        if self.role in {"test", "mask"}:
            return kind.base == "boolean" and spreads(kind.shape, self.room)
        return self.role in {"list", "code"} and kind == self.kind


def natural(node: ast.expr, kind: Kind) -> Demand:
    """Return what to put in the place of `node` where nothing but its own kind says it."""
    if kind.numeric:
        plain = isinstance(node, ast.Constant | ast.Name | ast.Subscript | ast.Call)
        return Demand("number", kind.shape, whole=plain and kind.base == "integer" and kind.scalar)
    if kind.base == "boolean":
        return TEST if kind.scalar else Demand("mask", kind.shape)
    return Demand("list") if kind.base == "list" else FIXED


def sites_of(statement: ast.stmt, function: str, inference: Inference) -> Iterator[Site]:
    """Return the sites of a statement, without those of the statements inside it."""
    names = inference.names[statement]
    collector = _Collector(statement, function, inference)
    for child, demand in collector.asked_by(statement):
        yield from collector.visit(child, statement, demand, names)


class _Collector:
    def __init__(self, statement: ast.stmt, function: str, inference: Inference) -> None:
        self._statement = statement
        self._function = function
        self._inference = inference
        self._expressions = inference.expressions

    def asked_by(self, statement: ast.stmt) -> Iterable[Child]:
        match statement:
            case ast.If(test=test):
                return ((test, TEST),)
            case ast.Assign(value=value) | ast.For(iter=value) | ast.Expr(value=value):
                return ((value, self._natural(value)),)
            case ast.AugAssign(value=value) if self._kind(value).base != "list":
                kind = self._kind(statement.target)
                divisor = isinstance(statement.op, _DIVISIONS)
                return ((value, Demand("number", kind.shape if kind.array else (), divisor=divisor)),)
            case ast.Return(value=ast.Constant(value=int() | str() | None) as value):
                return ((value, Demand("code")),)
            case ast.Return(value=ast.expr() as value) | ast.AnnAssign(value=ast.expr() as value):
                return ((value, self._natural(value)),)
        return ()

    def visit(self, node: ast.expr, owner: ast.AST, demand: Demand, names: Names, depth: int = 0) -> Iterator[Site]:
        kind = self._kind(node)
        if demand.role == "key" and not isinstance(node, ast.Tuple):
            demand = self._natural(node) if kind != UNKNOWN else Demand("number", ())
        if demand.role not in {"fixed", "key"}:
            guess = Kind("number", demand.room) if demand.role == "number" and kind == UNKNOWN else kind
            yield Site(node, *_place(owner, node), demand, guess, names, self._statement, self._function, depth)
            depth += 1
        inner = self._expressions.scopes.get(node, names)
        rule = _RULES.get(type(node))
        for child, asked in rule(self, node, demand) if rule else ():
            yield from self.visit(child, node, asked, inner, depth)

    def _kind(self, node: ast.expr) -> Kind:
        return self._expressions.kinds.get(node, UNKNOWN)

    def _natural(self, node: ast.expr) -> Demand:
        return natural(node, self._kind(node))

    def _binop(self, node: ast.BinOp, demand: Demand) -> Iterable[Child]:
        kind = self._kind(node)
        if demand.role == "index":
            return (node.left, INDEX), (node.right, INDEX)
        if kind.base == "boolean":
            bits = Demand("mask", kind.shape)
            return (node.left, bits), (node.right, bits)
        if not kind.numeric:
            return [(child, self._natural(child)) for child in (node.left, node.right)]
        room = demand.room if demand.role == "number" else kind.shape
        left = Demand("number", room, demand.whole)
        right = FIXED if isinstance(node.op, ast.Pow | ast.Mod) else left
        if isinstance(node.op, _DIVISIONS):
            right = right._replace(divisor=True)
        return (node.left, left), (node.right, right)

    def _unaryop(self, node: ast.UnaryOp, demand: Demand) -> Iterable[Child]:
        if isinstance(node.op, ast.Not):
            return ((node.operand, TEST),)
        if isinstance(node.op, ast.Invert):
            return ((node.operand, Demand("mask", self._kind(node).shape)),)
        return ((node.operand, demand._replace(divisor=False)),)

    def _compare(self, node: ast.Compare, _: Demand) -> Iterable[Child]:
        operands = (node.left, *node.comparators)
        if all(isinstance(op, _ORDER) for op in node.ops) and not any(self._kind(o).base == "list" for o in operands):
            return [(operand, Demand("number", self._kind(node).shape)) for operand in operands]
        return [(operand, self._natural(operand)) for operand in operands]

    def _boolop(self, node: ast.BoolOp, _: Demand) -> Iterable[Child]:
        return [(value, TEST) for value in node.values]

    def _ifexp(self, node: ast.IfExp, demand: Demand) -> Iterable[Child]:
        return (node.test, TEST), (node.body, demand), (node.orelse, demand)

    def _call(self, node: ast.Call, demand: Demand) -> Iterable[Child]:
        target = self._expressions.target(node.func)
        yield from self._arguments(node, target, demand)
        for keyword in node.keywords:
            if keyword.arg == "where" and node.args:
                yield keyword.value, Demand("mask", self._kind(node.args[0]).shape)
            elif keyword.arg == "key" and isinstance(keyword.value, ast.Lambda):
                yield keyword.value, FIXED
            elif isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, float):
                yield keyword.value, Demand("number", ())

    def _arguments(self, node: ast.Call, target: str, demand: Demand) -> Iterable[Child]:
        name = target.removeprefix("numpy.")
        number = Demand("number", demand.room if demand.role == "number" else self._kind(node).shape)
        if name != target and ELEMENTWISE.get(name) in {"unknown", "number"}:
            return [(argument, number) for argument in node.args]
        if target == "numpy.where" and len(node.args) == 3:
            return zip(node.args, (Demand("mask", number.room), number, number), strict=True)
        if target in {"max", "min", "abs"} and (len(node.args) > 1 or target == "abs"):
            return [(argument, number._replace(whole=demand.whole)) for argument in node.args]
        if target == "range":
            return [(argument, INDEX) for argument in node.args]
        if target in SCALARS:
            return [(argument, Demand("number", ())) for argument in node.args]
        return self._folded(node, name if name != target else "")

    def _folded(self, node: ast.Call, name: str) -> Iterable[Child]:
        """A function that folds or sorts an axis, which its argument must keep; or one that nothing is known of."""
        if not name and isinstance(node.func, ast.Attribute) and node.func.attr in {*REDUCTIONS, *ALONG}:
            return ((node.func.value, self._natural(node.func.value)),)
        known = name in REDUCTIONS or name in ALONG
        return [(argument, self._natural(argument)) for argument in (node.args[:1] if known else node.args)]

    def _subscript(self, node: ast.Subscript, _: Demand) -> Iterable[Child]:
        return (node.value, FIXED), (node.slice, INDEX)

    def _slice(self, node: ast.Slice, _: Demand) -> Iterable[Child]:
        return [(limit, INDEX) for limit in (node.lower, node.upper) if limit]

    def _lambda(self, node: ast.Lambda, _: Demand) -> Iterable[Child]:
        return ((node.body, Demand("key")),)

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, _: Demand) -> Iterable[Child]:
        yield node.elt, self._natural(node.elt)
        for generator in node.generators:
            yield generator.iter, self._natural(generator.iter)
            yield from ((condition, TEST) for condition in generator.ifs)

    def _elements(self, node: ast.Tuple | ast.List, demand: Demand) -> Iterable[Child]:
        inherits = demand.role in {"key", "index"}
        return [(element, demand if inherits else self._natural(element)) for element in node.elts]


def _place(node: ast.AST, child: ast.expr) -> tuple[ast.AST, str, int | None]:
    """Return what holds `child`, in which field, and where in it: `node`, or a part of it that is no expression."""
    function = getattr(node, "func", node)
    for owner in (node, *getattr(node, "keywords", ()), *getattr(node, "generators", ()), function):
        for field, value in ast.iter_fields(owner):
            if value is child:
                return owner, field, None
            if isinstance(value, list) and child in value:
                return owner, field, value.index(child)
    raise LookupError(f"{ast.unparse(child)} is no part of {ast.unparse(node)}")


_RULES: Mapping[type[ast.expr], Callable[..., Iterable[Child]]] = {
    ast.BinOp: _Collector._binop,
    ast.UnaryOp: _Collector._unaryop,
    ast.Compare: _Collector._compare,
    ast.BoolOp: _Collector._boolop,
    ast.IfExp: _Collector._ifexp,
    ast.Call: _Collector._call,
    ast.Subscript: _Collector._subscript,
    ast.Slice: _Collector._slice,
    ast.Lambda: _Collector._lambda,
    ast.ListComp: _Collector._comprehension,
    ast.GeneratorExp: _Collector._comprehension,
    ast.SetComp: _Collector._comprehension,
    ast.Tuple: _Collector._elements,
    ast.List: _Collector._elements,
}
