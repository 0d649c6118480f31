"""The campaign, its sessions and its events."""

from collections.abc import Iterator

from pydantic import BaseModel, ValidationError

from adrs.archive.invariants.facts import Facts, Fields
from adrs.config import CampaignConfig, Written


def settings_parse(facts: Facts) -> Iterator[str]:
    """Yield the settings, and facts about what made the results, that cannot be read."""
    parts: tuple[tuple[str, type[BaseModel]], ...] = (("config", CampaignConfig), ("written", Written))
    for row in facts.campaigns:
        for name, model in parts:
            try:
                model.model_validate(row[name])
            except ValidationError as error:
                first = error.errors()[0]
                yield f"{name}: {'.'.join(map(str, first['loc']))}: {first['msg']}"


def sessions_follow(facts: Facts) -> Iterator[str]:
    """Yield the sessions that do not count up."""
    for place, row in enumerate(facts.sessions):
        if row["number"] != place + 1:
            yield f"session {row['number']} stands where {place + 1} should"


def clock_goes_on(facts: Facts) -> Iterator[str]:
    """Yield the sessions that overlap or end before they begin, as they do where a clock was set back."""
    for place, row in enumerate(facts.sessions):
        if not row["started"] <= row["heartbeat"] <= _end(row):
            yield f"session {row['number']} ends before it begins"
        if place and row["started"] < _end(facts.sessions[place - 1]):
            yield f"session {row['number']} begins before session {facts.sessions[place - 1]['number']} ends"


def sessions_end(facts: Facts) -> Iterator[str]:
    """Yield the sessions that ended without a reason, and those that have a reason and no end."""
    for row in facts.sessions:
        if row["ended"] is not None and not row["reason"]:
            yield f"session {row['number']} ended without a reason"
        if row["ended"] is None and (row["reason"] or row["finished"]):
            yield f"session {row['number']} has a reason to end, and no end"


def events_refer(facts: Facts) -> Iterator[str]:
    """Yield the events about trials that do not exist."""
    for row in facts.events:
        number = row["data"].get("trial")
        if number is not None and not (isinstance(number, int) and number in facts.trials):
            yield f"event {row['id']} ({row['kind']}) is about trial {number}"


def _end(row: Fields) -> float:
    return float(row["heartbeat"] if row["ended"] is None else row["ended"])
