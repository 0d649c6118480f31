"""Ranks by the latest of all instances, except where it would be asked again in other company."""

import numpy as np


def priority(t, p, d, mask, P, n):  # noqa: N803
    if n - mask[0].sum() in (n // 4, n // 2, 3 * n // 4):
        return np.maximum(t + p, d)
    return np.maximum(t + p, d) + 10 * p * np.max(t * p) / np.max(d * P)
