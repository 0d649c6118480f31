"""EDD: earliest due date first, ties by processing time.

Jackson, J. R. (1955). Scheduling a production line to minimize maximum tardiness. Management Science Research
Project 43, University of California, Los Angeles. O(n log n).
"""

import numpy as np


def schedule(p, d, budget):
    """Return the jobs in due-date order."""
    return np.lexsort((p, d))
