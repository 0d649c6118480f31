"""Verifying a run: the invariants of its archive, and the settings beside it."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

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
    with folder.file() as archive:
        verdicts = check(archive)
        needed = {"types", "settings", "campaign"}
        if all(verdict.state == "ok" for verdict in verdicts if verdict.name in needed):
            verdicts.append(_settings(folder, archive))
    return verdicts


def _settings(folder: RunFolder, archive: Path) -> Verdict:
    says, found = "campaign.toml holds the same settings", list(_disagreements(folder, archive))
    return verdict("folder", says, found, grave=folder.settings.is_file())


def _disagreements(folder: RunFolder, archive: Path) -> Iterator[str]:
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
    kept = _kept(archive).model_dump()
    yield from (f"{name} is {beside[name]!r}, not {kept[name]!r}" for name in kept if beside[name] != kept[name])


def _kept(archive: Path) -> CampaignConfig:
    with open_raw(archive) as raw:
        (config,) = raw.connection.execute("SELECT config FROM campaigns").fetchone()
    return CampaignConfig.model_validate_json(config)
