"""MDD: the earliest modified due date first.

Baker and Bertrand, "A dynamic priority rule for scheduling against due-dates", Journal of Operations Management 3
(1982).
"""

import numpy as np


def priority(t, p, d, mask, P, n):
    """Return the due date, or the earliest possible end where that is later."""
    return np.maximum(t + p, d)
