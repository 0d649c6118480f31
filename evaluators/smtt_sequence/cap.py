"""The CPU time that a program has for one instance, and the cap on what its answers take."""

from collections.abc import Iterable

from adrs.evaluation import CandidateFailed, Status

SECONDS_PER_PAIR = 2e-6  # measured: every baseline needs less, in Python and numpy; an exact solver needs far more
SLACK = 5.0  # a program within its budget passes on a machine that is five times slower, or busy with other work
PAUSE = 1.0  # seconds that a process may have to wait for its turn


def budget(jobs: int) -> float:
    """Return the seconds of CPU time that a program has for one instance: 0.02 for 100 jobs, 0.08 for 200."""
    return SECONDS_PER_PAIR * jobs**2


class Cap:
    """What the answers of one run may still take, as seen from outside the wall.

    One answer may take SLACK times its budget, and PAUSE; all answers of one size together may take SLACK times their
    budgets, and PAUSE only once, for not all of them are delayed by chance.
    """

    def __init__(self, sizes: Iterable[int]) -> None:
        self._left: dict[int, float] = {}
        for jobs in sizes:
            self._left[jobs] = self._left.get(jobs, PAUSE) + SLACK * budget(jobs)

    def charge(self, jobs: int, seconds: float) -> None:
        """Take what one answer took.

        Raises:
            CandidateFailed: That was too much, by itself or with those before.
        """
        allowed = SLACK * budget(jobs) + PAUSE
        if seconds > allowed:
            raise _late(jobs, f"one answer took {seconds:.2f} s")
        self._left[jobs] -= seconds
        if self._left[jobs] < 0:
            raise _late(jobs, f"the answers took more than {SLACK:g} times their budgets together")


def _late(jobs: int, what: str) -> CandidateFailed:
    rule = f"the budget for {jobs} jobs is {budget(jobs):.4g} s of CPU time per instance"
    return CandidateFailed(Status.TIMED_OUT, f"{what}; {rule}. Bound the work by the number of jobs.")
