"""The evaluation workers of a campaign."""

import functools
from concurrent.futures import Future

from adrs.dispatch.processes import Workers
from adrs.evaluating import worker
from adrs.evaluation import Audit, Evaluation
from adrs.problem import Problem, Split
from adrs.program import Program
from adrs.sandbox.choice import Choice


class WorkerPool:
    """Evaluates programs of one problem, each worker in a process and behind a wall of its own."""

    def __init__(self, problem: Problem, *, wall: Choice, count: int) -> None:
        self._workers = Workers(count, functools.partial(worker.start, str(problem.folder), wall, count))

    @property
    def free(self) -> int:
        return self._workers.free

    def evaluate(self, program: Program, split: Split) -> "Future[Evaluation]":
        """Begin an evaluation on a free worker."""
        return self._workers.submit(worker.run, program.source, split)

    def audit(self, program: Program, before: Evaluation, key: int) -> "Future[Audit]":
        """Begin an audit on a free worker, in fresh runners of its own."""
        return self._workers.submit(worker.audit, program.source, before, key)

    def close(self) -> None:
        """End the workers and what they run."""
        self._workers.close()
