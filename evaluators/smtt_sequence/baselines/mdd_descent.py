"""MDD, then descent: moves and exchanges of jobs until none of them helps.

Baker, K. R. and Bertrand, J. W. M. (1982) for the start (see `mdd`). The neighbourhoods are the usual ones of insertion
and exchange (Potts, C. N. and Van Wassenhove, L. N. (1991). Single machine tardiness sequencing heuristics. IIE
Transactions 23(4), 346-354). What shifting a stretch of jobs by any amount would cost is tabulated first, so that a
round prices all moves of either kind in O(n^2 + n max(p)); then it makes the best ones that do not overlap, which do
not disturb each other. At most n rounds; up to n / 5 were seen.
"""

import numpy as np


def schedule(p, d, budget):
    """Return an order that no insertion and no exchange improves (unless n rounds were not enough)."""
    order = modified_due_date(p, d)
    p, d = p.astype(np.int32), d.astype(np.int32)  # half the memory traffic; totals stay far below 2^31
    for _ in range(len(p)):
        if not improve(order, p, d):
            break
    return order


def modified_due_date(p, d):
    """Return the MDD order; ties go to the earlier due date, then to the shorter job."""
    waiting, order, t = np.lexsort((p, d)), [], 0
    while len(waiting):
        first = np.argmin(np.maximum(t + p[waiting], d[waiting]))
        order.append(waiting[first])
        t += p[waiting[first]]
        waiting = np.delete(waiting, first)
    return np.array(order)


def improve(order, p, d):
    """Make the best moves that do not overlap, best first; return whether there was any."""
    later, earlier, exchange = changes(p[order], d[order])
    best = np.triu(np.minimum(np.minimum(later, earlier), exchange), 1)
    ends = best.argmin(axis=1)
    gains = best[np.arange(len(order)), ends]
    free = np.ones(len(order), bool)
    for i in np.argsort(gains, kind="stable")[: np.count_nonzero(gains < 0)]:
        k = ends[i]
        if free[i : k + 1].all():
            free[i : k + 1] = False
            if best[i, k] == later[i, k]:
                order[i : k + 1] = np.roll(order[i : k + 1], -1)
            elif best[i, k] == earlier[i, k]:
                order[i : k + 1] = np.roll(order[i : k + 1], 1)
            else:
                order[[i, k]] = order[[k, i]]
    return not free.all()


def changes(p, d):
    """Return three (n, n) arrays of what moves would change in the total, for places i < k; else meaningless.

    The moves: the job at i goes behind the one at k; the job at k goes before the one at i; both change places.
    """
    n, end, longest, places = len(p), p.cumsum(dtype=p.dtype), p.max(), np.arange(len(p))
    late = np.maximum(end - d, 0)
    cost = shifting(end - d, longest)
    last = np.maximum(end - d[:, None], 0) - late[:, None]  # i's job ends where k's did
    first = np.maximum((end - p)[:, None] + p - d, 0) - late  # k's job starts where i's did
    sooner, delayed = cost[longest - p], cost[longest + p]
    later = last + sooner[:, 1:] - sooner[places, places + 1][:, None]
    earlier = first + delayed[places, places] - delayed[:, :-1].T
    row = (longest + p - p[:, None]) * (n + 1)
    exchange = last + first + cost.take(row + places) - cost.take(row + places[:, None] + 1)
    return later, earlier, exchange


def shifting(lateness, longest):
    """Return what a shift of the first k jobs costs: a row per shift, -longest to longest; a column per k, 0 to n."""
    shifts = np.arange(-longest, longest + 1, dtype=lateness.dtype)[:, None]
    cost = np.maximum(lateness + shifts, 0) - np.maximum(lateness, 0)
    return np.hstack([np.zeros_like(shifts), cost.cumsum(axis=1, dtype=cost.dtype)])
