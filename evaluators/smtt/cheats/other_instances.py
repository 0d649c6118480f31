"""Scales due dates by the largest time in the whole batch: information from other instances. Rejected."""

import numpy as np


def priority(t, p, d, mask, P, n):
    return np.maximum(t + p, d) + 10 * p * np.max(t) / np.max(d)
