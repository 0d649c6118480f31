"""A program: source text and what it is called by."""

import ast
import hashlib
import re
import warnings
from dataclasses import dataclass
from functools import cached_property, lru_cache

_MARKER = re.compile(r"^[ \t]*# EVOLVE-BLOCK-(START|END)\b.*$", re.MULTILINE)


def parse(source: str) -> ast.Module:
    """Return the syntax tree of `source`, silently (Python warns of odd escapes and comparisons otherwise).

    Raises:
        SyntaxError: It is no Python, or nested too deeply to be parsed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (ValueError, RecursionError, MemoryError) as error:  # null bytes, nesting
            raise SyntaxError(str(error) or type(error).__name__) from None


@lru_cache(maxsize=16)
def tree_of(source: str) -> ast.Module:
    """Return the syntax tree of `source`, as `parse`; shared by all who ask, who must leave it as it is.

    Raises:
        SyntaxError: As `parse`.
    """
    return parse(source)


@dataclass(frozen=True)
class Program:
    """Source text of a candidate; immutable, and ignorant of its scores."""

    source: str

    @classmethod
    def known(cls, source: str, meaning: str | None) -> "Program":
        """Return the program whose meaning was told before; None if it was not."""
        program = cls(source)
        if meaning is not None:
            vars(program)["meaning"] = meaning
        return program

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the source, in hexadecimal: the program's name in the archive."""
        return hashlib.sha256(self.source.encode(errors="surrogatepass")).hexdigest()

    @cached_property
    def meaning(self) -> str:
        """SHA-256 of the syntax tree without comments, layout and docstrings; the hash if it does not parse.

        Two programs of one meaning behave alike, so the second need not be evaluated.
        """
        try:
            return hashlib.sha256(_written_out(tree_of(self.source)).encode()).hexdigest()
        except (SyntaxError, ValueError):  # an integer of thousands of digits cannot be written out
            return self.hash

    @cached_property
    def size(self) -> int:
        """Number of nodes in the syntax tree; 0 if it does not parse."""
        try:
            return sum(1 for _ in ast.walk(tree_of(self.source)))
        except SyntaxError:
            return 0

    @cached_property
    def frozen(self) -> tuple[str, ...] | None:
        """The stretches outside the EVOLVE-BLOCK markers, markers included; None where there are no markers.

        Raises:
            ValueError: The markers do not alternate START, END, START, END …
        """
        marks = list(_MARKER.finditer(self.source))
        if not marks:
            return None
        if [mark[1] for mark in marks] != ["START", "END"] * (len(marks) // 2):
            raise ValueError("EVOLVE-BLOCK markers must alternate START and END")
        stretches, begin = [], 0
        for start, end in zip(marks[::2], marks[1::2], strict=True):
            stretches.append(self.source[begin : start.end()])
            begin = end.start()
        return (*stretches, self.source[begin:])

    def keeps(self, original: "Program") -> bool:
        """Return whether everything that `original` holds outside its markers stands here unchanged."""
        if original.frozen is None:
            return True
        try:
            return self.frozen == original.frozen
        except ValueError:
            return False


def _written_out(tree: ast.Module) -> str:
    """Return every node of a tree but its docstrings, parents first: different trees, different words."""
    words: list[str] = []
    left: list[object] = [tree]
    while left:
        node = left.pop()
        if isinstance(node, ast.AST):
            words.append(type(node).__name__)
            left.extend(_part(node, name) for name in reversed(node._fields))
        elif isinstance(node, list):
            words.append(f"[{len(node)}")
            left.extend(reversed(node))
        else:
            words.append(repr(node))
    return " ".join(words)


def _part(node: ast.AST, name: str) -> object:
    part = getattr(node, name, None)
    if name != "body" or not isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return part
    assert isinstance(part, list)
    return part if ast.get_docstring(node, clean=False) is None else part[1:] or [ast.Pass()]
