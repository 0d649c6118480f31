"""Search all orders for the best one."""

from itertools import permutations

import numpy as np


def schedule(p, d, budget):
    """Return the best of all orders."""
    return min(map(list, permutations(range(len(p)))), key=lambda order: np.maximum(p[order].cumsum() - d[order], 0).sum())
