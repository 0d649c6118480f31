"""Edits of statements: moved, taken out, repeated; variables introduced and dissolved."""

import ast
import copy
from collections.abc import Collection
from itertools import count
from random import Random

from adrs.proposing.mutator import build
from adrs.proposing.mutator.draft import Draft, Line, function_name
from adrs.proposing.mutator.grow import Grower
from adrs.proposing.mutator.terms import put
from adrs.proposing.mutator.trees import stored, walk, words

_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break, ast.Pass)
_UPDATES = (ast.Add, ast.Sub, ast.Mult)


def swap(draft: Draft, rng: Random) -> str | None:
    """Exchange two neighbours of which one needs what the other changes."""
    pairs = [
        (line, follower) for line in _movable(draft) if (follower := _follower(draft, line)) and _tied(line, follower)
    ]
    if not pairs:
        return None
    first, second = rng.choice(pairs)
    place = first.place
    first.body[place : place + 2] = [second.statement, first.statement]
    return f"exchanged {build.shown(first.statement)} and {build.shown(second.statement)} in {function_name(first)}"


def remove(draft: Draft, rng: Random) -> str | None:
    """Take out a statement."""
    lines = [line for line in _movable(draft) if len(line.body) > 1]
    if not lines:
        return None
    line = rng.choice(lines)
    line.body.remove(line.statement)
    return f"took out {build.shown(line.statement)} in {function_name(line)}"


def unwrap(draft: Draft, rng: Random) -> str | None:
    """Replace an `if` by one of its branches."""
    lines = [line for line in draft.lines if isinstance(line.statement, ast.If) and not line.repeated]
    if not lines:
        return None
    line = rng.choice(lines)
    assert isinstance(line.statement, ast.If)
    branch = rng.choice([body for body in (line.statement.body, line.statement.orelse) if body])
    line.body[line.place : line.place + 1] = branch
    return f"replaced `if {ast.unparse(line.statement.test)}` by one of its branches in {function_name(line)}"


def repeat(draft: Draft, rng: Random) -> str | None:
    """Do once more what changes a variable by way of its own value."""
    lines = [line for line in _movable(draft) if _accumulates(line.statement)]
    if not lines:
        return None
    line = rng.choice(lines)
    line.body.insert(line.place, copy.deepcopy(line.statement))
    return f"repeated {build.shown(line.statement)} in {function_name(line)}"


def adjust(draft: Draft, rng: Random) -> str | None:
    """Change a numeric variable after it was given its value, or, for scalars, under a condition."""
    sites = [site for site in draft.numeric() if isinstance(site.owner, ast.Assign) and not site.demand.whole]
    named = [(site, target) for site in sites if (target := _variable(site.owner))]
    if not named:
        return None
    site, target = rng.choice(named)
    line = next(line for line in draft.lines if line.statement is site.statement)
    grower = Grower(draft, site, rng)
    value = build.binary(build.name(target), rng.choice(_UPDATES)(), grower.number(1))
    statement: ast.stmt = build.assign(target, value)
    if site.room == () and rng.random() < 0.5:
        statement = ast.If(grower.test(0), [statement], [])
    line.body.insert(line.place + 1, statement)
    return f"added {build.shown(statement)} in {site.function}"


def introduce(draft: Draft, rng: Random) -> str | None:
    """Name a numeric expression, and use the name in another place of the same statement as well."""
    sites = [site for site in draft.numeric() if isinstance(site.node, ast.BinOp | ast.Call | ast.IfExp)]
    sites = [site for site in sites if site.names is draft.inference.names[site.statement]]
    if not sites:
        return None
    site = rng.choice(sites)
    uses = [
        o for o in draft.numeric() if o.statement is site.statement and o.takes(site.kind) and _apart(o.node, site.node)
    ]
    if not uses:
        return None
    variable, use = fresh("term", words(draft.tree) | draft.given), rng.choice(uses)
    line = next(line for line in draft.lines if line.statement is site.statement)
    line.body.insert(line.place, build.assign(variable, site.node))
    site.put(build.name(variable))
    vocabulary = Grower(draft, use, rng).words
    forms = [
        build.binary(use.node, rng.choice(_UPDATES)(), build.name(variable)),
        vocabulary.maximum(use.node, build.name(variable)),
    ]
    return f"named {build.shown(site.node)} `{variable}` and {put(draft, use, rng.choice(forms))}"


def dissolve(draft: Draft, rng: Random) -> str | None:
    """Write a variable's value where the variable stands, and drop the variable."""
    lines = [line for line in _movable(draft) if _dissolvable(draft, line)]
    if not lines:
        return None
    line = rng.choice(lines)
    assert isinstance(line.statement, ast.Assign)
    target = line.statement.targets[0]
    assert isinstance(target, ast.Name)
    written = _Written(target.id, line.statement.value)
    for statement in line.body[line.place + 1 :]:
        written.visit(statement)
    line.body.remove(line.statement)
    return f"dissolved `{target.id}` in {function_name(line)}"


class _Written(ast.NodeTransformer):
    def __init__(self, name: str, value: ast.expr) -> None:
        self._name = name
        self._value = value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return build.clone(self._value) if node.id == self._name else node


def fresh(stem: str, taken: Collection[str]) -> str:
    """Return a name that is not taken: `stem`, or `stem` and a number."""
    names = (f"{stem}{number}" for number in count(2))
    return stem if stem not in taken else next(name for name in names if name not in taken)


def _movable(draft: Draft) -> list[Line]:
    return [
        line for line in draft.lines if line.function and not line.repeated and not isinstance(line.statement, _ENDS)
    ]


def _follower(draft: Draft, line: Line) -> Line | None:
    after = line.body[line.place + 1 : line.place + 2]
    return next((other for other in _movable(draft) if after and other.statement is after[0]), None)


def _tied(line: Line, other: Line) -> bool:
    one, two = line.statement, other.statement
    return not (_read(two).isdisjoint(stored(one)) and _read(one).isdisjoint(stored(two)))


def _read(statement: ast.stmt) -> set[str]:
    names = {node.id for node in walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return names | (set(stored(statement)) if isinstance(statement, ast.AugAssign) else set())


def _accumulates(statement: ast.stmt) -> bool:
    simple = isinstance(statement, ast.Assign | ast.AugAssign)
    return simple and not _read(statement).isdisjoint(stored(statement))


def _dissolvable(draft: Draft, line: Line) -> bool:
    """Return whether a numeric variable has one value, made of names that keep theirs while it is used."""
    statement, after = line.statement, line.body[line.place + 1 :]
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name) or line.function is None:
        return False
    if not draft.kind(statement.value).numeric:
        return False
    name = statement.targets[0].id
    changed = {name for later in after for name in stored(later)}
    reads = [node for node in walk(line.function) if isinstance(node, ast.Name) and node.id == name]
    uses = sum(isinstance(node, ast.Name) and node.id == name for later in after for node in walk(later))
    return 1 <= uses <= 3 and len(reads) == uses + 1 and not changed & {name, *_read(statement)}


def _apart(node: ast.expr, other: ast.expr) -> bool:
    """Return whether neither expression holds the other."""
    return all(part is not other for part in walk(node)) and all(part is not node for part in walk(other))


def _variable(node: ast.AST) -> str:
    """Return the variable that a statement gives its value to; empty if it does no such thing."""
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) else ""
