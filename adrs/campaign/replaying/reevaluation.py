"""Recorded programs, evaluated again."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

from adrs.campaign.parts import Evaluations
from adrs.campaign.replaying.facts import Facts
from adrs.evaluating.clock import comparable
from adrs.evaluation import Evaluation
from adrs.problem import Problem, Split
from adrs.trial import Trial


@dataclass(frozen=True)
class Again:
    """A program's evaluation and another of the same program.

    Attributes:
        trial: Whose program it is.
        split: What it ran on.
        recorded: What is in the archive.
        replayed: What came out now.
        same: Whether status, scores and results are equal; measured times do not count.
    """

    trial: int
    split: Split
    recorded: Evaluation
    replayed: Evaluation
    same: bool


def evaluate_again(facts: Facts, trials: Sequence[Trial], evaluations: Evaluations) -> Iterator[Again]:
    """Evaluate the programs of trials on every split that they were evaluated on; yield each as it is done.

    Raises:
        SandboxUnavailable: The wall failed.
    """
    queue, waiting = deque(_tasks(facts, trials)), dict[Future[Evaluation], tuple[Trial, Split]]()
    while queue or waiting:
        while queue and evaluations.free:
            trial, split = queue.popleft()
            assert trial.program is not None  # it was evaluated
            waiting[evaluations.evaluate(trial.program, split)] = trial, split
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            trial, split = waiting.pop(future)
            yield _compare(facts, trial.number, split, future.result())


def count(facts: Facts, trials: Sequence[Trial]) -> int:
    """Return how many evaluations that takes."""
    return len(_tasks(facts, trials))


def _tasks(facts: Facts, trials: Sequence[Trial]) -> list[tuple[Trial, Split]]:
    found: list[tuple[Trial, Split]] = [(trial, "train") for trial in trials if trial.number in facts.trained]
    if facts.problem.judged == "validation":
        found += [(trial, "validation") for trial in trials if trial.number in facts.judged]
    return found


def _compare(facts: Facts, number: int, split: Split, replayed: Evaluation) -> Again:
    recorded = facts.archive.evaluation(number, split)
    assert recorded is not None  # it is among the tasks
    return Again(number, split, recorded, replayed, _same(facts.problem, recorded, replayed))


def _same(problem: Problem, before: Evaluation, after: Evaluation) -> bool:
    if before.status is not after.status:
        return False
    clock = problem.pack.clock
    if clock is None and before.scores != after.scores:
        return False
    return [comparable(each, clock) for each in before.results] == [comparable(each, clock) for each in after.results]
