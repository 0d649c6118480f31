"""EDDC, the EDD Challenger as its authors coded it: shortest jobs first, then one pass of conditional swaps.

From "Discovering Heuristics with Large Language Models (LLMs) for Mixed-Integer Programs: Single-Machine
Scheduling", arXiv 2510.24013 (2025). The published code starts from the shortest-processing-time order, and only this
version gives the published figures; `eddc_printed` is what the paper prints. O(n^2).
"""

import numpy as np


def schedule(p, d, budget):
    """Return the shortest-first order after each job has sunk towards the front."""
    order = np.lexsort((d, p)).tolist()
    p, d = p.tolist(), d.tolist()
    for last in range(1, len(order)):
        sink(order, last, p, d)
    return order


def sink(order, last, p, d):
    """Move the job at `last` towards the front, past each predecessor that is due later and can wait for it."""
    end = sum(p[job] for job in order[:last])  # of the predecessor
    for place in range(last, 0, -1):
        job, before = order[place], order[place - 1]
        if d[job] >= d[before]:
            return
        end_before = end - p[before]
        if d[before] > end:
            order[place - 1 : place + 1] = [job, before]
        end = end_before
