"""WI: jobs enter a list in due-date order, and each may jump back over jobs that should not precede it.

Wilkerson, L. J. and Irwin, J. D. (1971). An improved algorithm for scheduling independent tasks. AIIE Transactions
3(3), 239-245; written from descriptions (the original was not at hand). Jobs that were jumped over enter again, the
first of them first; letting them enter by due date, as the descriptions have it, gave the same results on every
instance tried, in time that grows faster than n^4. O(n^2) here.
"""

from collections import deque

import numpy as np


def schedule(p, d, budget):
    """Return the list when the last job has entered it for good."""
    ranked = np.lexsort((p, d))
    p, d = p[ranked].tolist(), d[ranked].tolist()
    waiting = deque(range(len(p)))  # a job's number is its place in due-date order
    order, t, pivot = [], 0, waiting.popleft()
    while waiting:
        rival = waiting.popleft()
        if precedes(pivot, rival, t, p, d):
            order.append(pivot)
            t, pivot = t + p[pivot], rival
            continue
        while order and not precedes(order[-1], rival, t - p[order[-1]], p, d):
            t -= p[order[-1]]
            waiting.appendleft(order.pop())
        order.append(rival)
        t += p[rival]
    return ranked[[*order, pivot]]


def precedes(job, rival, t, p, d):
    """Return whether `job` should come before its neighbour `rival` in the pair that starts at t."""
    early = t + max(p[job], p[rival]) <= max(d[job], d[rival])  # one of them is on time even in the second place
    return job < rival if early else p[job] <= p[rival]
