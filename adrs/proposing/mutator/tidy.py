"""Tidying: what a change left behind and a reader would strike out."""

import ast
import math
from collections.abc import Callable
from operator import add, mul, sub

from adrs.proposing.mutator import build

_FOLDED: dict[type[ast.operator], Callable[[float, float], float]] = {ast.Add: add, ast.Sub: sub, ast.Mult: mul}
_IDEMPOTENT = {"maximum", "minimum", "max", "min"}


def tidy(statement: ast.stmt) -> None:
    """Tidy a statement in place, unless it holds others."""
    if not hasattr(statement, "body"):
        _Tidy().visit(statement)


class _Tidy(ast.NodeTransformer):
    """Folds literals, and drops factors of 1, terms of 0, double signs and extremes of equal things.

    The result computes the same numbers, up to rounding.
    """

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        left, right = build.literal(node.left), build.literal(node.right)
        if left is not None and right is not None and type(node.op) in _FOLDED:
            return build.number(_short(_FOLDED[type(node.op)](left, right)))
        if isinstance(node.op, ast.Mult) and right is not None:
            return self.visit_BinOp(ast.BinOp(node.right, node.op, node.left))
        if isinstance(node.op, ast.Mult) and left is not None:
            return _scaled(node, left)
        if isinstance(node.op, ast.Add | ast.Sub) and right == 0:
            return node.left
        return node.right if isinstance(node.op, ast.Add) and left == 0 else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        inner = node.operand
        if isinstance(node.op, ast.USub) and isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.USub):
            return inner.operand
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        word = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        same = len(node.args) == 2 and ast.dump(node.args[0]) == ast.dump(node.args[1])
        return node.args[0] if same and word in _IDEMPOTENT and not node.keywords else node


def _scaled(node: ast.BinOp, factor: float) -> ast.expr:
    """Return `node`, a product whose left side is `factor`, without a factor of 1 and with one literal at most."""
    inner = node.right
    if factor == 1:
        return inner
    if (
        isinstance(inner, ast.BinOp)
        and isinstance(inner.op, ast.Mult)
        and (other := build.literal(inner.left)) is not None
    ):
        return _scaled(
            build.binary(build.number(_short(factor * other)), ast.Mult(), inner.right), _short(factor * other)
        )
    return node


def _short(value: float) -> float:
    return float(f"{value:.4g}") if math.isfinite(value) else value
