"""AMDD, augmented MDD: after each job of the MDD order, one earlier job may move behind it.

Baker, K. R. and Bertrand, J. W. M. (1982) for the rule; the augmentation follows Bean, J. C. and Hall, M. (1985),
Accuracy of the modified due date rule, Technical Report 85-10, University of Michigan, in the form that the code of
arXiv 2510.24013 (2025) gives it: of all moves of one job to the end, the best is made if it strictly helps. O(n^3).
"""

import numpy as np


def schedule(p, d, budget):
    """Return the augmented order."""
    waiting, order, t = np.lexsort((p, d)), [], 0
    while len(waiting):
        first = np.argmin(np.maximum(t + p[waiting], d[waiting]))
        order.append(waiting[first])
        t += p[waiting[first]]
        waiting = np.delete(waiting, first)
        postpone(order, p, d)
    return np.array(order)


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
