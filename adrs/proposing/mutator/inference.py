"""Kinds throughout a program: statement by statement, with the names that each one can use."""

import ast
from collections.abc import Callable, Sequence

from adrs.proposing.mutator.expressions import Expressions, Names, bind
from adrs.proposing.mutator.hints import annotated, parameters
from adrs.proposing.mutator.kinds import CALLABLE, TEXT, UNKNOWN, Kind, Mismatch, broadcast, joined
from adrs.proposing.mutator.trees import bodies, statements, walk

Function = ast.FunctionDef | ast.AsyncFunctionDef
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_ROUNDS = 2  # a loop's body is read again if it changes what is known where it begins


def imported(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name stands for: `np` for `numpy`, `sqrt` for `math.sqrt`."""
    modules = {}
    for node in statements(tree.body):
        if isinstance(node, ast.Import):
            modules.update({(alias.asname or alias.name.split(".")[0]): alias.name for alias in node.names})
        elif isinstance(node, ast.ImportFrom):
            modules.update({(alias.asname or alias.name): f"{node.module}.{alias.name}" for alias in node.names})
    return modules


class Inference:
    """What is known of every expression and statement of a program.

    Attributes:
        expressions: The kinds of expressions.
        names: Names in scope before each statement.
        returns: What each function returns, by its name.
    """

    def __init__(self, tree: ast.Module, texts: Sequence[str] = ()) -> None:
        """Read `tree`; `texts` is prose that may describe the parameters of its functions, the nearest first."""
        self.expressions = Expressions(imported(tree))
        self.names: dict[ast.stmt, Names] = {}
        self.returns: dict[str, Kind] = {}
        self._texts = texts
        self._arrays = "numpy" in self.expressions.modules.values()
        self._returned: list[Kind] = []
        self._body(tree.body, {**_bound(tree), "__name__": TEXT})

    @property
    def faults(self) -> list[str]:
        """What surely fails, in words."""
        return self.expressions.faults

    def _body(self, body: Sequence[ast.stmt], names: dict[str, Kind]) -> None:
        for statement in body:
            self.names[statement] = dict(names)
            rule = _RULES.get(type(statement))
            if rule is not None:
                rule(self, statement, names)
            else:
                self._other(statement, names)

    def _other(self, statement: ast.stmt, names: dict[str, Kind]) -> None:
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.expr):
                self.expressions.kind(child, names)
            elif isinstance(child, ast.withitem):
                self.expressions.kind(child.context_expr, names)
                bind(names, child.optional_vars or child.context_expr, UNKNOWN)
            elif isinstance(child, ast.ExceptHandler) and child.name:
                names[child.name] = UNKNOWN
        for body in bodies(statement):
            self._body(body, names)

    def _assign(self, statement: ast.Assign, names: dict[str, Kind]) -> None:
        kind = self.expressions.kind(statement.value, names)
        for target in statement.targets:
            self._store(target, kind, names)

    def _store(self, target: ast.expr, kind: Kind, names: dict[str, Kind]) -> None:
        if isinstance(target, ast.Subscript):
            owner = self.expressions.kind(target.value, names)
            self.expressions.kind(target.slice, names)
            if owner.array and owner.borrowed:
                self.faults.append("an argument is written to")
        else:
            bind(names, target, kind)

    def _annassign(self, statement: ast.AnnAssign, names: dict[str, Kind]) -> None:
        kind = self.expressions.kind(statement.value, names) if statement.value else UNKNOWN
        self._store(statement.target, kind if kind != UNKNOWN else annotated(statement.annotation), names)

    def _augassign(self, statement: ast.AugAssign, names: dict[str, Kind]) -> None:
        before = self.expressions.kind(statement.target, names)
        value = self.expressions.kind(statement.value, names)
        after = self.expressions.kind(ast.BinOp(statement.target, statement.op, statement.value), names)
        if before.array or (before.borrowed and not before.scalar):
            self._in_place(before, value, after)
        self._store(statement.target, before if before.array else after, names)

    def _in_place(self, before: Kind, value: Kind, after: Kind) -> None:
        try:
            grown = value.base != "unknown" and broadcast(before.shape, value.shape) != before.shape
        except Mismatch as error:
            self.faults.append(str(error))
            return
        if before.borrowed or grown or (before.base == "integer" and after.base == "number"):
            self.faults.append("an array is changed in place, and cannot be")

    def _if(self, statement: ast.If, names: dict[str, Kind]) -> None:
        self.expressions.test(statement.test, names)
        branches = []
        for body in (statement.body, statement.orelse):
            branch = dict(names)
            self._body(body, branch)
            if not (body and isinstance(body[-1], _LEAVES)):
                branches.append(branch)
        if branches:
            first, *others = branches
            merged = {
                name: joined(kind, *(o[name] for o in others)) for name, kind in first.items() if _in_all(name, others)
            }
            names.clear()
            names.update(merged)

    def _for(self, statement: ast.For, names: dict[str, Kind]) -> None:
        element = self.expressions.kind(statement.iter, names).element
        for _ in range(_ROUNDS):
            inner = dict(names)
            bind(inner, statement.target, element)
            self._body(statement.body, inner)
            if not _widened(names, inner):
                break
        self._body(statement.orelse, names)

    def _while(self, statement: ast.While, names: dict[str, Kind]) -> None:
        for _ in range(_ROUNDS):
            self.expressions.test(statement.test, names)
            inner = dict(names)
            self._body(statement.body, inner)
            if not _widened(names, inner):
                break
        self._body(statement.orelse, names)

    def _return(self, statement: ast.Return, names: dict[str, Kind]) -> None:
        if statement.value is not None:
            self._returned.append(self.expressions.kind(statement.value, names))

    def _function(self, function: Function, names: dict[str, Kind]) -> None:
        names[function.name] = CALLABLE
        local = _bound(function)
        inner = {name: kind for name, kind in names.items() if name not in local}
        inner.update(parameters(function, self._texts, arrays=self._arrays))
        inner.update((rest.arg, UNKNOWN) for rest in (function.args.vararg, function.args.kwarg) if rest)
        outer, self._returned = self._returned, []
        self._body(function.body, inner)
        kinds, self._returned = self._returned, outer
        self.returns[function.name] = joined(*kinds) if kinds else UNKNOWN
        self.expressions.functions[function.name] = self.returns[function.name]

    def _class(self, statement: ast.ClassDef, names: dict[str, Kind]) -> None:
        names[statement.name] = CALLABLE
        inner = dict(names)
        for part in statement.body:  # methods do not see the names of the class
            self._body([part], dict(names) if isinstance(part, Function) else inner)

    def _import(self, statement: ast.Import | ast.ImportFrom, names: dict[str, Kind]) -> None:
        """Imports were read beforehand."""


def _bound(scope: Function | ast.Module) -> dict[str, Kind]:
    """Return the names that a scope gives a value to anywhere, without those of the scopes inside it."""
    names: dict[str, Kind] = {}
    for node in walk(scope, into=False):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names[node.id] = UNKNOWN
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node is not scope:
            names[node.name] = CALLABLE
    return names


def _in_all(name: str, branches: Sequence[Names]) -> bool:
    return all(name in branch for branch in branches)


def _widened(names: dict[str, Kind], after: Names) -> bool:
    """Note that the names may hold what they hold after a loop's body; return whether that is news."""
    changed = {name: joined(kind, after[name]) for name, kind in names.items() if after.get(name, kind) != kind}
    names.update(changed)
    return bool(changed)


_RULES: dict[type[ast.stmt], Callable[..., None]] = {
    ast.Assign: Inference._assign,
    ast.AnnAssign: Inference._annassign,
    ast.AugAssign: Inference._augassign,
    ast.If: Inference._if,
    ast.For: Inference._for,
    ast.AsyncFor: Inference._for,
    ast.While: Inference._while,
    ast.Return: Inference._return,
    ast.FunctionDef: Inference._function,
    ast.AsyncFunctionDef: Inference._function,
    ast.ClassDef: Inference._class,
    ast.Import: Inference._import,
    ast.ImportFrom: Inference._import,
}
