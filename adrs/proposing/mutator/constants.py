"""Edits of constants."""

import ast
from random import Random

from adrs.proposing.mutator import build
from adrs.proposing.mutator.draft import Draft
from adrs.proposing.mutator.grow import rounded
from adrs.proposing.mutator.sites import Site

_STEPS = (0.05, 0.2, 0.6)  # standard deviations of the logarithm: fine, medium, coarse
_SENTINEL = 1e6  # a literal this large stands for infinity


def literals(draft: Draft) -> list[Site]:
    """Return the sites that hold a number, signed or not."""
    found = [site for site in draft.sites if site.role in {"number", "index"} and not _signed(site)]
    return [site for site in found if (value := build.literal(site.node)) is not None and abs(value) < _SENTINEL]


def _signed(site: Site) -> bool:
    """Return whether the sign belongs to the literal, so that the two are one site."""
    return isinstance(site.owner, ast.UnaryOp) and isinstance(site.owner.op, ast.USub)


def nudge(draft: Draft, rng: Random) -> str | None:
    """Change one constant a little, or now and then a lot."""
    sites = literals(draft)
    if not sites:
        return None
    site = rng.choice(sites)
    return _change(site, _near(site, rng.choice(_STEPS), rng))


def nudge_all(draft: Draft, rng: Random) -> str | None:
    """Change all constants of one function a little, at once."""
    sites = literals(draft)
    if len(sites) < 2:
        return None
    function = rng.choice(sites).function
    step = rng.choice(_STEPS[:2])
    for site in sites:
        if site.function == function and not site.demand.whole:
            _change(site, _near(site, step, rng))
    return f"changed the constants in {function} a little"


def snap(draft: Draft, rng: Random) -> str | None:
    """Replace one constant by a plainer one nearby."""
    sites = [site for site in literals(draft) if not site.demand.whole]
    if not sites:
        return None
    site = rng.choice(sites)
    value = build.literal(site.node) or 0.0
    plain = dict.fromkeys([float(f"{value:.1g}"), float(round(value)), round(2 * value) / 2, 0.0, 1.0, -value])
    return _change(site, rng.choice([choice for choice in plain if choice != value]))


def _near(site: Site, step: float, rng: Random) -> float:
    value = build.literal(site.node) or 0
    if site.demand.whole:
        return int(value) + rng.choice((-1, 1))
    if value == 0:
        return rounded(rng.gauss(0.0, 1.0))
    return rounded(value * rng.lognormvariate(0.0, step))


def _change(site: Site, value: float) -> str:
    before = build.shown(site.node)
    if site.demand.divisor and value == 0:
        value = 1.0
    new = build.number(value)
    site.put(new)
    return f"changed {before} to {build.shown(new)} in {site.function}"
