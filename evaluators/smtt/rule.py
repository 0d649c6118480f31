"""The candidate's rule as the simulator sees it: asked through the wall, its answers checked."""

import numpy as np
from numpy.typing import NDArray

from adrs.evaluation import CandidateFailed, Status
from adrs.sandbox import Policy

_PROBED = (0.25, 0.5, 0.75)
_COMPANIES = (1, 1, 3)
_TOLERANCE = 1e-6  # of a row's largest score: sums in another order differ by far less, a leak that matters by more
_BY_PLACE = (
    "the scores depend on where a job stands in the arrays: with the same jobs in another order they differ. Score a "
    "job by its p and d and by sums, extrema or sorted values over jobs; where you rank jobs, let equal ones rank "
    "equally (argsort does not: it breaks ties by place; np.lexsort((p, d)) leaves only identical jobs tied)."
)
_BY_COMPANY = (
    "the scores of an instance differ when it is asked about in other company or again. Each row must be scored from "
    "that row alone: no reduction over axis 0 or over the whole array, no state between calls, no randomness."
)


class Rule:
    """The candidate's `priority` on instances of one size, asked once per position for all of them.

    At a few positions it is asked again about some instances, alone or in other company, and with the jobs in
    another order. Scores that differ depend on something that is no property of the instance.
    """

    def __init__(self, policy: Policy, p: NDArray[np.int64], d: NDArray[np.int64]) -> None:
        self._policy = policy
        self._p, self._d = p.astype(np.float64), d.astype(np.float64)
        self._held = [policy.hold(part) for part in (self._p, self._d, self._p.sum(axis=1, keepdims=True))]
        self._probed = {int(share * p.shape[1]) for share in _PROBED}
        self._rng = np.random.default_rng(p.shape)

    def __call__(self, now: NDArray[np.float64], unscheduled: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the scores of all jobs, (instances, jobs); finite where unscheduled.

        Raises:
            CandidateFailed: They are no such array, or depend on a job's place or on other instances.
        """
        p, d, work = self._held
        jobs = unscheduled.shape[1]
        scores = _checked(self._policy.call("priority", now, p, d, unscheduled, work, jobs), unscheduled)
        if jobs - np.count_nonzero(unscheduled[0]) in self._probed:
            for size in _COMPANIES:
                self._probe(now, unscheduled, scores, size)
        return scores

    def _probe(
        self, now: NDArray[np.float64], unscheduled: NDArray[np.bool_], scores: NDArray[np.float64], size: int
    ) -> None:
        rows = self._rng.permutation(len(now))[:size, None]
        if self._same(now, unscheduled, scores, (rows, self._shuffled(rows))):
            return
        in_place = (rows, np.arange(unscheduled.shape[1])[None, :])
        by_place = all(self._same(now, unscheduled, scores, in_place) for _ in range(2))
        raise _invalid(_BY_PLACE if by_place else _BY_COMPANY)

    def _shuffled(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return columns in another order for each of `rows`; jobs of equal p and d are interchangeable, and stay."""
        p, d = self._p[rows[:, 0]], self._d[rows[:, 0]]
        by_times = np.lexsort((p, d), axis=1)
        columns = self._rng.permuted(np.tile(np.arange(p.shape[1]), (len(p), 1)), axis=1)
        places = np.lexsort((np.take_along_axis(p, columns, axis=1), np.take_along_axis(d, columns, axis=1)), axis=1)
        np.put_along_axis(columns, places, by_times, axis=1)
        return columns

    def _same(
        self,
        now: NDArray[np.float64],
        unscheduled: NDArray[np.bool_],
        scores: NDArray[np.float64],
        part: tuple[NDArray[np.intp], NDArray[np.intp]],
    ) -> bool:
        """Return whether these rows and columns alone get the scores that they got before."""
        p, asked = self._p[part], unscheduled[part]
        work = p.sum(axis=1, keepdims=True)
        answer = self._policy.call("priority", now[part[0], 0], p, self._d[part], asked, work, p.shape[1])
        before, again = np.where(asked, scores[part], 0.0), np.where(asked, _checked(answer, asked), 0.0)
        scale = np.abs(before).max(axis=1, keepdims=True)
        return not (np.abs(again / 2 - before / 2) > _TOLERANCE / 2 * scale).any()  # halves: no overflow near 1e308


def _checked(answer: object, unscheduled: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the scores in `answer`, or say what is wrong with it."""
    if not isinstance(answer, np.ndarray):
        raise _invalid(f"priority must return a numpy array, not {type(answer).__name__}")
    if answer.dtype.kind not in "fiu":
        raise _invalid(f"priority must return real numbers (float64), not {answer.dtype}")
    if answer.shape != unscheduled.shape:
        raise _invalid(f"priority must return one score per job, shape {unscheduled.shape}, not {answer.shape}")
    scores = answer.astype(np.float64, copy=False)
    bad = ~np.isfinite(scores) & unscheduled
    if bad.any():
        raise _invalid(
            f"priority gave nan or infinity for {np.count_nonzero(bad)} unscheduled jobs, with "
            f"{np.count_nonzero(unscheduled[0])} of {unscheduled.shape[1]} left; scores of unscheduled jobs must be "
            "finite (look for a division by zero, exp of a large number, a maximum over no jobs)"
        )
    return scores


def _invalid(message: str) -> CandidateFailed:
    return CandidateFailed(Status.INVALID, message)
