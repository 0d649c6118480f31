"""Problem folders of OpenEvolve and SkyDiscover, read as they lie; nothing in them is imported or run here."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from adrs.errors import PackError
from adrs.foreign import configuration
from adrs.foreign.configuration import Config
from adrs.foreign.requirements import packages

Kind = Literal["function", "script"]
STAGES = ("evaluate_stage1", "evaluate_stage2", "evaluate_stage3")

_EVALUATORS: tuple[tuple[str, Kind], ...] = (
    ("evaluate.sh", "script"),
    ("evaluator.py", "function"),
    ("evaluator/evaluate.sh", "script"),
    ("eval/evaluate.sh", "script"),
    ("evaluator/evaluator.py", "function"),
    ("eval/evaluator.py", "function"),
)
_LEFT_OUT = {"__pycache__", ".git", ".venv", "node_modules", "openevolve_output"}
_MODE_FIRST = re.compile(r"""MODE=["']?\$\{?1|(?:PROGRAM|SOLUTION|CANDIDATE)\w*=["']?\$\{?2""", re.IGNORECASE)
_FAR = 1e100
_LONGEST_README = 8000
_MEMORY_MB = 4096


@dataclass(frozen=True)
class Settings:
    """How the evaluator of a foreign problem is run.

    Attributes:
        kind: `function`: a module with `evaluate(program_path)`. `script`: an `evaluate.sh` that prints JSON.
        file: The module or script, relative to the problem's folder.
        mode_first: Whether the script takes its mode before the program's path, as it did in SkyDiscover's first form.
        stages: Functions of the cascade, in order; empty where the whole is evaluated at once.
        thresholds: What each stage but the last must reach before the next one is run.
        seconds: The longest time for one stage.
        arguments: Further keyword arguments of `evaluate`.
        features: Metrics that do not count as a score where there is no `combined_score`.
        packages: What must be installed, as a requirements file says it.
    """

    kind: Kind
    file: str
    mode_first: bool
    stages: tuple[str, ...]
    thresholds: tuple[float, ...]
    seconds: float
    arguments: dict[str, Any]
    features: tuple[str, ...]
    packages: tuple[str, ...]


@dataclass(frozen=True)
class Foreign:
    """A foreign problem.

    Attributes:
        pack: What its `problem.toml` would hold, if it had one.
        statement: What a model is told.
        seed: The source of its first program.
        settings: How it is evaluated.
    """

    pack: dict[str, Any]
    statement: str
    seed: str
    settings: Settings


def is_foreign(folder: Path) -> bool:
    """Return whether `folder` looks like a problem of OpenEvolve or SkyDiscover."""
    return not (folder / "problem.toml").is_file() and _evaluator(folder) is not None


def read(folder: Path) -> Foreign:
    """Return the problem in `folder`, which must look foreign.

    Raises:
        PackError: It cannot be used; the message says what is wrong.
    """
    folder = folder.resolve()
    config, seed = configuration.load(folder), _seed(folder)
    settings = _settings(folder, config)
    statement = _statement(folder, config, settings)
    return Foreign(_pack(folder, config, settings, seed), statement, seed, settings)


def files(folder: Path) -> Iterator[Path]:
    """Yield the files that make up a foreign problem, in order; not what earlier runs have left there."""
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.is_file() and not _LEFT_OUT & set(inner.parts) and not _of_a_run(folder, inner):
            yield path


def _of_a_run(folder: Path, inner: Path) -> bool:
    marks = ("archive.db", "archive.url")
    return (
        any((folder / parent / mark).is_file() for parent in inner.parents for mark in marks)
        or inner.name == "unsealed.jsonl"
    )


def _evaluator(folder: Path) -> tuple[str, Kind] | None:
    return next(((file, kind) for file, kind in _EVALUATORS if (folder / file).is_file()), None)


# --- what lies in the folder


def _seed(folder: Path) -> str:
    path = folder / "initial_program.py"
    if path.is_file():
        return _text(path)
    others = sorted(each.name for each in folder.glob("initial_*") if each.is_file())
    if others:
        raise PackError(f"the seed of {str(folder)!r} is {others[0]}", "Only Python programs can be run here.")
    hint = "Write one; SkyDiscover can begin with nothing, adrs cannot."
    if (folder.parent / "initial_program.py").is_file():
        hint = f"Name the folder that holds it: {str(folder.parent)!r}."
    raise PackError(f"the problem {str(folder)!r} lacks initial_program.py", hint)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise PackError(f"{str(path)!r} is no text", "Save it as UTF-8.") from None


def _settings(folder: Path, config: Config) -> Settings:
    found = _evaluator(folder)
    if found is None:
        raise PackError(f"{str(folder)!r} holds no evaluator", "It takes an evaluator.py or an evaluate.sh.")
    file, kind = found
    asked = config.evaluator
    text = (folder / file).read_text(errors="replace")
    stages = _stages(text) if kind == "function" and asked.cascade_evaluation else ()
    thresholds = configuration.thresholds(folder, config)
    return Settings(
        kind=kind,
        file=file,
        mode_first=kind == "script" and _MODE_FIRST.search(text) is not None,
        stages=stages[: len(thresholds) + 1],
        thresholds=thresholds,
        seconds=asked.timeout,
        arguments=asked.evaluator_args or {},
        features=config.database.feature_dimensions or (),
        packages=packages(folder, folder / file),
    )


def _stages(source: str) -> tuple[str, ...]:
    """Return the functions of the cascade that a module seems to define: stage 1, and those that follow without gap."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return ()
    names = {name for node in body for name in _bound(node)}
    missing = next((place for place, name in enumerate(STAGES) if name not in names), len(STAGES))
    return STAGES[:missing]


def _bound(node: ast.stmt) -> list[str]:
    """Return the names that a statement at the top of a module gives a meaning to."""
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


# --- what is made of it


def _pack(folder: Path, config: Config, settings: Settings, seed: str) -> dict[str, Any]:
    return {
        "name": _name(folder),
        "title": " ".join(_name(folder).split("_")).capitalize(),
        "functions": (),
        "self_scored": True,
        "deterministic": False,
        "objectives": _objectives(settings),
        "limits": _limits(config, settings),
        "stages": [{"name": "train", "split": "train"}],
        "features": [_size(seed)],
        "campaign": _campaign(config),
    }


def _name(folder: Path) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", folder.name.lower()).strip("_")
    if not words[:1].isalpha():
        words = (
            re.sub(r"[^a-z0-9]+", "_", f"{folder.parent.name.lower()}_{words}").lstrip("_0123456789").rstrip("_")
            or "problem"
        )
    return words


def _objectives(settings: Settings) -> list[dict[str, Any]]:
    score = {
        "name": "combined_score",
        "description": "what the problem's own evaluator says; the mean of its metrics where it names no such score",
        "direction": "max",
        "unit": "",
        "low": -_FAR,
        "high": _FAR,
    }
    if len(settings.stages) < 2:
        return [score]
    last = len(settings.stages)
    reached = {
        "name": "cascade_stage",
        "description": "the last stage of the evaluation that was run; a program goes on if its score is good enough",
        "direction": "max",
        "unit": "",
        "low": 0,
        "high": last,
        "bound": last,
    }
    return [score, reached]


def _limits(config: Config, settings: Settings) -> dict[str, Any]:
    whole = settings.seconds * max(1, len(settings.stages)) + 60
    return {
        "seconds": whole,
        "call_seconds": settings.seconds,
        "cpu_seconds": 4 * whole,
        "memory_mb": config.evaluator.memory_limit_mb or _MEMORY_MB,
        "answer_mb": 4,
        "source_kb": 256,
    }


def _size(seed: str) -> dict[str, Any]:
    return {
        "name": "size",
        "description": "nodes in the syntax tree",
        "low": 0,
        "high": max(200, len(seed)),
    }


def _campaign(config: Config) -> dict[str, int]:
    wanted = {
        "trials": config.max_iterations,
        "seed": config.random_seed,
        "max_tokens": config.llm.max_tokens,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _statement(folder: Path, config: Config, settings: Settings) -> str:
    told = config.prompt.system_message
    if not told or told.strip() in {"", "system_message"}:
        readme = next((path for path in sorted(folder.glob("[Rr][Ee][Aa][Dd][Mm][Ee].md"))), None)
        told = readme.read_text(errors="replace")[:_LONGEST_README] if readme else ""
    how = (
        "Its evaluator loads the program from a file and calls it"
        if settings.kind == "function"
        else ("Its evaluator is a script that is given the program as a file")
    )
    return f"{told.strip()}\n\n{how}; names and parameters of what it calls must stay as they are.".strip()
