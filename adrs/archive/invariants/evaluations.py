"""The evaluations of trials and of references."""

import math
from collections.abc import Iterator

from adrs.archive.invariants.facts import Facts, Fields, per_instance
from adrs.evaluation import Status

_STATUSES = frozenset(Status)
_SPLITS = ("train", "validation")


def lawful(facts: Facts) -> Iterator[str]:
    """Yield the evaluations with an unknown status, on a split that no campaign reads, or of impossible length."""
    for where, row in _all(facts):
        if row["status"] not in _STATUSES:
            yield f"{where} is {row['status']!r}"
        if row["split"] not in _SPLITS:
            yield f"{where}: a campaign reads {' and '.join(_SPLITS)} alone"
        if row["seconds"] is None or not 0 <= row["seconds"] < math.inf:
            yield f"{where} took {row['seconds']} seconds"


def scored(facts: Facts) -> Iterator[str]:
    """Yield the failures that have scores, and valid evaluations that have none or one that is not finite."""
    for where, row in _all(facts):
        valid, scores = row["status"] == Status.VALID, row["scores"]
        if valid != bool(scores):
            yield f"{where} is {row['status']} and has {len(scores)} scores"
        yield from (f"{where}: {name} is {value}" for name, value in scores.items() if not math.isfinite(value))


def decoded(facts: Facts) -> Iterator[str]:
    """Yield the evaluations whose per-instance results do not fit their list of instances."""
    for where, row in _all(facts):
        yield from (f"{where}: {wrong}" for wrong in per_instance(facts, row))
        if row["columns"] is not None and row["status"] != Status.VALID:
            yield f"{where} is {row['status']} and has results"


def validated(facts: Facts) -> Iterator[str]:
    """Yield the trials that were run on validation without being valid on train."""
    for number, split in facts.evaluations:
        if split == "validation" and not _valid(facts, number, "train"):
            yield f"trial {number}"


def promoted(facts: Facts) -> Iterator[str]:
    """Yield the promotions of trials that are not valid on the split that decides, or by other scores than theirs."""
    decides = "train" if any(row["written"].get("self_scored") for row in facts.campaigns) else "validation"
    for event in facts.events:
        number = event["data"].get("trial")
        if event["kind"] != "promoted" or not isinstance(number, int) or number not in facts.trials:
            continue
        if not (_valid(facts, number, "train") and _valid(facts, number, decides)):
            yield f"trial {number} is not valid on {decides}"
        elif event["data"].get("scores") != facts.evaluations[number, decides]["scores"]:
            yield f"trial {number} was promoted by other scores than it has on {decides}"


def _valid(facts: Facts, number: int, split: str) -> bool:
    row = facts.evaluations.get((number, split))
    return row is not None and row["status"] == Status.VALID


def _all(facts: Facts) -> Iterator[tuple[str, Fields]]:
    for (number, split), row in facts.evaluations.items():
        yield f"trial {number} on {split}", row
    for row in facts.references:
        yield f"reference {row['name']} on {row['split']}", row
