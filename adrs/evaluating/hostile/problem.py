"""What hostile programs are asked: in which order one machine should do its jobs. Trusted; nothing here is a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adrs.evaluation import CandidateFailed, Result, Status
from adrs.problem import Limits, Objective, PackFile, Problem, Stage
from adrs.program import Program
from adrs.sandbox import Data, Policy

LIMITS = Limits(seconds=5, call_seconds=5, cpu_seconds=5, memory_mb=128, answer_mb=1, source_kb=64)
SHORT = LIMITS.model_copy(update={"seconds": 2, "call_seconds": 0.5})
"""For programs that must be late; the others have time enough even where the machine is busy."""
HONEST = """
import numpy as np

def order(times):
    return np.argsort(times)
"""
_OBJECTIVE = Objective(
    name="completion",
    description="mean over jobs of the time at which they are done",
    direction="min",
    unit="min",
    low=0,
    high=1e6,
)
PROBLEM = Problem(
    folder=Path(),
    pack=PackFile(
        name="hostile",
        title="Order the jobs of one machine",
        functions=("order",),
        objectives=(_OBJECTIVE,),
        limits=LIMITS,
        stages=(Stage(name="smoke", split="train", instances=2), Stage(name="train", split="train")),
    ),
    statement="`order(times)` returns the jobs' numbers, from 0, in the order in which they are to be done.",
    seed=Program(HONEST),
)


IMPATIENT = replace(PROBLEM, pack=PROBLEM.pack.model_copy(update={"limits": SHORT}))


@dataclass(frozen=True)
class Jobs:
    """One instance: how long each job takes, in minutes."""

    name: str
    times: NDArray[np.float64]


class OneMachine:
    """The evaluator. It asks everything twice, and believes nothing that it has not checked."""

    def instances(self, split: str) -> Sequence[Jobs]:
        del split
        rng = np.random.default_rng(20)
        return [Jobs(f"jobs-{count}", rng.uniform(1, 99, count)) for count in (12, 20, 33, 54)]

    def run(self, policy: Policy, instances: Sequence[Jobs]) -> Sequence[Result]:
        return [_result(policy, jobs) for jobs in instances]

    def score(self, results: Sequence[Result]) -> Mapping[str, float]:
        return {"completion": float(np.mean([result.scores["completion"] for result in results]))}

    def feedback(self, results: Sequence[Result]) -> str:
        return f"{len(results)} instances"

    def features(self, results: Sequence[Result]) -> Mapping[str, float]:
        del results
        return {}


def _result(policy: Policy, jobs: Jobs) -> Result:
    held, count = policy.hold(jobs.times), len(jobs.times)
    first = _permutation(policy.call("order", held), count)
    [answer] = policy.call_many("order", [[held]])
    if _permutation(answer, count) != first:
        raise _invalid("it gave two answers to one question")
    done = np.cumsum(jobs.times[first])
    return Result(jobs.name, "all", {"completion": float(done.mean())})


def _permutation(answer: Data, count: int) -> list[int]:
    if isinstance(answer, np.ndarray) and answer.shape == (count,):
        answer = answer.tolist()
    if not isinstance(answer, list):
        shape = getattr(answer, "shape", "no list and no array")
        raise _invalid(f"it must be a list or an array of {count} numbers, not {type(answer).__name__} ({shape})")
    jobs = [_job(named) for named in answer]
    if sorted(jobs) != list(range(count)):
        raise _invalid(f"it does not name each of {count} jobs once")
    return jobs


def _job(named: Data) -> int:
    if type(named) is int:
        return named
    raise _invalid(f"{str(named)[:60]!r} is no job")


def _invalid(what: str) -> CandidateFailed:
    return CandidateFailed(Status.INVALID, f"order(times): {what}")
