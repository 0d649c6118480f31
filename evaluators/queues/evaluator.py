"""Customers join one of several queues; the regret is what they wait beyond the shortest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from adrs.evaluation import CandidateFailed, Result, Status
from adrs.sandbox import Data, Policy

ARRIVALS = 20
_GROUPS = {"few": 4, "many": 12}
_SEEDS = {"train": 1, "validation": 2, "test": 3}


@dataclass(frozen=True)
class Instance:
    """The minutes of work in each queue, at each arrival."""

    name: str
    group: str
    arrivals: tuple[tuple[int, ...], ...]


def instances(split: str) -> Sequence[Instance]:
    """Return six instances, the two groups in turn."""
    rng = Random(_SEEDS[split])
    return [_draw(f"{split}-{group}-{copy}", group, rng) for copy in range(3) for group in _GROUPS]


def run(policy: Policy, instances: Sequence[Instance]) -> Sequence[Result]:
    """Ask for every choice of every instance in one frame, and judge the answers."""
    calls: list[list[Data]] = [[list(waiting)] for instance in instances for waiting in instance.arrivals]
    answers = iter(policy.call_many("choose", calls))
    return [_judge(instance, [next(answers) for _ in instance.arrivals]) for instance in instances]


def permuted(instance: Instance, rng: Random) -> Instance:
    """Return the same arrivals in another order. Queues keep their places: they stand in a line, and places count."""
    return replace(instance, arrivals=tuple(rng.sample(instance.arrivals, ARRIVALS)))


def score(results: Sequence[Result]) -> Mapping[str, float]:
    """Return the mean regret."""
    return {"regret": _mean(results, "regret")}


def feedback(results: Sequence[Result]) -> str:
    """Return the mean regret of each group."""
    groups = {name: [result for result in results if result.group == name] for name in _GROUPS}
    return "\n".join(f"{name}: {_mean(of, 'regret'):.2f} min of regret" for name, of in groups.items() if of)


def features(results: Sequence[Result]) -> Mapping[str, float]:
    """Return how far down the line the chosen queues stand."""
    return {"depth": _mean(results, "depth")}


def _draw(name: str, group: str, rng: Random) -> Instance:
    queues = range(_GROUPS[group])
    return Instance(name, group, tuple(tuple(rng.randint(1, 100) for _ in queues) for _ in range(ARRIVALS)))


def _judge(instance: Instance, answers: Sequence[Data]) -> Result:
    chosen = [_verified(answer, waiting) for answer, waiting in zip(answers, instance.arrivals, strict=True)]
    regret = sum(waiting[index] - min(waiting) for index, waiting in zip(chosen, instance.arrivals, strict=True))
    last = _GROUPS[instance.group] - 1
    figures = {"regret": regret / ARRIVALS, "depth": sum(chosen) / (last * ARRIVALS)}
    return Result(instance.name, instance.group, figures)


def _verified(answer: Data, waiting: Sequence[int]) -> int:
    if type(answer) is not int or not 0 <= answer < len(waiting):
        message = f"choose must answer an int from 0 to {len(waiting) - 1}, and answered {answer!r:.80}"
        raise CandidateFailed(Status.INVALID, message)
    return answer


def _mean(results: Sequence[Result], figure: str) -> float:
    return sum(result.scores[figure] for result in results) / len(results)
