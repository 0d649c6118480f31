"""Edits of terms: sub-expressions that come, go or give way to others of their kind."""

import ast
from collections.abc import Callable, Sequence
from random import Random

from adrs.proposing.mutator import build
from adrs.proposing.mutator.draft import Draft
from adrs.proposing.mutator.grow import Grower, factor, rounded
from adrs.proposing.mutator.sites import Site
from adrs.proposing.mutator.tidy import tidy
from adrs.proposing.mutator.trees import free_names, walk
from adrs.proposing.mutator.words import Words

_COMPOUND = (ast.BinOp, ast.UnaryOp, ast.Call, ast.IfExp, ast.BoolOp, ast.Compare)
_MOVABLE = (ast.Add, ast.Sub, ast.Mult)
_SMALL = 0.3  # the coefficient that a new term begins with: a correction, mostly
_SPREADS = (0.1, 0.3)  # of the factor that an expression is scaled by
_DEPTHS = (0.5, 0.35, 0.15)  # how often a new expression has no more than 0, 1, 2 levels of operators


def replace_leaf(draft: Draft, rng: Random) -> str | None:
    """Replace a name, an entry or an attribute by another."""
    leaves = [site for site in draft.numeric() if isinstance(site.node, ast.Name | ast.Subscript | ast.Attribute)]
    site = _drawn(leaves, rng)
    return put(draft, site, Grower(draft, site, rng).leaf(site.room)) if site else None


def replace(draft: Draft, rng: Random) -> str | None:
    """Replace an expression by a new one."""
    site = _drawn(draft.numeric(), rng)
    return put(draft, site, Grower(draft, site, rng).number(_depth(rng, 1))) if site else None


def insert(draft: Draft, rng: Random) -> str | None:
    """Join an expression with a new one: by a sum, a product, a ratio, an extreme or a choice."""
    site = _drawn([site for site in draft.numeric() if not site.demand.whole], rng)
    if site is None:
        return None
    grower = Grower(draft, site, rng)
    words, new, old = grower.words, grower.number(_depth(rng, 0)), site.node
    forms: dict[str, Callable[[], ast.expr]] = {
        "sum": lambda: build.binary(old, ast.Add() if rng.random() < 0.6 else ast.Sub(), new),
        "term": lambda: build.binary(
            old, ast.Add(), build.binary(build.number(rounded(_SMALL * factor(rng, 1.0))), ast.Mult(), new)
        ),
        "product": lambda: build.binary(old, ast.Mult(), new),
        "ratio": lambda: words.ratio(old, new),
        "extreme": lambda: (words.maximum if rng.random() < 0.5 else words.minimum)(old, new),
        "choice": lambda: words.choice(grower.test(0), *rng.sample([old, new], 2)),
    }
    form = rng.choices(list(forms), (2, 2, 1, 1, 5, 1.5))[0]
    return put(draft, site, forms[form]())


def scale(draft: Draft, rng: Random) -> str | None:
    """Multiply an expression by a constant near 1."""
    sites = [site for site in draft.numeric() if not site.demand.whole and build.literal(site.node) is None]
    site = _drawn(sites, rng)
    if site is None:
        return None
    return put(draft, site, build.binary(build.number(factor(rng, rng.choice(_SPREADS))), ast.Mult(), site.node))


def bend(draft: Draft, rng: Random) -> str | None:
    """Put an expression into a function such as a root or an exponential."""
    site = _drawn([site for site in draft.numeric() if not site.demand.whole], rng)
    if site is None:
        return None
    words = Words.of(draft.modules, arrays=site.room != ())
    return put(draft, site, rng.choice(words.curves(site.node)))


def delete(draft: Draft, rng: Random) -> str | None:
    """Replace an expression by a part of itself."""
    whole = _drawn([site for site in draft.sites if isinstance(site.node, _COMPOUND)], rng)
    if whole is None:
        return None
    inner = set(walk(whole.node))
    parts = [
        part for part in draft.sites if part.node in inner and part.names is whole.names and whole.takes(part.kind)
    ]
    part = _drawn([part for part in parts if part.node is not whole.node], rng)
    return put(draft, whole, part.node) if part else None


