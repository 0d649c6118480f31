"""SPT: the shortest processing time first.

Smith, "Various optimizers for single-stage production", Naval Research Logistics Quarterly 3 (1956). Optimal for the
sum of completion times, and so for the sum of tardiness where every job is late in every order.
"""


def priority(t, p, d, mask, P, n):
    """Return the processing time."""
    return p
