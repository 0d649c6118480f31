"""Every word that a model is told, rendered from the templates in `prompts/`.

A template sees a `Context` and formats it with the filters below; it holds the words, this module only figures.
"""

import difflib
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from statistics import fmean

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError

from adrs.errors import ConfigError
from adrs.evaluation import Result
from adrs.problem import Objective, Problem
from adrs.program import Program
from adrs.resources import folder as shipped
from adrs.trial import Parents

_SECTIONS = ("parents", "inspirations", "failed", "hints", "ask")
"""The first message, in order: what is the same for every trial comes first."""


@dataclass(frozen=True)
class Context:
    """What the first prompt of a trial is made of.

    Attributes:
        problem: What is to be improved.
        parents: What the trial learns from.
        references: Scores of known programs by name, on the instances that the parents were scored on.
        hints: What the user wants to be tried.
    """

    problem: Problem
    parents: Parents
    references: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    hints: Sequence[str] = ()


@dataclass(frozen=True)
class ClassMeans:
    """What a program achieved on one class of instances.

    Attributes:
        group: The class.
        instances: How many there are of it.
        means: The mean of every raw figure over them.
    """

    group: str
    instances: int
    means: Mapping[str, float]


class Prompts:
    """The templates, rendered to text.

    The layout lets a provider's prefix cache hit: `system` is the same for every problem, and `user` begins with
    what is the same for every trial.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Take the templates that lie in `folder`, and the shipped ones for the rest."""
        if folder is not None and not folder.is_dir():
            raise ConfigError(
                f"the folder of prompts {str(folder)!r} does not exist", "Create it, or drop the setting."
            )
        self._templates = Environment(
            loader=FileSystemLoader([path for path in (folder, shipped("prompts")) if path]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            autoescape=False,  # a prompt is no HTML
        )
        self._rendered: tuple[Problem, Mapping[str, Mapping[str, float]], str] | None = None
        self._templates.filters.update(
            number=number,
            scores=scores,
            ranking=ranking,
            fenced=fenced,
            clipped=clipped,
            changes=changes,
            classes=classes,
        )

    @property
    def hash(self) -> str:
        """SHA-256 of all templates that are used."""
        digest = hashlib.sha256()
        for name in self._templates.list_templates(extensions=["j2"]):
            assert self._templates.loader is not None
            source = self._templates.loader.get_source(self._templates, name)[0]
            digest.update(f"{name}\n{len(source)}\n{source}".encode())
        return digest.hexdigest()

    def system(self) -> str:
        """Return who the model is and how it is to answer."""
        return self._system

    @cached_property
    def _system(self) -> str:
        return self._render("system.md.j2").strip()

    def user(self, context: Context) -> str:
        """Return the problem, then what this trial is about."""
        changing = (self._render(f"{name}.md.j2", **vars(context)).strip() for name in _SECTIONS)
        return "\n\n".join(section for section in (self._task(context), *changing) if section)

    def stable(self, context: Context) -> int:
        """Return how many characters at the beginning of `user(context)` are the same for every trial."""
        return len(self._task(context))

    def _task(self, context: Context) -> str:
        """Return the part that follows from the problem and its references alone; rendered when these change."""
        known = self._rendered
        if known is None or known[0] is not context.problem or known[1] is not context.references:
            text = self._render("task.md.j2", problem=context.problem, references=context.references).strip()
            known = self._rendered = context.problem, context.references, text
        return known[2]

    def repair(self, problem: Problem, message: str) -> str:
        """Return what a model is told whose edit could not be applied because of `message`."""
        return self._render("repair.md.j2", problem=problem, message=message).strip()

    def _render(self, name: str, **values: object) -> str:
        try:
            return self._templates.get_template(name).render(**values)
        except TemplateSyntaxError as error:
            where = f"line {error.lineno} of the prompt template {error.name!r}"
            raise ConfigError(f"{where} is broken: {error.message}", "Mend the line; templates are Jinja.") from error
        except TemplateError as error:
            raise ConfigError(
                f"the prompt template {name!r} cannot be rendered: {error}",
                "See README.md beside the shipped templates for the values that they may name.",
            ) from error


def number(value: float) -> str:
    """Return a figure to six digits, without an exponent where it is large."""
    return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"


def scores(values: Mapping[str, float], objectives: Iterable[Objective]) -> str:
    """Return the value of each of the objectives with its unit, in their order."""
    known = [objective for objective in objectives if objective.name in values]
    return ", ".join(f"{each.name} = {number(values[each.name])} {each.unit}".rstrip() for each in known)


def ranking(objectives: Sequence[Objective]) -> list[Objective]:
    """Return the objectives that decide between programs: the leading one, and those with a bound."""
    return [objective for objective in objectives if objective is objectives[0] or objective.bound is not None]


def fenced(text: str, language: str = "") -> str:
    """Return `text` in a fence that no line of it can close."""
    ticks = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`+", text))])
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"


def clipped(text: str, characters: int) -> str:
    """Return `text` without its middle if it is longer than `characters`."""
    half = characters // 2
    return text if len(text) <= characters else f"{text[:half]}\n[…]\n{text[-half:]}"


def changes(program: Program, parent: Program, lines: int = 60) -> str:
    """Return what turned `parent` into `program`, as a unified diff of at most `lines` lines."""
    was, now = parent.source.splitlines(), program.source.splitlines()
    diff = list(islice(difflib.unified_diff(was, now, lineterm="", n=2), 2, None))
    return "\n".join(diff if len(diff) <= lines else [*diff[:lines], "[…]"])


def classes(results: Iterable[Result]) -> list[ClassMeans]:
    """Return the means per class of instances, in order of appearance."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.group, []).append(result)
    return [ClassMeans(group, len(members), _means(members)) for group, members in groups.items()]


def _means(results: Sequence[Result]) -> dict[str, float]:
    shared = [name for name in results[0].scores if all(name in result.scores for result in results)]
    return {name: fmean(result.scores[name] for result in results) for name in shared}
