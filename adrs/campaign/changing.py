"""Changed settings of a campaign that exists already."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from adrs.config import CampaignConfig
from adrs.errors import ConfigError
from adrs.problem import explain

_OPTIONS = "search_options"


def changed(config: CampaignConfig, changes: Mapping[str, str]) -> CampaignConfig:
    """Return the settings with some changed; a value of the form `+N` adds to the limit that holds.

    Raises:
        ConfigError: A value is none that the setting can have.
    """
    values = config.model_dump()
    for name, text in changes.items():
        values[name] = _added(name, values[name], text) if text.startswith("+") else text
    return _validated(values)


def reset(config: CampaignConfig, changes: Mapping[str, str]) -> CampaignConfig:
    """As `changed`, for any setting: an empty value unsets it, and `search_options.NAME` is an option of the search.

    Another search begins without options.
    """
    values = config.model_dump()
    defaults = CampaignConfig(problem=config.problem).model_dump()
    if changes.get("search", config.search) != config.search:
        values[_OPTIONS] = {}
    for name, text in changes.items():
        if name.startswith(f"{_OPTIONS}."):
            values[_OPTIONS] = values[_OPTIONS] | {name.removeprefix(f"{_OPTIONS}."): _plain(text)}
        elif name not in values or name == _OPTIONS:
            raise ConfigError(f"{name!r} is no setting that takes one value", "`adrs config show` lists all settings.")
        elif not text:
            values[name] = defaults[name]
        else:
            values[name] = _added(name, values[name], text) if text.startswith("+") else text
    return _validated(values)


def require_limit(config: CampaignConfig) -> None:
    """Refuse a campaign without any limit.

    Raises:
        ConfigError: It has none.
    """
    if all(limit is None for limit in config.limits().model_dump().values()):
        raise ConfigError(
            f"a campaign with the model {config.model!r} has no limit",
            "Give one, such as `--dollars 5` or `--trials 200`.",
        )


def _validated(values: Mapping[str, Any]) -> CampaignConfig:
    try:
        return CampaignConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(explain(error), "Give a number, or `+N` to add to a limit.") from None


def _added(name: str, before: object, text: str) -> float:
    if before is None:
        flag = f"--{name.replace('_', '-')}"
        raise ConfigError(f"there is no limit of {name} that {text} could add to", f"Give the limit: {flag} N.")
    try:
        total = float(str(before)) + float(text)
        return int(total) if total == int(total) else total
    except (ValueError, OverflowError):
        raise ConfigError(f"{text!r} is no number", "Give a number, or `+N` to add to a limit.") from None


def _plain(text: str) -> int | float | str:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, int | float) else text
