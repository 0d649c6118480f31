"""Adds what it answered before to what it answers now, in a list that outlives the call. Rejected."""

import numpy as np

seen = []


def priority(t, p, d, mask, P, n):
    seen.append(float(np.mean(t)))
    return np.maximum(t + p, d) + len(seen) * p / n
