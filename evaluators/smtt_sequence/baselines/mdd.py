"""MDD: always the job of least modified due date, max(t + p, d).

Baker, K. R. and Bertrand, J. W. M. (1982). A dynamic priority rule for scheduling against due-dates. Journal of
Operations Management 3(1), 37-42. Ties go to the earlier due date, then to the shorter job. O(n^2).
"""

import numpy as np


def schedule(p, d, budget):
    """Return the order that the rule builds from the front."""
    waiting, order, t = np.lexsort((p, d)), [], 0
    while len(waiting):
        first = np.argmin(np.maximum(t + p[waiting], d[waiting]))
        order.append(waiting[first])
        t += p[waiting[first]]
        waiting = np.delete(waiting, first)
    return np.array(order)
