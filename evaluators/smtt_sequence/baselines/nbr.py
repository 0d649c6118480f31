"""NBR: from the last place to the first, move there the earlier job whose relocation has the largest net benefit.

Holsenback, J. E. and Russell, R. M. (1992). A heuristic algorithm for sequencing on one machine to minimize total
tardiness. Journal of the Operational Research Society 43(1), 53-62; written from descriptions (the original was not
at hand), without its tests of Emmons's dominance conditions. O(n^3), O(n^2) of it in Python.
"""

import numpy as np


def schedule(p, d, budget):
    """Return the due-date order after filling every late place from the back."""
    order = np.lexsort((p, d))
    for place in range(len(p) - 1, 0, -1):
        benefit = net_benefits(p[order[: place + 1]], d[order[: place + 1]])
        job = int(np.argmax(benefit))
        if benefit[job] > 0:
            order[job : place + 1] = np.roll(order[job : place + 1], -1)
    return order


def net_benefits(p, d):
    """Return what moving each job behind the last one saves; 0 for the last, and for jobs no longer than it."""
    end = p.cumsum()
    late = np.maximum(end - d, 0)
    if late[-1] == 0:
        return np.zeros(len(p))
    saved = np.minimum(p[:, None], late)  # what each (column) gains when one before it (row) leaves
    gain = saved.sum(axis=1) - np.tril(saved).sum(axis=1)
    cost = np.maximum(end[-1] - d, 0) - late
    return np.where(p > p[-1], gain - cost, 0)
