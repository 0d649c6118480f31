"""Verifying that an archive keeps every invariant; nothing is written."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from adrs.archive.invariants import campaigns, completions, evaluations, storage, trials
from adrs.archive.invariants.facts import Facts
from adrs.archive.raw import open_raw

_SHOWN = 5
State: TypeAlias = Literal["ok", "warned", "violated"]
Invariant: TypeAlias = Callable[[Facts], Iterator[str]]


@dataclass(frozen=True)
class Verdict:
    """Whether an archive keeps one invariant.

    Attributes:
        name: What it is called in `--json`.
        says: The invariant in words.
        count: What breaks it, counted.
        offenders: The first few of them, in words.
        grave: Whether breaking it damages what the archive says; otherwise it is worth a warning.
    """

    name: str
    says: str
    count: int = 0
    offenders: tuple[str, ...] = ()
    grave: bool = True

    @property
    def state(self) -> State:
        if self.count == 0:
            return "ok"
        return "violated" if self.grave else "warned"


@dataclass(frozen=True)
class _Rule:
    name: str
    says: str
    broken: Invariant
    grave: bool = True


_RULES = (
    _Rule("file", "the file is whole", storage.intact),
    _Rule("types", "every value has its column's type and shape", storage.typed),
    _Rule("rows", "every row that is referred to exists", storage.referred),
    _Rule("campaign", "there is one campaign", storage.one_campaign),
    _Rule("settings", "the settings and what made the results can be read", campaigns.settings_parse),
    _Rule("hashes", "every text has the hash that it is called by", storage.hashed),
    _Rule("texts", "every text that is named exists", storage.present),
    _Rule("orphans", "every text is named", storage.needed, grave=False),
    _Rule("numbers", "trials are numbered from 0 without holes", trials.numbered),
    _Rule("told", "the search heard of trials in an order without holes", trials.told_in_order),
    _Rule("proposals", "every proposal is whole", trials.proposed),
    _Rule("complete", "trials that the search heard of lack nothing", trials.complete),
    _Rule("states", "every trial is in the state that its facts say", trials.in_state),
    _Rule("parents", "trials learn from trials that the search had heard of", trials.earlier),
    _Rule("requests", "every request to a model is in a state that fits it", completions.whole),
    _Rule("prices", "prices and tokens are within what was reserved", completions.priced, grave=False),
    _Rule("calls", "calls and requests are numbered without holes, and answered once", completions.in_order),
    _Rule("prompts", "every prompt has the hash that it is called by", storage.prompts_hashed),
    _Rule("sent", "every trial's prompt was sent", completions.prompted, grave=False),
    _Rule("spend", "what was spent is the sum of what everything cost", completions.added_up),
    _Rule("evaluations", "every evaluation has a known status, split and length", evaluations.lawful),
    _Rule("scores", "valid evaluations, and no others, have finite scores", evaluations.scored),
    _Rule("results", "per-instance results can be decoded and fit their instances", evaluations.decoded),
    _Rule("validations", "trials on validation are valid on train", evaluations.validated),
    _Rule("sessions", "sessions count up", campaigns.sessions_follow),
    _Rule("clock", "the clock was never set back", campaigns.clock_goes_on, grave=False),
    _Rule("reasons", "sessions that ended say why", campaigns.sessions_end),
    _Rule("events", "events are about trials that exist", campaigns.events_refer),
    _Rule("promotions", "promoted trials are valid and validated", evaluations.promoted),
)


def check(path: Path) -> list[Verdict]:
    """Return for each invariant whether the archive at `path` keeps it.

    Raises:
        ArchiveOutdated: Another version of adrs wrote it.
        ArchiveError: It is no archive, or cannot be read at all.
    """
    with open_raw(path) as raw:
        facts = Facts(raw)
        return [_verdict(rule, facts) for rule in _RULES]


def verdict(name: str, says: str, offenders: list[str], *, grave: bool = True) -> Verdict:
    """Return whether an invariant is kept, from all that breaks it."""
    return Verdict(name, says, len(offenders), tuple(offenders[:_SHOWN]), grave)


def _verdict(rule: _Rule, facts: Facts) -> Verdict:
    try:
        offenders = list(rule.broken(facts))
    except sqlite3.Error as error:
        return verdict(rule.name, rule.says, [f"it cannot be read: {error}"])
    return verdict(rule.name, rule.says, offenders, grave=rule.grave)
