"""PSK: equal to MDD with ties broken by the shorter processing time.

Panwalkar, Smith and Koulamas, "A heuristic for the single machine tardiness problem", European Journal of Operational
Research 70 (1993). That it makes the sequences of MDD is due to Alidaee and Gopalan, "A note on the equivalence of two
heuristics to minimize total tardiness", European Journal of Operational Research 96 (1997).
"""

import numpy as np


def priority(t, p, d, mask, P, n):
    """Return the modified due date plus a fraction below 1 that grows with p: whole times differ by at least 1."""
    return np.maximum(t + p, d) + p / (P + 1)
