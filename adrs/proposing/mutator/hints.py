"""What a program says about its parameters: in annotations, in words, and by the use it makes of them."""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from adrs.proposing.mutator.kinds import BOOLEAN, CALLABLE, INTEGER, NUMBER, TEXT, UNKNOWN, Kind, list_of
from adrs.proposing.mutator.trees import walk

_WORDS: tuple[tuple[str, Kind], ...] = (
    (r"list|sequence|iterable", list_of(UNKNOWN)),
    (r"dict|mapping|set", UNKNOWN),
    (r"callable|function", CALLABLE),
    (r"str|string|text", TEXT),
    (r"bool|boolean|booleans|bool_|mask", BOOLEAN),
    (r"int|integer|integers|int32|int64|count|number of", INTEGER),
    (r"float|floats|float32|float64|number|numbers|real", NUMBER),
    (r"array|ndarray|matrix|vector|column", Kind("number", None)),
)
_FLAG = re.compile(r"(.*_)?mask|(is|has)_.*")
_SHAPE = re.compile(r"[(\[]\s*([A-Za-z]\w*|\d+)\s*((?:,\s*(?:[A-Za-z]\w*|\d+)\s*)*)(,?)\s*[)\]]")
_ARITHMETIC = (ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.Mod, ast.FloorDiv)
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def annotated(node: ast.expr | None) -> Kind:
    """Return the kind that an annotation such as `list[float]` or `np.ndarray` names."""
    if node is None:
        return UNKNOWN
    if isinstance(node, ast.Subscript) and _last_word(node.value) in {"list", "Sequence", "Iterable", "List"}:
        return list_of(annotated(node.slice))
    word = _last_word(node)
    return next((kind for pattern, kind in _WORDS if re.fullmatch(pattern, word, re.IGNORECASE)), UNKNOWN)


def _last_word(node: ast.expr) -> str:
    return re.split(r"\W", ast.unparse(node).split("[")[0])[-1]


@lru_cache(maxsize=256)
def described(text: str, names: tuple[str, ...]) -> Mapping[str, Kind]:
    """Return the kinds that `text` states for some of `names`.

    A statement is a name, or several with commas, followed by `:`, `(`, `|`, a dash, `is` or a word for a type, and
    then, on the same line and before the next such name, by a shape such as `(B, n)` or a word such as `bool`.
    """
    one = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    group = rf"(?<![\w.(])[`*]*(?:{one})[`*]*(?:\s*,\s*[`*]*(?:{one})[`*]*)*"
    head = re.compile(rf"({group})(?=\s*(?::|\(|\||\u2014|\u2013|-\s|is\s|are\s|\b(?:int|float|bool|array|list)\b))")
    found: dict[str, Kind] = {}
    for line in text.splitlines() if names else ():
        heads = list(head.finditer(line))
        ends = [*(after.start() for after in heads[1:]), len(line)]
        for this, end in zip(heads, ends, strict=False):
            kind = _stated(line[this.end() : end])
            for name in re.findall(rf"\b(?:{one})\b", this[1]):
                if kind != UNKNOWN:
                    found.setdefault(name, kind)
    return found


def _stated(text: str) -> Kind:
    shape = _SHAPE.search(text)
    plain = text[: shape.start()] + text[shape.end() :] if shape else text
    kind = min(
        (
            (match.start(), kind)
            for word, kind in _WORDS
            if (match := re.search(rf"\b(?:{word})\b", plain, re.IGNORECASE))
        ),
        key=lambda at: at[0],
        default=(0, UNKNOWN),
    )[1]
    if shape and (shape[2] or shape[3]):
        axes = (shape[1], *re.findall(r"\w+", shape[2]))
        return (kind if kind.base in {"integer", "boolean"} else NUMBER).shaped(axes)
    return kind


def used(function: ast.FunctionDef | ast.AsyncFunctionDef, *, arrays: bool) -> dict[str, Kind]:
    """Return the kinds of names that follow from their use: calculated with, compared, indexed, iterated, called."""
    found: dict[str, Kind] = {}
    for node in walk(function):
        for expression, kind in _demands(node):
            if isinstance(expression, ast.Name):
                _narrow(found, expression.id, kind)
            elif kind.numeric and isinstance(expression, ast.Subscript) and isinstance(expression.value, ast.Name):
                _narrow(found, expression.value.id, list_of(NUMBER))
    return {name: _spread(kind) if arrays else kind for name, kind in found.items()}


def _spread(kind: Kind) -> Kind:
    """Return what a use says where it may be of an array."""
    return kind if kind == CALLABLE else Kind("boolean" if kind == BOOLEAN else "number", None)


def _demands(node: ast.AST) -> Iterable[tuple[ast.expr, Kind]]:  # noqa: PLR0911 - one for each form
    match node:
        case ast.BinOp(left, op, right) if isinstance(op, _ARITHMETIC):
            return (left, NUMBER), (right, NUMBER)
        case ast.Compare(left, ops, others) if isinstance(ops[0], _ORDER):
            return [(operand, NUMBER) for operand in (left, *others)]
        case ast.Subscript(value, _) | ast.For(iter=value) | ast.comprehension(iter=value):
            return ((value, list_of(UNKNOWN)),)
        case ast.Call(ast.Name("len" | "sorted" | "enumerate"), [first, *_]):
            return ((first, list_of(UNKNOWN)),)
        case ast.Call(ast.Attribute(attr="where"), [first, _, _]) | ast.UnaryOp(ast.Invert(), first):
            return ((first, BOOLEAN),)
        case ast.Call(function, _):
            return ((function, CALLABLE),)
    return ()


def _narrow(found: dict[str, Kind], name: str, kind: Kind) -> None:
    if name not in found or found[name] == list_of(UNKNOWN):
        found[name] = kind


def parameters(
    function: ast.FunctionDef | ast.AsyncFunctionDef, texts: Iterable[str], *, arrays: bool
) -> dict[str, Kind]:
    """Return the kind of each parameter; the surest source first: annotation, docstring, `texts`, use.

    Args:
        function: Whose parameters.
        texts: Prose that may describe them, the nearest first.
        arrays: Whether the program works on arrays, so that an unknown parameter is likely a numeric one.
    """
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    names = tuple(argument.arg for argument in arguments)
    sources: list[Mapping[str, Kind]] = [{argument.arg: annotated(argument.annotation) for argument in arguments}]
    sources += [described(text, names) for text in (ast.get_docstring(function) or "", *texts)]
    kinds = {name: _surest(source.get(name, UNKNOWN) for source in sources) for name in names}
    if any(map(_vague, kinds.values())):
        uses = used(function, arrays=arrays)
        kinds = {
            name: _surest((kind, uses.get(name, UNKNOWN), _guess(name, arrays=arrays))) for name, kind in kinds.items()
        }
    return {name: replace(kind, borrowed=True) for name, kind in kinds.items()}


def _surest(kinds: Iterable[Kind]) -> Kind:
    """Return the first kind that says most."""
    stated = [kind for kind in kinds if kind != UNKNOWN]
    return next((kind for kind in stated if not _vague(kind)), stated[0] if stated else UNKNOWN)


def _vague(kind: Kind) -> bool:
    """Return whether a kind says less than it could: of an array without its shape, of a list without its elements."""
    return kind.shape is None or kind.parts == (UNKNOWN,)


def _guess(name: str, *, arrays: bool) -> Kind:
    """Return what a parameter is likely to be where nothing is said of it and the program works on arrays."""
    if not arrays or name == "self":
        return UNKNOWN
    return Kind("boolean" if _FLAG.fullmatch(name) else "number", None)
