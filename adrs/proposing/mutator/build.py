"""Syntax trees from parts."""

import ast
import copy


def name(identifier: str) -> ast.expr:
    """Return a name, or a dotted one such as `np.inf`."""
    first, *rest = identifier.split(".")
    node: ast.expr = ast.Name(first, ast.Load())
    for part in rest:
        node = ast.Attribute(node, part, ast.Load())
    return node


def number(value: float) -> ast.expr:
    """Return a literal, with a minus sign before it where it is negative."""
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def call(function: str, *arguments: ast.expr, **keywords: ast.expr) -> ast.Call:
    """Return a call of the function with this (dotted) name."""
    given = [ast.keyword(key, value) for key, value in keywords.items()]
    return ast.Call(name(function), list(arguments), given)


def binary(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.BinOp:
    """Return `left op right`."""
    return ast.BinOp(left, op, right)


def compare(left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.Compare:
    """Return the comparison `left op right`."""
    return ast.Compare(left, [op], [right])


def assign(target: str, value: ast.expr) -> ast.Assign:
    """Return `target = value`."""
    return ast.Assign([ast.Name(target, ast.Store())], value, lineno=None)  # type: ignore[arg-type]


def clone(node: ast.expr) -> ast.expr:
    """Return a copy that shares nothing with `node`."""
    return copy.deepcopy(node)


def literal(node: ast.expr) -> float | None:
    """Return the number that a literal, signed or not, stands for; None if it is something else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = literal(node.operand)
        return None if value is None else -value
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    return None


def shown(node: ast.AST, width: int = 60) -> str:
    """Return the source of `node` in backticks, cut short for a note."""
    text = " ".join(ast.unparse(node).split())
    return f"`{text if len(text) <= width else text[: width - 3] + '...'}`"
