"""Syntax trees: walked and compared quickly, since every child is, many times."""

import ast
from collections.abc import Collection, Iterator

_EMPTY = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)  # nodes without children
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right below `node` in their order, without those that only name an operator or a context."""
    found: list[ast.AST] = []
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST) and not isinstance(value, _EMPTY):
            found.append(value)
    return found


def walk(node: ast.AST, *, into: bool = True) -> Iterator[ast.AST]:
    """Yield `node` and all below it, each before what is below it; `into` tells whether scopes below it are entered."""
    waiting = [node]
    while waiting:
        this = waiting.pop()
        yield this
        if into or this is node or not isinstance(this, SCOPES):
            waiting += reversed(children(this))


def alike(a: object, b: object) -> bool:
    """Return whether two trees, or two lists or values in trees, say the same."""
    if a.__class__ is not b.__class__:
        return False
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, ast.AST):
        return all(alike(getattr(a, field, None), getattr(b, field, None)) for field in a._fields)
    return a == b


def bodies(statement: ast.AST) -> list[list[ast.stmt]]:
    """Return the lists of statements inside a statement, in their order."""
    lists = [getattr(statement, field, []) for field in ("body", "orelse", "finalbody")]
    lists += [branch.body for branch in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ()))]
    return [body for body in lists if isinstance(body, list) and body]


def statements(body: Collection[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of `body` and all inside them."""
    for statement in body:
        yield statement
        for inner in bodies(statement):
            yield from statements(inner)


def free_names(node: ast.AST) -> list[str]:
    """Return the names that `node` reads and does not give a value to itself, in their order."""
    inner = list(walk(node))
    own = {part.arg for part in inner if isinstance(part, ast.arg)}
    own |= {part.id for part in inner if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    used = [part.id for part in inner if isinstance(part, ast.Name)]
    return [name for name in dict.fromkeys(used) if name not in own]


def stored(node: ast.AST) -> list[str]:
    """Return the names that `node` gives a value to, in their order."""
    names = [part.id for part in walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]
    return list(dict.fromkeys(names))


def words(tree: ast.AST) -> set[str]:
    """Return the names that a program uses for variables, parameters, functions and classes."""
    names = (getattr(node, field, None) for node in walk(tree) for field in ("id", "arg", "name"))
    return {name for name in names if isinstance(name, str)}
