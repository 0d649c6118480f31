"""Scores one more job than there are, as if a job could be processed twice. Rejected: one score per job."""

import numpy as np


def priority(t, p, d, mask, P, n):
    return np.concatenate([d, d[:, :1]], axis=1)
