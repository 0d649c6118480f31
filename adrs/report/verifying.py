"""Verifying a run: the invariants of its archive, and the settings beside it."""

import tomllib
from collections.abc import Iterator

from pydantic import ValidationError

from adrs.archive.checking import Verdict, check, verdict
from adrs.archive.raw import open_raw
from adrs.campaign.folder import RunFolder
from adrs.config import CampaignConfig
from adrs.problem import explain


def verify(folder: RunFolder) -> list[Verdict]:
    """Return for each invariant whether a run keeps it; nothing is written.

    Raises:
        ArchiveOutdated: Another version of adrs wrote its archive.
        ArchiveError: It has no archive, or one that cannot be read at all.
    """
    verdicts = check(folder.archive)
    readable = all(verdict.state == "ok" for verdict in verdicts if verdict.name in {"types", "settings", "campaign"})
    if readable:
        verdicts.append(_settings(folder))
    return verdicts


def _settings(folder: RunFolder) -> Verdict:
    grave = folder.settings.is_file()
    return verdict("folder", "campaign.toml holds the same settings", list(_disagreements(folder)), grave=grave)


def _disagreements(folder: RunFolder) -> Iterator[str]:
    try:
        beside = CampaignConfig.model_validate(tomllib.loads(folder.settings.read_text())).model_dump()
    except FileNotFoundError:
        yield f"there is no {str(folder.settings)!r}"
        return
    except ValidationError as error:
        yield explain(error)
        return
    except ValueError as error:
        yield f"it is not TOML: {error}"
        return
    kept = _kept(folder).model_dump()
    yield from (f"{name} is {beside[name]!r}, not {kept[name]!r}" for name in kept if beside[name] != kept[name])


def _kept(folder: RunFolder) -> CampaignConfig:
    with open_raw(folder.archive) as raw:
        (config,) = raw.connection.execute("SELECT config FROM campaigns").fetchone()
    return CampaignConfig.model_validate_json(config)
