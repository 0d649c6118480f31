"""Scores jobs by where they stand in the arrays, which says nothing about them. Rejected."""

import numpy as np


def priority(t, p, d, mask, P, n):
    return np.maximum(t + p, d) + np.arange(n)
