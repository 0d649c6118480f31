"""A draft: a program taken apart, with the places in it that can be changed."""

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from adrs.program import Program, parse
from adrs.proposing.mutator.inference import Function, Inference
from adrs.proposing.mutator.kinds import Kind, same
from adrs.proposing.mutator.sites import Site, sites_of
from adrs.proposing.mutator.trees import bodies, walk

_KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Global, ast.Nonlocal)


@dataclass(frozen=True)
class Line:
    """A statement that can be changed, moved or taken out.

    Attributes:
        statement: The statement.
        body: The list of statements that holds it.
        function: The function that it is part of; None at the top level.
        repeated: Whether it is inside a `while`, so that the loop's end may depend on it.
    """

    statement: ast.stmt
    body: list[ast.stmt]
    function: Function | None
    repeated: bool

    @property
    def place(self) -> int:
        """Where in the body it stands."""
        return self.body.index(self.statement)


class Draft:
    """A program's syntax tree, to be changed in place; what is known of it holds until the first change.

    Attributes:
        program: The program that it was taken from.
        tree: Its syntax tree.
        texts: Prose that may describe the parameters of its functions, the nearest first.
    """

    def __init__(self, program: Program, texts: Sequence[str] = (), tree: ast.Module | None = None) -> None:
        """Take `program` apart; `tree` is its tree if that was changed already.

        Raises:
            SyntaxError: It is no Python.
        """
        self.program = program
        self.texts = texts
        self.tree = tree or parse(program.source)
        self.inference = Inference(self.tree, texts)

    def again(self) -> "Draft":
        """Return a draft of the same tree, to be made after each change."""
        return Draft(self.program, self.texts, self.tree)

    def breaks(self, original: "Draft") -> bool:
        """Return whether something surely fails here that did not in `original`, or a function returns another kind."""
        if not set(self.inference.faults) <= set(original.inference.faults):
            return True
        wanted = original.inference.returns
        return not all(same(kind, wanted.get(name, kind)) for name, kind in self.inference.returns.items())

    @cached_property
    def modules(self) -> dict[str, str]:
        """The name under which each module was imported: `numpy` as `np`."""
        return {module: name for name, module in self.inference.expressions.modules.items()}

    @cached_property
    def lines(self) -> list[Line]:
        """The statements that can be changed, in their order."""
        found = self._lines(self.tree.body, None, repeated=False)
        return [line for line in found if not isinstance(line.statement, _KEPT) and not _documents(line)]

    def _lines(self, body: list[ast.stmt], function: Function | None, *, repeated: bool) -> Iterator[Line]:
        for statement in body:
            if self._open(statement):
                yield Line(statement, body, function, repeated)
            inner = statement if isinstance(statement, Function) else function
            loop = repeated or isinstance(statement, ast.While)
            for block in bodies(statement):
                yield from self._lines(block, inner, repeated=loop)

    def _open(self, statement: ast.stmt) -> bool:
        """Return whether a statement begins where changes are allowed."""
        number = getattr(statement, "lineno", None)
        return number is None or any(first <= number < last for first, last in self._stretches)

    @cached_property
    def _stretches(self) -> list[tuple[int, int]]:
        return stretches(self.program)

    @cached_property
    def sites(self) -> list[Site]:
        """The expressions that can be replaced, in their order."""
        inference = self.inference
        return [site for line in self.lines for site in sites_of(line.statement, function_name(line), inference)]

    @cached_property
    def given(self) -> frozenset[str]:
        """Names that have a value everywhere: imports and builtins."""
        return frozenset(self.modules.values()) | frozenset(dir(builtins))

    @cached_property
    def indices(self) -> list[str]:
        """Names that the program indexes with."""
        return list(dict.fromkeys(node.slice.id for node in self._subscripts if isinstance(node.slice, ast.Name)))

    @cached_property
    def indexed(self) -> frozenset[str]:
        """Names that the program indexes."""
        return frozenset(node.value.id for node in self._subscripts if isinstance(node.value, ast.Name))

    @cached_property
    def _subscripts(self) -> list[ast.Subscript]:
        return [node for node in walk(self.tree) if isinstance(node, ast.Subscript)]

    def numeric(self) -> list[Site]:
        """The places where a number, or an array of them, is asked for."""
        return [site for site in self.sites if site.role == "number"]

    def kind(self, node: ast.expr) -> Kind:
        return self.inference.expressions.kinds[node]


def function_name(line: Line) -> str:
    """Return the function that a line stands in, in words."""
    return line.function.name if line.function else "the top level"


def _documents(line: Line) -> bool:
    statement = line.statement
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def stretches(program: Program) -> list[tuple[int, int]]:
    """Return the ranges of line numbers that may change, last line excluded; all lines where nothing is marked."""
    try:
        frozen = program.frozen
    except ValueError:
        frozen = None
    if frozen is None:
        return [(1, program.source.count("\n") + 2)]
    ranges, at = [], 0
    for before, after in pairwise(frozen):
        first = at + len(before)
        at = program.source.index(after, first)
        ranges.append((1 + program.source.count("\n", 0, first), 1 + program.source.count("\n", 0, at)))
    return ranges
