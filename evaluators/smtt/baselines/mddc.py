"""MDDC, the MDD Challenger: a modified due date with three corrections, discovered by a language model.

"Discovering Heuristics with Large Language Models (LLMs) for Mixed-Integer Programs: Single-Machine Scheduling",
arXiv 2510.24013, Algorithm 2. Written from the description; the published cap on rho at 1 never binds.
"""

import numpy as np


def priority(t, p, d, mask, P, n):
    """Return the modified due date, stretched by the job's share of the horizon, plus its size relative to the rest."""
    left = p * mask
    due = np.maximum(1.1 * p + t, d)
    share = (p / (t + np.max(left, axis=1, keepdims=True))) ** 2
    due = due * (1 + share / (1 + share))
    mean = np.sum(left, axis=1, keepdims=True) / np.sum(mask, axis=1, keepdims=True)
    return due + p / (t + mean)
