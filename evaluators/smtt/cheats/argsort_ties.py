"""Ranks due dates with argsort, which breaks ties by column and differs between machines. Rejected."""

import numpy as np


def priority(t, p, d, mask, P, n):
    return np.argsort(np.argsort(d // 100, axis=1), axis=1).astype(float)
