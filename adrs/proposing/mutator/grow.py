"""New expressions of a wanted kind, grown from the names in scope."""

import ast
from collections.abc import Callable, Sequence
from random import Random

from adrs.proposing.mutator import build
from adrs.proposing.mutator.draft import Draft
from adrs.proposing.mutator.kinds import Shape, spreads
from adrs.proposing.mutator.sites import Site
from adrs.proposing.mutator.words import Words

_COMPARISONS: tuple[type[ast.cmpop], ...] = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_LEAF = 0.35  # how often a branch ends early


def rounded(value: float) -> float:
    """Return `value` to three digits: more would say nothing, and read badly."""
    return float(f"{value:.3g}")


def factor(rng: Random, spread: float = 0.5) -> float:
    """Return a number near 1, as likely its half as its double."""
    return rounded(rng.lognormvariate(0.0, spread))


class Grower:
    """Grows expressions for one site."""

    def __init__(self, draft: Draft, site: Site, rng: Random) -> None:
        self.words = Words.of(draft.modules, arrays=site.room != ())
        self._site = site
        self._names = site.names
        self._rng = rng
        self._indices = [name for name in draft.indices if name in site.names]
        self._indexed = draft.indexed

    def number(self, depth: int, room: Shape | None = None) -> ast.expr:
        """Return an expression at most `depth` levels deep whose value spreads to `room`, the site's if None."""
        room = self._site.room if room is None else room
        if self._site.demand.whole:
            return self._whole(depth)
        if depth <= 0 or self._rng.random() < _LEAF:
            return self.leaf(room)
        rules, weights = zip(*self._rules(room), strict=True)
        rule: Callable[[int, Shape | None], ast.expr] = self._rng.choices(rules, weights)[0]
        return rule(depth - 1, room)

    def leaf(self, room: Shape | None) -> ast.expr:
        """Return a name, an entry of a list, or now and then a literal."""
        names = self._numbers(room)
        leaves = [build.name(name) for name in names] + self._entries()
        if not leaves or self._rng.random() < 0.1:
            return build.number(factor(self._rng, 1.0))
        weights = [self._weight(name) for name in names] + [1.0] * (len(leaves) - len(names))
        return self._rng.choices(leaves, weights)[0]

    def _weight(self, name: str) -> float:
        """What varies over more axes tells more apart."""
        shape = self._names[name].shape
        return 2.0 if shape is None else 1.0 + sum(axis != "1" for axis in shape)

    def test(self, depth: int) -> ast.expr:
        """Return a condition: a comparison, or a boolean that is in scope."""
        room = self._site.room
        flags = [n for n, kind in self._names.items() if kind.base == "boolean" and spreads(kind.shape, room)]
        if flags and self._rng.random() < 0.2:
            return build.name(self._rng.choice(flags))
        op = self._rng.choice(_COMPARISONS)()
        return build.compare(self.number(depth), op, self.number(depth))

    def _numbers(self, room: Shape | None) -> list[str]:
        whole = self._site.demand.whole
        fitting = [n for n, kind in self._names.items() if kind.numeric and spreads(kind.shape, room)]
        return [name for name in fitting if not whole or self._names[name].base == "integer"]

    def _entries(self) -> list[ast.expr]:
        """Entries of lists of numbers, by the names that the program indexes with already."""
        lists = [
            n
            for n, kind in self._names.items()
            if kind.base == "list" and kind.element.numeric and (kind.borrowed or n in self._indexed)
        ]
        return [
            ast.Subscript(build.name(values), build.name(index), ast.Load())
            for values in lists
            for index in self._indices
            if not self._site.demand.whole or self._names[values].element.base == "integer"
        ]

    def _whole(self, depth: int) -> ast.expr:
        numbers = self._numbers(())
        leaf = build.name(self._rng.choice(numbers)) if numbers else build.number(self._rng.randint(0, 3))
        if depth <= 0 or self._rng.random() < _LEAF:
            return leaf
        op: ast.operator = ast.Add() if self._rng.random() < 0.5 else ast.Sub()
        return build.binary(leaf, op, build.number(self._rng.randint(1, 2)))

    def _rules(self, room: Shape | None) -> Sequence[tuple[Callable[[int, Shape | None], ast.expr], float]]:
        rules: list[tuple[Callable[[int, Shape | None], ast.expr], float]] = [
            (self._sum, 5),
            (self._scaled, 3),
            (self._product, 1),
            (self._ratio, 2),
            (self._extreme, 3),
            (self._curve, 1),
            (self._choice, 1),
        ]
        if self.words.arrays and self._foldable(room):
            rules.append((self._fold, 2))
        return rules

    def _sum(self, depth: int, room: Shape | None) -> ast.expr:
        op: ast.operator = ast.Add() if self._rng.random() < 0.6 else ast.Sub()
        return build.binary(self.number(depth, room), op, self.number(depth, room))

    def _scaled(self, depth: int, room: Shape | None) -> ast.expr:
        return build.binary(build.number(factor(self._rng)), ast.Mult(), self.number(depth, room))

    def _product(self, depth: int, room: Shape | None) -> ast.expr:
        return build.binary(self.number(depth, room), ast.Mult(), self.number(depth, room))

    def _ratio(self, depth: int, room: Shape | None) -> ast.expr:
        return self.words.ratio(self.number(depth, room), self.number(depth, room))

    def _extreme(self, depth: int, room: Shape | None) -> ast.expr:
        word = self.words.maximum if self._rng.random() < 0.5 else self.words.minimum
        return word(self.number(depth, room), self.number(depth, room))

    def _curve(self, depth: int, room: Shape | None) -> ast.expr:
        return self._rng.choice(self.words.curves(self.number(depth, room)))

    def _choice(self, depth: int, room: Shape | None) -> ast.expr:
        return self.words.choice(self.test(0), self.number(depth, room), self.number(depth, room))

    def _foldable(self, room: Shape | None) -> list[Shape]:
        """Shapes of arrays in scope that spread to `room` once their last axis is folded."""
        shapes = [kind.shape for kind in self._names.values() if kind.numeric and kind.shape and kind.shape[-1] != "1"]
        return [shape for shape in dict.fromkeys(shapes) if shape and spreads((*shape[:-1], "1"), room)]

    def _fold(self, depth: int, room: Shape | None) -> ast.expr:
        shape = self._rng.choice(self._foldable(room))
        masks = [name for name, kind in self._names.items() if kind.base == "boolean" and kind.shape == shape]
        mask = self._rng.choice(masks) if masks and self._rng.random() < 0.8 else ""
        entry = build.name(
            self._rng.choice([n for n, kind in self._names.items() if kind.numeric and kind.shape == shape])
        )
        form = self._rng.random()
        if form < 0.2:  # how many, or what share
            entry = build.compare(entry, self._rng.choice(_COMPARISONS)(), self.leaf(shape))
            return self._rng.choice(self.words.folds(entry, mask)[:2])
        if form < 0.4 and depth > 0:
            entry = build.binary(entry, self._rng.choice((ast.Add, ast.Sub, ast.Mult))(), self.leaf(shape))
        return self._rng.choice(self.words.folds(entry, mask))
