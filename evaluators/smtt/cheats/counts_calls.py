"""Remembers how often it was called, and answers by another rule every other time. Rejected."""

import numpy as np

calls = 0


def priority(t, p, d, mask, P, n):
    global calls
    calls += 1
    return d if calls % 2 else np.maximum(t + p, d)
