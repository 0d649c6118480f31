"""Kinds of expressions, and the faults that show without running them."""

import ast
import builtins
from collections.abc import Mapping
from dataclasses import replace

from adrs.proposing.mutator.calls import ALONG, ELEMENTWISE, REDUCTIONS, Call, returned
from adrs.proposing.mutator.kinds import (
    BOOLEAN,
    CALLABLE,
    INTEGER,
    NONE,
    NUMBER,
    TEXT,
    UNKNOWN,
    Kind,
    Mismatch,
    broadcast,
    joined,
    list_of,
    tuple_of,
)

Names = Mapping[str, Kind]
_BUILTINS = frozenset(dir(builtins))
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_BITS = (ast.BitAnd, ast.BitOr, ast.BitXor)
_LITERALS: Mapping[type, Kind] = {bool: BOOLEAN, int: INTEGER, float: NUMBER, str: TEXT, type(None): NONE}


class Expressions:
    """Infers the kinds of expressions and keeps them.

    Attributes:
        kinds: The kind of each expression seen.
        scopes: Names in scope inside each lambda and comprehension seen.
        faults: What surely fails, in words, in the order seen.
        modules: What each imported name stands for, such as `np` for `numpy`.
        functions: What each function of the program returns.
    """

    def __init__(self, modules: Mapping[str, str]) -> None:
        self.kinds: dict[ast.expr, Kind] = {}
        self.scopes: dict[ast.AST, Names] = {}
        self.faults: list[str] = []
        self.modules = modules
        self.functions: dict[str, Kind] = {}

    def kind(self, node: ast.expr, names: Names) -> Kind:
        """Return the kind of `node` where `names` are in scope; a fault makes it unknown."""
        try:
            kind = self._dispatch(node, names)
        except Mismatch as error:
            self.faults.append(str(error))
            kind = UNKNOWN
        self.kinds[node] = kind
        return kind

    def target(self, function: ast.expr) -> str:
        """Return the full name of what is called; empty where it is not a module's function or a plain name."""
        if isinstance(function, ast.Name):
            return self.modules.get(function.id, function.id)
        if isinstance(function, ast.Attribute):
            owner = self.target(function.value)
            return f"{owner}.{function.attr}" if owner.split(".")[0] in self.modules.values() else ""
        return ""

    def _dispatch(self, node: ast.expr, names: Names) -> Kind:
        rule = getattr(self, f"_{type(node).__name__.lower()}", self._other)
        kind: Kind = rule(node, names)
        return kind

    def _other(self, node: ast.expr, names: Names) -> Kind:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.kind(child, names)
        return UNKNOWN

    def _constant(self, node: ast.Constant, _: Names) -> Kind:
        return _LITERALS.get(type(node.value), UNKNOWN)

    def _name(self, node: ast.Name, names: Names) -> Kind:
        if node.id in names:
            return names[node.id]
        if node.id not in _BUILTINS and node.id not in self.modules:
            raise Mismatch(f"{node.id} has no value here")
        return CALLABLE

    def _binop(self, node: ast.BinOp, names: Names) -> Kind:
        left, right = self.kind(node.left, names), self.kind(node.right, names)
        if isinstance(node.op, _BITS):
            return self._bits(left, right)
        if "list" in {left.base, right.base} or "text" in {left.base, right.base}:
            return left if left.base in {"list", "text"} else right
        if left.base == right.base == "unknown":
            return UNKNOWN if isinstance(node.op, ast.Add | ast.Mult) else Kind("number", None)
        return self._calculated(node.op, left, right)

    def _bits(self, left: Kind, right: Kind) -> Kind:
        if "number" in {left.base, right.base}:
            raise Mismatch("bits of a real number are asked for")
        return joined(left.shaped(()), right.shaped(())).shaped(broadcast(left.shape, right.shape))

    def _calculated(self, op: ast.operator, left: Kind, right: Kind) -> Kind:
        if isinstance(op, ast.Sub) and left.base == right.base == "boolean" and (left.array or right.array):
            raise Mismatch("boolean arrays are subtracted")
        whole = left.base in {"integer", "boolean"} and right.base in {"integer", "boolean"}
        base = INTEGER if whole and not isinstance(op, ast.Div) else NUMBER
        shapes = [kind.shape if kind.base != "unknown" else None for kind in (left, right)]
        return base.shaped(broadcast(*shapes))

    def _unaryop(self, node: ast.UnaryOp, names: Names) -> Kind:
        kind = self.kind(node.operand, names)
        if isinstance(node.op, ast.Not):
            return self._asked(kind)
        if isinstance(node.op, ast.Invert) and kind.base == "number":
            raise Mismatch("bits of a real number are asked for")
        if isinstance(node.op, ast.USub) and kind.base == "boolean" and kind.array:
            raise Mismatch("a boolean array is negated")
        return kind.shaped(kind.shape) if kind.base != "unknown" else UNKNOWN

    def _asked(self, kind: Kind) -> Kind:
        if kind.array:
            raise Mismatch("the truth of an array is asked for")
        return BOOLEAN

    def test(self, node: ast.expr, names: Names) -> None:
        """Infer a condition, which must not be an array."""
        kind = self.kind(node, names)
        if kind.array:
            self.faults.append("the truth of an array is asked for")

    def _boolop(self, node: ast.BoolOp, names: Names) -> Kind:
        kinds = [self.kind(value, names) for value in node.values]
        for kind in kinds:
            self._asked(kind)
        return joined(*kinds)

    def _compare(self, node: ast.Compare, names: Names) -> Kind:
        kinds = [self.kind(operand, names) for operand in (node.left, *node.comparators)]
        if not all(isinstance(op, _ORDER) for op in node.ops):
            return BOOLEAN
        if len(kinds) > 2 and any(kind.array for kind in kinds):
            raise Mismatch("the truth of an array is asked for")
        return BOOLEAN.shaped(broadcast(*(kind.shape if kind.base != "unknown" else None for kind in kinds)))

    def _ifexp(self, node: ast.IfExp, names: Names) -> Kind:
        self.test(node.test, names)
        return joined(self.kind(node.body, names), self.kind(node.orelse, names))

    def _call(self, node: ast.Call, names: Names) -> Kind:
        target = self.target(node.func)
        nodes, kinds = list(node.args), [self.kind(argument, names) for argument in node.args]
        if not target and isinstance(node.func, ast.Attribute):
            owner = self.kind(node.func.value, names)
            nodes, kinds = [node.func.value, *nodes], [owner, *kinds]
            target = _method(owner, node.func.attr)
        else:
            self.kind(node.func, names)
        keywords = {keyword.arg or "": keyword.value for keyword in node.keywords}
        given = {name: self.kind(value, names) for name, value in keywords.items()}
        if target in self.functions:
            return self.functions[target]
        return returned(Call(target, tuple(nodes), tuple(kinds), keywords, given.get("where", BOOLEAN)))

    def _subscript(self, node: ast.Subscript, names: Names) -> Kind:
        kind, index = self.kind(node.value, names), self.kind(node.slice, names)
        if kind.base == "list":
            if index == NUMBER:
                raise Mismatch("a real number is an index")
            return kind if isinstance(node.slice, ast.Slice) else kind.element
        if kind.base == "tuple" and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
            return kind.parts[node.slice.value] if abs(node.slice.value) < len(kind.parts) else UNKNOWN
        if kind.base not in {"number", "integer", "boolean"}:
            return UNKNOWN
        if kind.scalar:
            raise Mismatch("a scalar is indexed")
        return replace(kind, shape=kind.shape[1:] if kind.shape and index == INTEGER else None)

    def _attribute(self, node: ast.Attribute, names: Names) -> Kind:
        target = self.target(node)
        if target:
            return NUMBER if target.rpartition(".")[2] in {"inf", "pi", "e", "nan"} else CALLABLE
        owner = self.kind(node.value, names)
        if owner.base not in {"number", "integer", "boolean"} or owner.scalar:
            return UNKNOWN
        views: Mapping[str, Kind] = {
            "T": replace(owner, shape=owner.shape and owner.shape[::-1]),
            "shape": list_of(INTEGER),
            "size": INTEGER,
            "ndim": INTEGER,
        }
        return views.get(node.attr, UNKNOWN)

    def _lambda(self, node: ast.Lambda, names: Names) -> Kind:
        inner = {**names, **{argument.arg: UNKNOWN for argument in node.args.args}}
        self.scopes[node] = inner
        self.kind(node.body, inner)
        return CALLABLE

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, names: Names) -> Kind:
        inner = dict(names)
        for generator in node.generators:
            bind(inner, generator.target, self.kind(generator.iter, inner).element)
            for condition in generator.ifs:
                self.test(condition, inner)
        self.scopes[node] = inner
        return list_of(self.kind(node.elt, inner))

    _listcomp = _generatorexp = _setcomp = _comprehension

    def _dictcomp(self, node: ast.DictComp, names: Names) -> Kind:
        inner = dict(names)
        for generator in node.generators:
            bind(inner, generator.target, self.kind(generator.iter, inner).element)
        self.scopes[node] = inner
        self.kind(node.key, inner)
        self.kind(node.value, inner)
        return UNKNOWN

    def _list(self, node: ast.List, names: Names) -> Kind:
        kinds = [self.kind(element, names) for element in node.elts]
        return list_of(joined(*kinds) if kinds else UNKNOWN)

    def _tuple(self, node: ast.Tuple, names: Names) -> Kind:
        return tuple_of(*(self.kind(element, names) for element in node.elts))


def _method(owner: Kind, name: str) -> str:
    array = owner.base in {"number", "integer", "boolean"} and not owner.scalar
    known = name in ELEMENTWISE or name in REDUCTIONS or name in ALONG
    return f"numpy.{name}" if array and known else ""


def bind(names: dict[str, Kind], target: ast.expr, kind: Kind) -> None:
    """Note in `names` that `target` was given a value of this kind."""
    if isinstance(target, ast.Name):
        names[target.id] = kind
    elif isinstance(target, ast.Starred):
        bind(names, target.value, list_of(UNKNOWN))
    elif isinstance(target, ast.Tuple | ast.List):
        fits = kind.base == "tuple" and len(kind.parts) == len(target.elts)
        parts = kind.parts if fits else [kind.element] * len(target.elts)
        for element, part in zip(target.elts, parts, strict=True):
            bind(names, element, part)
