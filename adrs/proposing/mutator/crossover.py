"""Edits that take material from another program."""

import ast
import copy
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from random import Random

from adrs.proposing.mutator import build
from adrs.proposing.mutator.draft import Draft
from adrs.proposing.mutator.grow import Grower
from adrs.proposing.mutator.sites import Site
from adrs.proposing.mutator.statements import fresh
from adrs.proposing.mutator.terms import put
from adrs.proposing.mutator.trees import free_names, stored, walk, words

Join = Callable[[Site, ast.expr], ast.expr]
_WHOLE = 0.5  # how often a blend takes the values that the two programs return, not parts of them


def exchange(draft: Draft, donor: Draft, rng: Random) -> str | None:
    """Replace an expression by one of its kind from the donor, with the assignments that it depends on."""
    sites = [site for site in draft.sites if site.role in {"number", "test", "mask"}]
    return _graft(draft, donor, sites, rng, lambda _, scion: scion)


def blend(draft: Draft, donor: Draft, rng: Random) -> str | None:
    """Join an expression with one from the donor: by a weighted mean, an extreme or a choice."""
    sites = [site for site in draft.numeric() if not site.demand.whole]
    if rng.random() < _WHOLE:
        sites = [site for site in sites if isinstance(site.owner, ast.Return)]
    return _graft(
        draft, donor, sites, rng, lambda site, scion: _joined(Grower(draft, site, rng), site.node, scion, rng)
    )


def _joined(grower: Grower, a: ast.expr, b: ast.expr, rng: Random) -> ast.expr:
    form = rng.choice(("mean", "mean", "maximum", "minimum", "choice"))
    if form == "mean":
        weight = rng.choice((0.1, 0.25, 0.5, 0.75, 0.9))
        parts = [
            build.binary(build.number(w), ast.Mult(), node) for w, node in ((weight, a), (round(1 - weight, 2), b))
        ]
        return build.binary(parts[0], ast.Add(), parts[1])
    if form == "choice":
        return grower.words.choice(grower.test(0), a, b)
    return grower.words.maximum(a, b) if form == "maximum" else grower.words.minimum(a, b)


def _graft(draft: Draft, donor: Draft, sites: Sequence[Site], rng: Random, join: Join) -> str | None:
    if not sites:
        return None
    site = rng.choice(sites)
    matches = _matches(donor, site)
    if not matches:
        return None
    match = rng.choice(matches)
    roots = _roots(donor, match)
    renamed = _Renamed(_clashes(draft, roots))
    scion = renamed.visit(build.clone(match.node))
    line = next(line for line in draft.lines if line.statement is site.statement)
    present = {ast.dump(statement) for statement in line.body[: line.place]}
    grafts = [renamed.visit(copy.deepcopy(root)) for root in roots if ast.dump(root) not in present]
    note = put(draft, site, join(site, scion))
    line.body[line.place : line.place] = [_unplaced(graft) for graft in grafts]
    return f"with material from another program {note}"


def _matches(donor: Draft, site: Site) -> list[Site]:
    """Return the donor's sites that can replace `site`, those in the same function and place if there are any."""
    matches = [match for match in donor.sites if site.takes(match.kind)]
    matches = [match for match in matches if match.function == site.function] or matches
    if isinstance(site.owner, ast.Return):
        return [match for match in matches if isinstance(match.owner, ast.Return)] or matches
    return matches


def _roots(donor: Draft, match: Site) -> list[ast.stmt]:
    """Return the assignments at the top of the donor's function that `match` depends on, in their order."""
    line = next(line for line in donor.lines if line.statement is match.statement)
    body = line.function.body if line.function else []
    before = list(takewhile(lambda statement: match.statement not in walk(statement), body))
    wanted, roots = set(free_names(match.node)), list[ast.stmt]()
    for statement in reversed(before):
        if isinstance(statement, ast.Assign | ast.AugAssign) and wanted & set(stored(statement)):
            roots.insert(0, statement)
            wanted |= set(free_names(statement.value))
    return roots


def _clashes(draft: Draft, roots: Sequence[ast.stmt]) -> dict[str, str]:
    """Return new names for variables that the donor and the draft use for different things."""
    present = {ast.dump(line.statement) for line in draft.lines}
    taken = words(draft.tree) | draft.given
    renamed: dict[str, str] = {}
    for root in roots:
        for name in stored(root) if ast.dump(root) not in present else ():
            if name in taken:
                renamed[name] = fresh(name, taken | set(renamed.values()))
    return renamed


def _unplaced(statement: ast.stmt) -> ast.stmt:
    """Return `statement` without the line numbers that it had in the donor."""
    statement.lineno = statement.end_lineno = None  # type: ignore[assignment]
    return statement


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._names.get(node.id, node.id), node.ctx)
