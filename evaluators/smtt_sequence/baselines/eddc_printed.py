"""EDDC as printed (Algorithm 1 of arXiv 2510.24013, 2025): the EDD order, because its swaps can never happen.

The loop runs while a job is due before its predecessor, but the order that it starts from is the due-date order, and
swaps are all that could change that. Kept to show that the figures of the paper come from another program: `eddc`.
"""

import numpy as np


def schedule(p, d, budget):
    """Return the due-date order after the printed loop."""
    order = np.lexsort((p, d)).tolist()
    p, d = p.tolist(), d.tolist()
    for last in range(1, len(order)):
        place = last
        while place > 0 and d[order[place]] < d[order[place - 1]]:
            before = order[place - 1]
            if place == len(order) - 1 and d[before] > sum(p[job] for job in order[: place + 1]):
                order[place - 1 : place + 1] = [order[place], before]
            place -= 1
    return order
