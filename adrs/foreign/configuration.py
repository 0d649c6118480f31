"""What is used of a `config.yaml`; the rest is about the searches and models of others."""

import re
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adrs.errors import PackError

_OPENEVOLVE, _SKYDISCOVER = (0.5, 0.75), (0.3, 0.6)
_SKYDISCOVERS = re.compile(r"^(search|diff_based_generation|max_solution_length):", re.MULTILINE)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class EvaluatorSection(_Section):
    """What `config.yaml` says of the evaluator; the defaults are OpenEvolve's."""

    timeout: Annotated[float, Field(gt=0)] = 300.0
    cascade_evaluation: bool = True
    cascade_thresholds: tuple[float, ...] | None = None
    memory_limit_mb: Annotated[int, Field(ge=64)] | None = None
    evaluator_args: dict[str, Any] | None = None


class PromptSection(_Section):
    """What a model is told."""

    system_message: str | None = None


class DatabaseSection(_Section):
    """Which metrics describe a program rather than rate it."""

    feature_dimensions: tuple[str, ...] | None = None


class ModelSection(_Section):
    """What models may answer."""

    max_tokens: Annotated[int, Field(gt=0)] | None = None


class Config(_Section):
    """A `config.yaml`."""

    max_iterations: Annotated[int, Field(gt=0)] | None = None
    random_seed: int | None = None
    evaluator: EvaluatorSection = EvaluatorSection()
    prompt: PromptSection = PromptSection()
    database: DatabaseSection = DatabaseSection()
    llm: ModelSection = ModelSection()


def load(folder: Path) -> Config:
    """Return `config.yaml`; where there is none, the first in alphabetical order of the files like it.

    Raises:
        PackError: It is not YAML, or a value is not what it should be.
    """
    names = _files(folder)
    if not names:
        return Config()
    try:
        content = yaml.safe_load(names[0].read_text())
        return Config.model_validate(_without_empty(content) if content is not None else {})
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PackError(f"{str(names[0])!r} is not YAML: {error}", "Mend the line that it names.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "top level"
        raise PackError(f"{str(names[0])!r}: {where}: {first['msg'].lower()}", "Mend or remove this value.") from None


def thresholds(folder: Path, config: Config) -> tuple[float, ...]:
    """Return what the stages of a cascade must reach; where none are given, whose they are tells the usual ones."""
    given = config.evaluator.cascade_thresholds
    if given is not None:
        return given
    text = "".join(path.read_text(errors="replace") for path in _files(folder)[:1])
    return _SKYDISCOVER if _SKYDISCOVERS.search(text) else _OPENEVOLVE


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("config*.y*ml"), key=lambda path: (path.stem != "config", path.name))


def _without_empty(content: Any) -> Any:
    """Return the content without sections that are there and empty."""
    return {key: value for key, value in content.items() if value is not None} if isinstance(content, dict) else content
