"""Earliest due date first."""

import numpy as np  # noqa: F401 - for the rules that grow from here


def priority(t, p, d, mask, P, n):
    """Return the score of every job; in each row, the unscheduled job with the least score goes next.

    Args:
        t: Current time of each instance, (B, 1).
        p: Processing times, (B, n).
        d: Due dates, (B, n).
        mask: Which jobs are still unscheduled, (B, n), bool.
        P: Total processing time of all jobs of the instance, (B, 1).
        n: Number of jobs.
    """
    return d
