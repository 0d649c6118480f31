"""The trials, and the order in which the search heard of them."""

from collections.abc import Iterator
from typing import Any

from adrs.archive.invariants.facts import Facts, Fields
from adrs.archive.states import TrialState
from adrs.evaluation import Status

_STATUSES = frozenset(Status)


def numbered(facts: Facts) -> Iterator[str]:
    """Yield the numbers that are missing below the highest."""
    last = max(facts.trials, default=-1)
    yield from (f"trial {number} is missing" for number in range(last + 1) if number not in facts.trials)
    yield from (f"trial {number}" for number in facts.trials if number < 0)


def told_in_order(facts: Facts) -> Iterator[str]:
    """Yield the positions at which the search heard of no trial, and trials at no possible position."""
    told = [row["told"] for row in facts.trials.values() if row["told"] is not None]
    yield from (f"position {place} is missing" for place in sorted(set(range(len(told))) - set(told)))
    yield from (f"position {place} is not below {len(told)}" for place in sorted(told) if not 0 <= place < len(told))
    for number, row in facts.trials.items():
        if (row["told"] is None) != (row["told_at"] is None):
            yield f"trial {number} has only one of position and time"


def complete(facts: Facts) -> Iterator[str]:
    """Yield the trials that lack a proposal or an evaluation, or have one too many."""
    for number, row in facts.trials.items():
        trained = (number, "train") in facts.evaluations
        told = row["told"] is not None
        evaluable = bool(row["proposed"]) and row["program"] is not None and row["status"] == Status.VALID
        if told and not row["proposed"]:
            yield f"trial {number} was told without a proposal"
        elif told and evaluable and not trained:
            yield f"trial {number} was told without an evaluation"
        elif trained and not evaluable:
            yield f"trial {number} was evaluated without a program to evaluate"


def in_state(facts: Facts) -> Iterator[str]:
    """Yield the trials whose state is another than the facts of them say."""
    for number, row in facts.trials.items():
        expected = _state(facts, row)
        if row["state"] != expected:
            yield f"trial {number} is {row['state']!r}, and should be {str(expected)!r}"
    yield from (
        f"trial {number} is under way on {split}, and has its evaluation"
        for number, split in facts.underway & facts.evaluations.keys()
    )


def _state(facts: Facts, row: Fields) -> TrialState:
    """Return how far a trial is by what is kept of it."""
    requests = {call["state"] for call in facts.completions if call["trial"] == row["number"]}
    reached = {
        TrialState.TOLD: row["told"] is not None,
        TrialState.EVALUATED: (row["number"], "train") in facts.evaluations,
        TrialState.EVALUATING: (row["number"], "train") in facts.underway,
        TrialState.EDITED: bool(row["proposed"]),
        TrialState.PROMPTED: "sent" in requests,
        TrialState.ANSWERED: "answered" in requests,
    }
    return next((state for state, there in reached.items() if there), TrialState.PLANNED)


def proposed(facts: Facts) -> Iterator[str]:
    """Yield the proposals that are not whole."""
    for number, row in facts.trials.items():
        if not row["proposed"]:
            held = [name for name in ("program", "status", "model") if row[name] is not None]
            yield from (f"trial {number} has a {name} without a proposal" for name in held)
        elif row["status"] not in _STATUSES:
            yield f"trial {number} has the status {row['status']!r}"
        elif row["model"] is None:
            yield f"trial {number} does not say who wrote it"
        elif row["status"] == Status.VALID and row["program"] is None:
            yield f"trial {number} is proposed as valid without a program"


def earlier(facts: Facts) -> Iterator[str]:
    """Yield the trials that learn from one that the search had not heard of when they were planned."""
    for number, row in facts.trials.items():
        for kind in ("parents", "inspirations", "failed"):
            for other in row[kind]:
                wrong = _too_late(facts, row, facts.trials.get(other))
                if wrong:
                    yield f"trial {number} has trial {other} among its {kind}, which {wrong}"


def _too_late(facts: Facts, row: Fields, other: Fields | None) -> str:
    if other is None:
        return "does not exist"
    if other["number"] >= row["number"]:
        return "is not earlier"
    if other["told"] is None:
        return "the search has not heard of"
    if other["told"] >= _heard(facts, row):
        return "the search heard of later"
    return ""


def _heard(facts: Facts, row: Fields) -> int:
    """Return how many trials the search can have heard of when this one was planned."""
    bounds: list[Any] = [row["told"], row.get("planned_after"), len(facts.trials)]
    return min(int(bound) for bound in bounds if bound is not None)
