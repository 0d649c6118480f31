"""The settings of a campaign, and where each came from: flag > environment > file > problem > built in."""

import difflib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from adrs.address import bare, checked
from adrs.budget import BudgetLimits
from adrs.errors import ConfigError
from adrs.hardware import Hardware
from adrs.problem import explain

Setting: TypeAlias = bool | int | float | str | dict[str, int | float | str] | None
ENVIRONMENT = "ADRS_"


class CampaignConfig(BudgetLimits):
    """Every setting of a campaign. A run's folder holds the resolved one as `campaign.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    problem: str
    """A pack's name or path."""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] | None = None
    """The run's name; one is made up if absent."""
    runs: str = "runs"
    """Folder of campaign folders."""
    archive: Annotated[str, AfterValidator(bare)] | None = None
    """URL of a PostgreSQL database for the archive, `postgresql://USER@HOST/DATABASE`; a file in the run's folder if
    absent. Passwords come from PGPASSWORD or ~/.pgpass."""
    seed: int = 0
    """All randomness of the campaign follows from it."""
    model: str = "mutator"
    """Who rewrites programs: `mutator`, a litellm name, `mailbox`, `scripted:FILE`, `recorded:FILE`."""
    base_url: str | None = None
    """An OpenAI-compatible endpoint that serves the model."""
    price: str | None = None
    """Dollars per million tokens, `PROMPT,COMPLETION[,CACHED]`, where the price list is wrong or silent."""
    record: str | None = None
    """A cassette to which every reply is appended; `--model recorded:FILE` plays it back."""
    max_tokens: Annotated[int, Field(gt=0)] = 8192
    """The longest reply."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """The provider's default if absent."""
    model_seconds: Annotated[float, Field(gt=0)] = 300.0
    """Longest wait for one reply."""
    attempts: Annotated[int, Field(ge=1)] = 5
    """How often one call is asked for that fails while others do not."""
    concurrency: Annotated[int, Field(ge=1)] | None = None
    """Requests to one model in flight at a time; as many as there are model threads if absent."""
    requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    """Most requests to one model in any minute."""
    tokens_per_minute: Annotated[int, Field(ge=1)] | None = None
    """Most tokens that one model reads and writes in any minute."""
    outage_seconds: Annotated[float, Field(ge=0)] = 1800.0
    """How long a provider that is down is waited for before the campaign is paused."""
    hedge_seconds: Annotated[float, Field(gt=0)] | None = None
    """A request that is unanswered for so long is sent a second time, and the first answer counts; both are paid."""
    repairs: Annotated[int, Field(ge=0, le=3)] = 1
    """Further replies asked for where an edit does not apply."""
    prompts: str | None = None
    """A folder of templates instead of the shipped ones."""
    search: str = "islands"
    """Search policy: `islands`, `greedy`, `best_of_n`."""
    search_options: dict[str, int | float | str] = Field(default_factory=dict)
    """Options of the search policy."""
    workers: Annotated[int, Field(ge=1)] = Field(default_factory=lambda: os.cpu_count() or 1)
    """Evaluations at a time; with one worker and one model thread, a run repeats bit for bit."""
    model_threads: Annotated[int, Field(ge=1)] | None = None
    """Model calls at a time; 1 for one worker or the mutator, else four per worker."""
    on: Literal["auto", "local", "docker"] = "auto"
    """Where candidates run."""
    isolation: Literal["warm", "fresh"] = "warm"
    """`warm`: each candidate is a fresh process in a runner that goes on; `fresh`: it gets a container of its own."""
    runtime: str = ""
    """Docker's runtime for the containers, such as `runsc` (gVisor); the engine's default if empty."""
    target: float | None = None
    """Stop once the leading objective reaches this on the validation split."""
    validate_top: Annotated[int, Field(ge=1)] = 5
    """A trial is run on the validation split if it is among this many best on the training split."""
    audit: bool = True
    """Whether a trial must pass an audit before it is the best: other order, seeds and numbering, in a fresh process.
    Counted against no limit but the wall time."""

    def limits(self) -> BudgetLimits:
        """Return the budget's limits alone."""
        return BudgetLimits(**{name: getattr(self, name) for name in BudgetLimits.model_fields})

    def threads(self) -> int:
        """Return how many model calls may wait at a time."""
        if self.model_threads is not None:
            return self.model_threads
        return 1 if self.workers == 1 or self.model == "mutator" else 4 * self.workers


