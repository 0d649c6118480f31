"""Sums of squares, verified by the closed form; how long they take is what counts."""

from collections.abc import Mapping, Sequence

from adrs.evaluating.clock import Racing
from adrs.evaluation import CandidateFailed, Result, Status

_COUNTS = {"train": (20_000, 30_000), "validation": (25_000,), "test": (35_000,)}


def instances(split: str) -> Sequence[int]:
    return _COUNTS[split]


def run(policy: Racing, instances: Sequence[int]) -> Sequence[Result]:
    return [_race(policy, count) for count in instances]


def score(results: Sequence[Result]) -> Mapping[str, float]:
    return {"slowdown": sum(result.scores["ratio"] for result in results) / len(results)}


def feedback(results: Sequence[Result]) -> str:
    return ""


def features(results: Sequence[Result]) -> Mapping[str, float]:
    return {}


def _race(policy: Racing, count: int) -> Result:
    race = policy.race("squares", count)
    if race.value != (count - 1) * count * (2 * count - 1) // 6:
        raise CandidateFailed(Status.INVALID, f"the sum for {count} is wrong: {race.value!r:.80}")
    times = {"ratio": race.ratio, "cpu_ms": race.cpu_seconds * 1000, "wall_ms": race.wall_seconds * 1000}
    return Result(str(count), "all", {"count": count, **times})
