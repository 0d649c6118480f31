"""COVERT: cost over time, with an expected wait of k = 1 times the processing time and unit weights.

Carroll, "Heuristic sequencing of single and multiple component jobs", PhD thesis, Massachusetts Institute of
Technology (1965), in the form of Vepsalainen and Morton, Management Science 33 (1987).
"""

import numpy as np

K = 1.0


def priority(t, p, d, mask, P, n):
    """Return the expected tardiness cost per unit of time, negated."""
    slack = np.maximum(d - t - p, 0)
    return -np.maximum(1 - slack / (K * p), 0) / p