def toml(value: float | str) -> str:
    """Return a value as TOML, which writes it as JSON does, but for two kinds of characters."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


DEFAULT_TRIALS = 1000
"""Trials of a campaign that names no limit at all and pays nothing."""


@dataclass(frozen=True)
class Resolved:
    """A configuration with the origin of each setting (`flag`, `ADRS_NAME`, a file, `problem`, `built in`)."""

    config: CampaignConfig
    origins: Mapping[str, str]


def resolve(
    *, flags: Mapping[str, Setting], file: Path | None = None, problem: Mapping[str, Setting] | None = None
) -> Resolved:
    """Return the settings that hold, the nearest origin first.

    Raises:
        ConfigError: A setting is unknown or out of range; the message names where it stands.
    """
    layers: list[tuple[str, Mapping[str, Setting]]] = [("problem", problem or {})]
    if file is not None:
        layers.append((str(file), _read(file)))
    layers.append((ENVIRONMENT, _environment()))
    layers.append(("flag", {name: value for name, value in flags.items() if value is not None}))
    values: dict[str, Setting] = {}
    origins = dict.fromkeys(CampaignConfig.model_fields, "built in")
    for origin, layer in layers:
        for name, value in layer.items():
            _known(name, origin)
            values[name] = checked(str(value)) if name == "archive" and value is not None else value
            origins[name] = f"{ENVIRONMENT}{name.upper()}" if origin == ENVIRONMENT else origin
    return Resolved(_limited(_validate(values, origins)), origins)


def _limited(config: CampaignConfig) -> CampaignConfig:
    if config.model == "mutator" and all(limit is None for limit in config.limits().model_dump().values()):
        return config.model_copy(update={"trials": DEFAULT_TRIALS})
    return config


def _validate(values: Mapping[str, Setting], origins: Mapping[str, str]) -> CampaignConfig:
    try:
        return CampaignConfig.model_validate(values)
    except ValidationError as error:
        first = str(error.errors()[0]["loc"][0]) if error.errors()[0]["loc"] else ""
        where = origins.get(first, "built in")
        raise ConfigError(
            f"{explain(error)} (from {where})", "`adrs config show --origins` shows all settings."
        ) from None


def _known(name: str, origin: str) -> None:
    if name in CampaignConfig.model_fields:
        return
    close = difflib.get_close_matches(name, CampaignConfig.model_fields, 1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    raise ConfigError(f"{name!r} is no setting (from {origin})", f"{hint}`adrs config show` lists all settings.")


def _read(path: Path) -> Mapping[str, Setting]:
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise ConfigError(f"there is no file {str(path)!r}", "Name a TOML file of settings.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{str(path)!r} is not TOML: {error}", "Mend the line that it names.") from None


def _environment() -> Mapping[str, Setting]:
    reserved = {"DATA"}  # ADRS_DATA is the folder of users' traces, not a setting of a campaign
    found = {
        name.removeprefix(ENVIRONMENT): value for name, value in os.environ.items() if name.startswith(ENVIRONMENT)
    }
    settings: dict[str, Setting] = {name.lower(): value for name, value in found.items() if name not in reserved}
    if "archive" in settings:
        settings["archive"] = bare(str(settings["archive"]))  # here alone a password may stand: it goes no further
    return settings


class Written(BaseModel):
    """What is written beside the settings in a run's folder: enough to say what made its results."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    adrs: str
    python: str
    platform: str
    packages: dict[str, str]
    problem_hash: str
    prompts_hash: str = ""
    """Empty where no model is asked, or adrs did not record it yet."""
    sandbox: str
    image: str = ""
    """Content id of the image that candidates run on; empty on the local wall, and where adrs did not record it yet."""
    self_scored: bool = False
    hardware: Hardware | None = None
    """None where adrs did not record it yet."""
