"""Counts its calls, and so ranks by another rule from the second instances' size on, but only the first time."""

import numpy as np

calls = 0


def priority(t, p, d, mask, P, n):  # noqa: N803
    global calls  # noqa: PLW0603
    calls += 1
    return np.maximum(t + p, d) * (1 + p / P) if calls > 100 else d
