"""The settings of a campaign, what each means and where it comes from."""

import ast
import inspect
import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from adrs.config import Resolved, Setting


@dataclass(frozen=True)
class Described:
    """One setting; its value is None where it is not set."""

    name: str
    value: Setting
    origin: str
    meaning: str

    def toml(self) -> str:
        """Return the setting as a line of TOML; commented out where it is not set."""
        if self.value is None:
            return f"# {self.name} ="
        if isinstance(self.value, dict):
            inner = ", ".join(f"{name} = {_toml(value)}" for name, value in self.value.items())
            return f"{self.name} = {{{inner}}}"
        return f"{self.name} = {_toml(self.value)}"


def settings(resolved: Resolved) -> list[Described]:
    """Return every setting; a problem that is empty is not set."""
    values = resolved.config.model_dump() | {"problem": resolved.config.problem or None}
    meant = _meanings(type(resolved.config))
    origins = {name: resolved.origins[name] if values[name] is not None else "not set" for name in values}
    return [Described(name, value, origins[name], meant[name]) for name, value in values.items()]


def _toml(value: float | str) -> str:
    """Return a value as TOML, which writes it as JSON does, but for two kinds of characters."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _meanings(model: type[BaseModel]) -> Mapping[str, str]:
    """Return the docstring under each field, on one line; empty where there is none."""
    found: dict[str, str] = dict.fromkeys(model.model_fields, "")
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            found |= _docstrings(base)
    return found


def _docstrings(model: type[BaseModel]) -> Mapping[str, str]:
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
            found[field.target.id] = " ".join(str(ast.literal_eval(after.value)).split())
    return found
