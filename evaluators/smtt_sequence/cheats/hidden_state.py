"""Keep a counter between calls, and break ties by it: the same instance is answered in two ways."""

import numpy as np

calls = 0


def schedule(p, d, budget):
    """Return the due-date order with the jobs of one place, another in each call, at the end."""
    global calls
    calls += 1
    return np.roll(np.lexsort((p, d)), calls % 3 - 1)
