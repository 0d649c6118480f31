"""Edits of operators: one arithmetic sign, comparison or function for another of its kind."""

import ast
from collections.abc import Sequence
from random import Random

from adrs.proposing.mutator import build
from adrs.proposing.mutator.draft import Draft
from adrs.proposing.mutator.sites import Site
from adrs.proposing.mutator.words import Words

_ARITHMETIC: tuple[type[ast.operator], ...] = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_COMPARISONS: tuple[type[ast.cmpop], ...] = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_BUILTINS = (("max", "min"), ("all", "any"))
_METHODS = (("maximum", "minimum"), ("sum", "mean"), ("argmax", "argmin"))  # and functions of modules


def swap_sign(draft: Draft, rng: Random) -> str | None:
    """Replace one of + - * / by another."""
    sites = [
        site for site in draft.numeric() if isinstance(site.node, ast.BinOp) and isinstance(site.node.op, _ARITHMETIC)
    ]
    if not sites:
        return None
    site = rng.choice(sites)
    assert isinstance(site.node, ast.BinOp)
    whole = site.demand.whole
    others = [op for op in _ARITHMETIC if not isinstance(site.node.op, op) and not (whole and op is ast.Div)]
    right, op = site.node.right, rng.choice(others)
    if op is ast.Div:
        right = Words.of(draft.modules, arrays=site.room != ()).guarded(right)
    return _put(site, build.binary(site.node.left, op(), right))


def swap_comparison(draft: Draft, rng: Random) -> str | None:
    """Replace one of < <= > >= by another."""
    sites = [
        site
        for site in draft.sites
        if isinstance(site.node, ast.Compare) and isinstance(site.node.ops[0], _COMPARISONS)
    ]
    if not sites:
        return None
    site = rng.choice(sites)
    assert isinstance(site.node, ast.Compare)
    op = rng.choice([op for op in _COMPARISONS if not isinstance(site.node.ops[0], op)])
    return _put(site, ast.Compare(site.node.left, [op(), *site.node.ops[1:]], site.node.comparators))


def swap_function(draft: Draft, rng: Random) -> str | None:
    """Replace a function by its twin, such as `min` by `max`."""
    calls = [site for site in draft.sites if isinstance(site.node, ast.Call) and _twin(site.node)]
    if not calls:
        return None
    site = rng.choice(calls)
    new = build.clone(site.node)
    assert isinstance(new, ast.Call)
    twin = _twin(new)
    if isinstance(new.func, ast.Attribute):
        new.func.attr = twin
    elif isinstance(new.func, ast.Name):
        new.func.id = twin
    for keyword in new.keywords:
        if keyword.arg == "initial" and (value := build.literal(keyword.value)) is not None:
            keyword.value = build.number(-value)
    return _put(site, new)


def _twin(call: ast.Call) -> str:
    """Return the name of the function's twin; empty if it has none."""
    if isinstance(call.func, ast.Attribute):
        return _paired(call.func.attr, (*_BUILTINS, *_METHODS))
    return _paired(call.func.id, _BUILTINS) if isinstance(call.func, ast.Name) else ""


def _paired(word: str, pairs: Sequence[tuple[str, str]]) -> str:
    return next((pair[1 - pair.index(word)] for pair in pairs if word in pair), "")


def swap_operands(draft: Draft, rng: Random) -> str | None:
    """Exchange the operands of a difference, or the branches of a choice."""
    sites = [site for site in draft.sites if _turned(site.node)]
    if not sites:
        return None
    site = rng.choice(sites)
    new = _turned(site.node)
    assert new is not None
    return _put(site, new)


def _turned(node: ast.expr) -> ast.expr | None:
    match node:
        case ast.BinOp(left, ast.Sub() as op, right):
            return ast.BinOp(right, op, left)
        case ast.IfExp(test, body, orelse):
            return ast.IfExp(test, orelse, body)
        case ast.Call(ast.Attribute(attr="where"), [test, body, orelse]):
            return ast.Call(node.func, [test, orelse, body], node.keywords)
    return None


def _put(site: Site, new: ast.expr) -> str:
    before = build.shown(site.node)
    site.put(new)
    return f"replaced {before} by {build.shown(new)} in {site.function}"
