"""AMDDC, augmented MDDC: after each job of the MDDC order, one earlier job may move behind it.

The rule and the augmentation of "Discovering Heuristics with Large Language Models (LLMs) for Mixed-Integer Programs:
Single-Machine Scheduling", arXiv 2510.24013 (2025); the idea of augmenting is of Bean, J. C. and Hall, M. (1985),
Accuracy of the modified due date rule, Technical Report 85-10, University of Michigan. As in the published code, of
all moves of one job to the end the best is made if it strictly helps (printed: each one that helps). O(n^3).
"""

import numpy as np


def schedule(p, d, budget):
    """Return the augmented order."""
    waiting, order, t = np.lexsort((p, d)), [], 0
    while len(waiting):
        first = np.argmin(modified(p[waiting], d[waiting], t))
        order.append(waiting[first])
        t += p[waiting[first]]
        waiting = np.delete(waiting, first)
        postpone(order, p, d)
    return np.array(order)


def modified(p, d, t):
    """Return the challenger's modified due dates of the waiting jobs at time t."""
    share = p / (t + p.max())  # never above 1, so the published min(1, .) does nothing
    length = share**2 / (1 + share**2)
    return np.maximum(1.1 * p + t, d) * (1 + length) + p / (t + p.mean())


def postpone(order, p, d):
    """Move to the end the job of `order` whose move there saves most, if it saves anything."""
    lengths, dues = p[order], d[order]
    end = lengths.cumsum()
    late = np.maximum(end - dues, 0)
    if not late.any():
        return
    shifts, which = np.unique(lengths, return_inverse=True)
    saved = np.minimum(shifts[:, None], late).cumsum(axis=1)  # by jobs up to each place, if all started earlier
    change = np.maximum(end[-1] - dues, 0) - late - saved[which, -1] + saved[which, np.arange(len(order))]
    best = int(np.argmin(change))
    if change[best] < 0:
        order.append(order.pop(best))
