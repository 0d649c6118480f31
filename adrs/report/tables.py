"""Small tables from trials and results: the course of a search, failures, classes of instances."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from adrs.evaluation import Result, Status
from adrs.problem import Problem
from adrs.trial import Trial

_MESSAGES = 3


@dataclass(frozen=True)
class Step:
    """A trial that was better on the training split than all before it.

    Attributes:
        trial: Its number.
        told: How many trials the search had heard of by then, this one included.
        score: Its leading objective.
    """

    trial: int
    told: int
    score: float


@dataclass(frozen=True)
class Message:
    """Something that went wrong.

    Attributes:
        text: The first line of the last trial's message.
        count: Trials that failed so, whatever numbers their messages hold.
        trial: The last of them.
    """

    text: str
    count: int
    trial: int


@dataclass(frozen=True)
class Failure:
    """The trials that ended with one status, and the most common messages."""

    status: Status
    count: int
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Group:
    """One class of instances: how many there are, and the mean of each raw figure over them."""

    name: str
    instances: int
    means: Mapping[str, float]


def steps(problem: Problem, trials: Iterable[Trial]) -> tuple[Step, ...]:
    """Return the improvements on the training split, from trials in the order in which the search heard of them."""
    found: list[Step] = []
    least = (float("inf"), float("inf"))
    for told, trial in enumerate(trials, 1):
        if trial.valid and problem.rank(trial.evaluation) < least:
            least = problem.rank(trial.evaluation)
            found.append(Step(trial.number, told, trial.evaluation.scores[problem.objective.name]))
    return tuple(found)


def best_so_far(problem: Problem, trials: Sequence[Trial]) -> list[float]:
    """Return the best training score after each trial, in the order of `trials`; NaN before the first valid one."""
    course = [float("nan")] * len(trials)
    for step in steps(problem, trials):
        course[step.told - 1 :] = [step.score] * (len(trials) - step.told + 1)
    return course


def statuses(trials: Iterable[Trial]) -> Mapping[Status, int]:
    """Return how many trials ended how, the most frequent first."""
    return dict(Counter(trial.evaluation.status for trial in trials).most_common())


def failures(trials: Iterable[Trial]) -> tuple[Failure, ...]:
    """Return what went wrong, the most frequent status and messages first."""
    failed: defaultdict[Status, list[Trial]] = defaultdict(list)
    for trial in trials:
        if not trial.valid:
            failed[trial.evaluation.status].append(trial)
    breakdown = [Failure(status, len(of), _messages(of)) for status, of in failed.items()]
    return tuple(sorted(breakdown, key=lambda failure: (-failure.count, failure.status)))


def groups(results: Iterable[Result]) -> tuple[Group, ...]:
    """Return the classes of instances in alphabetical order."""
    found: defaultdict[str, list[Result]] = defaultdict(list)
    for result in results:
        found[result.group].append(result)
    return tuple(Group(name, len(of), _means(of)) for name, of in sorted(found.items()))


def _messages(trials: Sequence[Trial]) -> tuple[Message, ...]:
    alike: defaultdict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        alike[re.sub(r"\d+", "0", _first_line(trial))].append(trial)
    messages = [Message(_first_line(of[-1]), len(of), of[-1].number) for of in alike.values()]
    return tuple(sorted(messages, key=lambda message: (-message.count, message.trial))[:_MESSAGES])


def _first_line(trial: Trial) -> str:
    return trial.evaluation.message.strip().partition("\n")[0]


def _means(results: Sequence[Result]) -> Mapping[str, float]:
    return {name: sum(result.scores[name] for result in results) / len(results) for name in results[0].scores}