def move(draft: Draft, rng: Random) -> str | None:
    """Move a term or factor to another place of the statement: from `max(a, b) + c` to `max(a, b + c)`, say."""
    sums = [site for site in draft.numeric() if isinstance(site.node, ast.BinOp) and isinstance(site.node.op, _MOVABLE)]
    origin = _drawn(sums, rng)
    if origin is None or not isinstance(origin.node, ast.BinOp):
        return None
    joint, sides = origin.node, [origin.node.left, origin.node.right]
    if not isinstance(joint.op, ast.Sub):
        rng.shuffle(sides)
    rest, term = sides
    barred = {joint, rest, *walk(term)}
    places = [site for site in draft.numeric() if site.statement is origin.statement and site.node not in barred]
    place = _drawn([site for site in places if site.takes(origin.kind) and reachable(draft, term, site)], rng)
    if place is None:
        return None
    origin.put(rest)
    place.put(build.binary(place.node, joint.op, term))
    tidy(origin.statement)
    return f"moved {build.shown(term)} from {build.shown(joint)} to {build.shown(place.node)} in {origin.function}"


def transplant(draft: Draft, rng: Random) -> str | None:
    """Replace an expression by a copy of another one of its kind."""
    site = _drawn([site for site in draft.sites if site.role not in {"index", "list"}], rng)
    if site is None:
        return None
    others = [
        o for o in draft.sites if o.node is not site.node and site.takes(o.kind) and reachable(draft, o.node, site)
    ]
    other = _drawn(others, rng)
    return put(draft, site, build.clone(other.node)) if other else None


def change_test(draft: Draft, rng: Random) -> str | None:
    """Replace a condition by a new one, or join it with one."""
    site = _drawn([site for site in draft.sites if site.role in {"test", "mask"}], rng)
    if site is None:
        return None
    new, both = Grower(draft, site, rng).test(1), rng.random() < 0.5
    if rng.random() < 0.5:
        return put(draft, site, new)
    if site.role == "mask":
        return put(draft, site, build.binary(site.node, ast.BitAnd() if both else ast.BitOr(), new))
    return put(draft, site, ast.BoolOp(ast.And() if both else ast.Or(), [site.node, new]))


def reorder(draft: Draft, rng: Random) -> str | None:
    """Turn or sort a list."""
    site = _drawn([site for site in draft.sites if site.role == "list"], rng)
    if site is None:
        return None
    turned = ast.Subscript(site.node, ast.Slice(step=build.number(-1)), ast.Load())
    ranked = build.call("sorted", site.node)
    return put(draft, site, ranked if site.kind.element.numeric and rng.random() < 0.5 else turned)


def reachable(draft: Draft, node: ast.expr, site: Site) -> bool:
    """Return whether all that `node` names has a value at `site` of `draft`."""
    return all(name in site.names or name in draft.given for name in free_names(node))


def put(draft: Draft, site: Site, new: ast.expr) -> str:
    """Put `new` at `site`, kept away from 0 where it divides; return the note."""
    before = build.shown(site.node)
    if site.demand.divisor:
        new = Words.of(draft.modules, arrays=site.room != ()).guarded(new)
    site.put(new)
    tidy(site.statement)
    return f"replaced {before} by {build.shown(new)} in {site.function}"


def _depth(rng: Random, least: int) -> int:
    return rng.choices(range(least, len(_DEPTHS)), _DEPTHS[least:])[0]


def _drawn(sites: Sequence[Site], rng: Random) -> Site | None:
    """Draw a site: the deeper it is, the less it matters; literals are left to the edits of constants, mostly."""
    if not sites:
        return None
    weights = [0.8**site.depth * (1.0 if build.literal(site.node) is None else 0.2) for site in sites]
    return rng.choices(sites, weights)[0]
