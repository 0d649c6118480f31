"""Montagne's ratio: a static rule that weighs how early a due date is against the processing time.

Montagne, "Sequencing with time delay costs", Industrial Engineering Research Bulletin 5, Arizona State University
(1969), with unit weights.
"""


def priority(t, p, d, mask, P, n):
    """Return the ratio, negated."""
    return -(1 - d / P) / p
