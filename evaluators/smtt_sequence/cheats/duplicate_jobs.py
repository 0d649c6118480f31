"""Process the shortest job over and over, and no other."""

import numpy as np


def schedule(p, d, budget):
    """Return one job n times."""
    return np.full(len(p), np.argmin(p))
