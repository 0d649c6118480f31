"""The requests to models, and what was paid for them."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import get_args

from sqlalchemy import StaticPool, create_engine
from sqlalchemy.exc import DatabaseError

from adrs.archive import reading
from adrs.archive.invariants.facts import Facts, Fields
from adrs.archive.records import CallState
from adrs.trial import Spend

_ANSWER = ("text", "model", "prompt_tokens", "completion_tokens", "cached_tokens", "estimated", "dollars", "seconds")
_COUNTED = ("reserved_dollars", "reserved_tokens", "prompt_tokens", "completion_tokens", "cached_tokens", "dollars")
_LAST = ("finish", "attempts")
_ROUNDING = 1e-9


def whole(facts: Facts) -> Iterator[str]:
    """Yield the requests in no known state, and those whose state and content do not fit."""
    for row in facts.completions:
        if row["state"] not in get_args(CallState):
            yield f"{_name(row)} is {row['state']!r}"
        elif row["state"] == "answered":
            yield from (f"{_name(row)} is answered without {name}" for name in (*_ANSWER, *_LAST) if row[name] is None)
        elif row["text"] is not None:
            yield f"{_name(row)} is {row['state']} and has an answer"


def priced(facts: Facts) -> Iterator[str]:
    """Yield the requests with a price or a count that is negative, infinite or above what was reserved."""
    for row in facts.completions:
        wrong = [name for name in _COUNTED if row[name] is not None and not 0 <= row[name] < math.inf]
        yield from (f"{_name(row)} has {name} {row[name]}" for name in wrong)
        if row["state"] == "answered" and not wrong:
            yield from _above(row, "dollars", row["dollars"], row["reserved_dollars"])
            tokens = (row["prompt_tokens"] or 0) + (row["completion_tokens"] or 0)
            yield from _above(row, "tokens", tokens, row["reserved_tokens"])


def in_order(facts: Facts) -> Iterator[str]:
    """Yield the trials whose calls or requests leave a number out, and calls that were answered too often."""
    requests: defaultdict[int, defaultdict[int, list[Fields]]] = defaultdict(lambda: defaultdict(list))
    for row in facts.completions:
        requests[row["trial"]][row["call"]].append(row)
    for trial, calls in requests.items():
        if sorted(calls) != list(range(len(calls))):
            yield f"trial {trial} has the calls {sorted(calls)}"
        for call, rows in calls.items():
            numbers = [row["request"] for row in rows]
            if numbers != list(range(len(rows))):
                yield f"trial {trial}, call {call} has the requests {numbers}"
            if sum(row["state"] == "answered" for row in rows) > (2 if _hedged(facts) else 1):
                yield f"trial {trial}, call {call} was answered {'more than twice' if _hedged(facts) else 'twice'}"


def added_up(facts: Facts) -> Iterator[str]:
    """Yield where the sum over all rows is not what the archive says was spent."""
    if len(facts.campaigns) != 1:
        return
    try:
        said = _spend(facts, facts.campaigns[0]["id"])
    except (TypeError, DatabaseError):
        yield "the rows cannot be added up"
        return
    dollars, tokens, seconds = _sums(facts)
    for name, one, other in (("dollars", dollars, said.dollars), ("seconds", seconds, said.seconds)):
        if not math.isclose(one, other, rel_tol=_ROUNDING, abs_tol=_ROUNDING):
            yield f"{other} {name} were spent, and the rows add up to {one}"
    if tokens != said.tokens:
        yield f"{said.tokens} tokens were spent, and the rows add up to {tokens}"


def prompted(facts: Facts) -> Iterator[str]:
    """Yield the trials whose prompt was never sent."""
    sent: Mapping[int, set[str]] = defaultdict(set)
    for row in facts.completions:
        sent[row["trial"]].add(row["prompt_hash"])
    for number, row in facts.trials.items():
        if row["prompt"] and row["prompt"] not in sent[number]:
            yield f"trial {number}"


def _hedged(facts: Facts) -> bool:
    """Return whether slow requests were ever sent a second time."""
    changes = [event["data"].get("hedge_seconds") for event in facts.events if event["kind"] == "extended"]
    return any(changes) or any((row["config"] or {}).get("hedge_seconds") for row in facts.campaigns)


def _name(row: Fields) -> str:
    return f"trial {row['trial']}, call {row['call']}, request {row['request']}"


def _above(row: Fields, what: str, spent: float | None, reserved: float | None) -> Iterator[str]:
    if spent is not None and reserved is not None and spent > reserved * (1 + _ROUNDING):
        yield f"{_name(row)} cost {spent} {what}, and {reserved} were reserved"


def _spend(facts: Facts, campaign: int) -> Spend:
    """Return what `Archive.spend` says, from the same snapshot."""
    engine = create_engine("sqlite://", creator=lambda: facts.raw.connection, poolclass=StaticPool)
    with engine.connect() as connection:
        return reading.spend(connection, campaign)


def _sums(facts: Facts) -> tuple[float, int, float]:
    answered = [row for row in facts.completions if row["state"] == "answered"]
    lost = [row for row in facts.completions if row["state"] == "unknown"]
    dollars = [row["dollars"] or 0.0 for row in answered] + [row["reserved_dollars"] or 0.0 for row in lost]
    tokens = [(row["prompt_tokens"] or 0) + (row["completion_tokens"] or 0) for row in answered]
    tokens += [row["reserved_tokens"] or 0 for row in lost]
    seconds = [row["seconds"] or 0.0 for row in facts.evaluations.values()]
    seconds += [event["data"].get("seconds", 0.0) for event in facts.events if event["kind"] == "cut"]
    return math.fsum(dollars), sum(tokens), math.fsum(seconds)
