"""MDDC, the MDD Challenger: MDD with a stretched processing time and two factors that prefer short jobs.

Algorithm 2 of "Discovering Heuristics with Large Language Models (LLMs) for Mixed-Integer Programs: Single-Machine
Scheduling", arXiv 2510.24013 (2025), found there by a language model. Ties go to the earlier due date, then to the
shorter job, as in the published code. O(n^2).
"""

import numpy as np


def schedule(p, d, budget):
    """Return the order that the rule builds from the front."""
    waiting, order, t = np.lexsort((p, d)), [], 0
    while len(waiting):
        first = np.argmin(modified(p[waiting], d[waiting], t))
        order.append(waiting[first])
        t += p[waiting[first]]
        waiting = np.delete(waiting, first)
    return np.array(order)


def modified(p, d, t):
    """Return the challenger's modified due dates of the waiting jobs at time t."""
    share = p / (t + p.max())  # never above 1, so the published min(1, .) does nothing
    length = share**2 / (1 + share**2)
    return np.maximum(1.1 * p + t, d) * (1 + length) + p / (t + p.mean())
