"""The verifier: whether an answer is an order of the jobs."""

import numpy as np
from numpy.typing import NDArray

from adrs.evaluation import CandidateFailed, Status


def verified(answer: object, jobs: int) -> NDArray[np.int64]:
    """Return the answer as an array that holds each of 0..jobs-1 exactly once.

    Raises:
        CandidateFailed: It does not, or it is made of anything but integers.
    """
    named = _integers(answer)
    if len(named) != jobs:
        raise _invalid(f"it must name all {jobs} jobs, and names {len(named)}")
    for job in named:
        if not 0 <= job < jobs:
            raise _invalid(f"there is no job {job}; the jobs are 0 to {jobs - 1}")
    counts = np.bincount(named, minlength=jobs)
    if (counts != 1).any():
        raise _invalid(f"it names job {counts.argmax()} {counts.max()} times and job {counts.argmin()} never")
    return np.array(named, dtype=np.int64)


def _integers(answer: object) -> list[int]:
    if isinstance(answer, list):
        others = {type(item).__name__ for item in answer} - {"int"}
        if others:
            raise _invalid(f"it must be a list of int, and holds {', '.join(sorted(others))}")
        return answer
    if not isinstance(answer, np.ndarray):
        raise _invalid(f"it must be a list or a numpy array, not {type(answer).__name__}")
    if answer.ndim != 1 or answer.dtype.kind not in "iu":
        raise _invalid(f"it must be a one-dimensional array of integers, not {answer.ndim}-dimensional {answer.dtype}")
    named: list[int] = answer.tolist()
    return named


def _invalid(what: str) -> CandidateFailed:
    return CandidateFailed(Status.INVALID, f"schedule must return an order: {what}.")
