"""The single machine: many instances of one size, dispatched side by side, one position after another."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Priority = Callable[[NDArray[np.float64], NDArray[np.bool_]], NDArray[np.float64]]
"""From the time (instances, 1) and the unscheduled jobs (instances, jobs) to finite scores; the least goes next."""


def dispatch(p: NDArray[np.int64], d: NDArray[np.int64], priority: Priority) -> NDArray[np.intp]:
    """Return the order that a rule makes of each instance; all arrays are (instances, jobs).

    Equal scores go by due date, then by processing time; jobs equal in both are interchangeable.
    """
    rows, tie_breaks = np.arange(len(p)), _ranks(p, d)
    unscheduled = np.ones(p.shape, dtype=np.bool_)
    now = np.zeros(len(p), dtype=np.int64)
    orders = np.empty(p.shape, dtype=np.intp)
    for place in range(p.shape[1]):
        scores = priority(now[:, None].astype(np.float64), unscheduled)
        chosen = _least(np.where(unscheduled, scores, np.inf), tie_breaks)
        orders[:, place] = chosen
        unscheduled[rows, chosen] = False
        now += p[rows, chosen]
    return orders


def modified_due_date(p: NDArray[np.int64], d: NDArray[np.int64]) -> Priority:
    """Return the rule of Baker and Bertrand (1982) for these instances: a due date, or the earliest end if later."""
    return lambda now, _: np.maximum(now + p, d)


def _ranks(p: NDArray[np.int64], d: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the place of each job of each row by due date, then processing time."""
    return np.lexsort((p, d), axis=1).argsort(axis=1)


def _least(scores: NDArray[np.float64], tie_breaks: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the column of each row's least score; of several, the one with the least tie break."""
    chosen: NDArray[np.intp] = scores.argmin(axis=1)
    tied = scores == np.take_along_axis(scores, chosen[:, None], axis=1)
    rows = np.flatnonzero(np.count_nonzero(tied, axis=1) > 1)
    chosen[rows] = np.where(tied[rows], tie_breaks[rows], len(tie_breaks[0])).argmin(axis=1)
    return chosen
