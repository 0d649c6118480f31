"""A changed tree back to source: what was not changed keeps its layout and its comments."""

import ast
import textwrap
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from adrs.program import parse
from adrs.proposing.mutator.trees import alike, bodies

_BLOCKS = frozenset({"body", "orelse", "finalbody", "handlers", "cases"})
_MARKER = "# EVOLVE-BLOCK-"


class _Cut(NamedTuple):
    """Lines to take out, counted from 1, the last one included, and what comes in their place."""

    first: int
    last: int
    lines: list[str]


def rendered(source: str, tree: ast.Module) -> str:
    """Return the source of `tree`, which was parsed from `source` and then changed in place.

    Only statements that differ are written anew; one that was moved takes the comments above it along.
    """
    renderer = _Renderer(source.split("\n"))
    return "\n".join(_applied(renderer.lines, renderer.cuts(parse(source).body, tree.body)))


def _applied(lines: Sequence[str], cuts: Iterable[_Cut]) -> list[str]:
    result = list(lines)
    for cut in sorted(cuts, reverse=True):
        result[cut.first - 1 : cut.last] = cut.lines
    return result


class _Renderer:
    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def cuts(self, old: list[ast.stmt], new: list[ast.stmt]) -> list[_Cut]:
        """Return the cuts after which the statements `old` of one list read as `new`."""
        if _crowded(old):
            return [_Cut(old[0].lineno, _end(old[-1]), self._run(old, [], new))]
        begin = _alike(old, new)
        end = _alike(old[begin:][::-1], new[begin:][::-1])
        before, after = old[begin : len(old) - end], new[begin : len(new) - end]
        if [_line(was) for was in before] == [_line(now) for now in after]:
            return [cut for was, now in zip(before, after, strict=True) for cut in self._pair(was, now)]
        if not before:
            place = self._gap(old, begin)
            return [_Cut(place, place - 1, self._run(old, before, after))]
        first = before[0].lineno - len(self._comments(before[0]))
        return [_Cut(first, _end(before[-1]), self._run(old, before, after))]

    def _pair(self, was: ast.stmt, now: ast.stmt) -> list[_Cut]:
        """Return the cuts after which `was` reads as `now`, which stands in its place."""
        if alike(was, now):
            return []
        blocks, changed = bodies(was), bodies(now)
        if (
            blocks
            and len(blocks) == len(changed)
            and alike(_shell(was), _shell(now))
            and blocks[0][0].lineno > was.lineno
        ):
            return [cut for pair in zip(blocks, changed, strict=True) for cut in self.cuts(*pair)]
        return [_Cut(was.lineno, _end(was), self._written(now, was))]

    def _run(self, old: Sequence[ast.stmt], before: Sequence[ast.stmt], after: Sequence[ast.stmt]) -> list[str]:
        """Return the lines of the statements `after`, some of which may be among `before`."""
        known = {was.lineno: was for was in before}
        run: list[str] = []
        for now in after:
            was = known.get(_line(now) or 0)
            run += [*self._comments(was), *self._text(was, now)] if was else self._written(now, old[0])
        return run

    def _text(self, was: ast.stmt, now: ast.stmt) -> list[str]:
        changed = _applied(self.lines, self._pair(was, now))
        return changed[was.lineno - 1 : _end(was) + len(changed) - len(self.lines)]

    def _written(self, statement: ast.stmt, sibling: ast.stmt) -> list[str]:
        line = self.lines[sibling.lineno - 1]
        margin = line[: len(line) - len(line.lstrip())]
        return textwrap.indent(ast.unparse(statement), margin).split("\n")

    def _comments(self, statement: ast.stmt) -> list[str]:
        """Return the lines of comments right above a statement, markers excepted."""
        first = statement.lineno - 1
        while first > 0 and self.lines[first - 1].lstrip().startswith("#") and _MARKER not in self.lines[first - 1]:
            first -= 1
        return self.lines[first : statement.lineno - 1]

    def _gap(self, old: Sequence[ast.stmt], place: int) -> int:
        """Return the line before which to insert between `old[place - 1]` and `old[place]`: within the markers."""
        if place == 0:
            return old[0].lineno
        after = _end(old[place - 1])
        if place == len(old):
            return after + 1
        starts = any(f"{_MARKER}START" in line for line in self.lines[after : old[place].lineno - 1])
        return old[place].lineno if starts else after + 1


def _line(statement: ast.stmt) -> int | None:
    return getattr(statement, "lineno", None)


def _end(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def _crowded(body: Sequence[ast.stmt]) -> bool:
    """Return whether two statements share a line, so that they cannot be told apart by lines."""
    return any(_end(one) >= other.lineno for one, other in pairwise(body))


def _alike(old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> int:
    """Return how many statements are the same from the beginning."""
    count = 0
    for was, now in zip(old, new, strict=False):
        if was.lineno != _line(now) or not alike(was, now):
            break
        count += 1
    return count


def _shell(statement: ast.stmt) -> list[object]:
    """Return what a statement says itself, without the statements inside it."""
    return [value for field, value in ast.iter_fields(statement) if field not in _BLOCKS]
