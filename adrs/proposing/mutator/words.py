"""The vocabulary: functions that do not fail on ordinary numbers, by what the program imports."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from adrs.proposing.mutator import build

_STEEP = 30.0  # exp of more is of no use to a score, and soon overflows
_FAR = 1e18  # stands for infinity where a minimum is taken of nothing
_FOLDS = ("sum", "mean", "max", "min")


@dataclass(frozen=True)
class Words:
    """Safe functions for the arrays, or the numbers, of one program.

    Attributes:
        numpy: The name under which the program imports numpy; empty where it does not.
        math: The same for `math`.
        arrays: Whether the functions must work on arrays.
    """

    numpy: str
    math: str
    arrays: bool

    @classmethod
    def of(cls, modules: Mapping[str, str], *, arrays: bool) -> "Words":
        """Return the vocabulary of a program with these imports (`numpy` to `np`)."""
        numpy = modules.get("numpy", "")
        return cls(numpy, modules.get("math", ""), arrays and bool(numpy))

    def maximum(self, a: ast.expr, b: ast.expr) -> ast.expr:
        return build.call(f"{self.numpy}.maximum" if self.arrays else "max", a, b)

    def minimum(self, a: ast.expr, b: ast.expr) -> ast.expr:
        return build.call(f"{self.numpy}.minimum" if self.arrays else "min", a, b)

    def absolute(self, a: ast.expr) -> ast.expr:
        return build.call(f"{self.numpy}.abs" if self.arrays else "abs", a)

    def choice(self, test: ast.expr, a: ast.expr, b: ast.expr) -> ast.expr:
        """Return `a` where `test` holds and `b` elsewhere."""
        return build.call(f"{self.numpy}.where", test, a, b) if self.arrays else ast.IfExp(test, a, b)

    def ratio(self, a: ast.expr, b: ast.expr) -> ast.expr:
        """Return `a / b`, with `b` kept away from 0."""
        return build.binary(a, ast.Div(), self.guarded(b))

    def guarded(self, divisor: ast.expr) -> ast.expr:
        """Return something like `divisor` that is never 0."""
        value = build.literal(divisor)
        if value or self.positive(divisor):
            return divisor
        return self.maximum(divisor, build.number(1.0))

    def positive(self, node: ast.expr) -> bool:
        """Return whether `node` is the larger of something and a positive literal."""
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in {f"{self.numpy}.maximum", "max"}:
            return False
        return any((build.literal(argument) or 0) > 0 for argument in node.args)

    def curves(self, a: ast.expr) -> list[ast.expr]:
        """Return functions of `a` that bend it: root, logarithm, exponential, square, saturation."""
        size, power = self.absolute(a), self.numpy or self.math
        bent: list[ast.expr] = [
            build.binary(a, ast.Mult(), build.clone(a)),
            build.binary(a, ast.Div(), build.binary(build.number(1.0), ast.Add(), size)),
        ]
        if power:
            bent.append(build.call(f"{power}.exp", self.minimum(a, build.number(_STEEP))))
            bent.append(build.call(f"{power}.exp", ast.UnaryOp(ast.USub(), size)))
            bent += [build.call(f"{power}.log1p", size), build.call(f"{power}.sqrt", size)]
        return bent

    def folds(self, a: ast.expr, mask: str) -> list[ast.expr]:
        """Return sum, mean, maximum and minimum of `a` along its last axis, which is kept with length 1.

        Args:
            a: An array.
            mask: Name of a boolean array of the same shape that says which entries count; empty for all.
        """
        start = {"max": build.number(-_FAR), "min": build.number(_FAR)}
        folded: list[ast.expr] = []
        for fold in _FOLDS:
            keywords = {"axis": build.number(-1), "keepdims": ast.Constant(value=True)}
            if mask:
                keywords["where"] = build.name(mask)
                keywords.update({"initial": start[fold]} if fold in start else {})
            folded.append(build.call(f"{self.numpy}.{fold}", build.clone(a), **keywords))
        return folded
