"""Earliest due date first."""

import numpy as np


def priority(t, p, d, mask, P, n):
    """Return the score of every job; in each row, the unscheduled job with the least score goes next.

    Args:
        t: Current time of each instance, (B, 1).
        p: Processing times, (B, n).
        d: Due dates, (B, n).
        mask: Which jobs are still unscheduled, (B, n), bool.
        P: Total processing time of all jobs of the instance, (B, 1).
        n: Number of jobs.
    """
    key = np.maximum(t + p, d)
    order = np.lexsort((p, d, np.where(mask, key, np.inf)), axis=1)
    ps = np.where(np.take_along_axis(mask, order, 1), np.take_along_axis(p, order, 1), 0.0)
    ds = np.take_along_axis(d, order, 1)
    end = t + np.cumsum(ps, axis=1)
    late = np.where(ps > 0, np.maximum(end - ds, 0.0), 0.0)
    behind = late.sum(axis=1, keepdims=True) - np.cumsum(late, axis=1)
    is_late = (late > 0).astype(float)
    count = is_late.sum(axis=1, keepdims=True) - np.cumsum(is_late, axis=1)
    mean = behind / np.maximum(count, 1.0)
    gain = np.minimum(np.minimum(ps * count, behind), 2.0 * count * ps * mean / np.maximum(ps + mean, 1.0) * 0.85)
    cost = np.maximum(end[:, -1:] - ds, 0.0) - np.maximum(end - ds, 0.0)
    remaining = np.maximum((ps > 0).sum(axis=1, keepdims=True), 1)
    net = np.maximum(gain - cost, 0.0) / (0.7 * count + 0.3 * remaining + 1.0)
    benefit = np.zeros_like(key)
    np.put_along_axis(benefit, order, net, axis=1)
    return key + benefit
