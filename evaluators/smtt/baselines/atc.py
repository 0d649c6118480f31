"""ATC: the apparent tardiness cost, with K = 1 and unit weights.

Vepsalainen and Morton, "Priority rules for job shops with weighted tardiness costs", Management Science 33 (1987).
"""

import numpy as np

K = 1.0


def priority(t, p, d, mask, P, n):
    """Return the logarithm of p exp(slack / (K mean p)), with the mean over unscheduled jobs: the index, inverted."""
    mean = np.sum(p * mask, axis=1, keepdims=True) / np.sum(mask, axis=1, keepdims=True)
    return np.log(p) + np.maximum(d - t - p, 0) / (K * mean)
