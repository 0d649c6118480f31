"""Panneerselvam's rule: always the job with the most negative slack per unit of work, as if it were to come last.

Panneerselvam, R. (2006). Simple heuristic to minimize total tardiness in a single machine scheduling problem.
International Journal of Advanced Manufacturing Technology 30, 722-726; transcribed from its use in arXiv 2510.24013:
take the waiting job of largest (W - d) / p, where W is the work that waits. O(n^2).
"""

import numpy as np


def schedule(p, d, budget):
    """Return the order that the rule builds from the front."""
    waiting, order = np.lexsort((p, d)), []
    while len(waiting):
        work = p[waiting].sum()
        first = np.argmax((work - d[waiting]) / p[waiting])
        order.append(waiting[first])
        waiting = np.delete(waiting, first)
    return np.array(order)
