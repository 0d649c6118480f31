"""Panneerselvam's rule: the work that is left beyond the due date, per unit of processing time, largest first.

Panneerselvam, "Simple heuristic to minimize total tardiness in a single machine scheduling problem", International
Journal of Advanced Manufacturing Technology 30 (2006).
"""

import numpy as np


def priority(t, p, d, mask, P, n):
    """Return the ratio, negated."""
    left = np.sum(p * mask, axis=1, keepdims=True)
    return (d - left) / p
