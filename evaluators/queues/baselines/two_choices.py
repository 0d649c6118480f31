"""Look at two queues and join the shorter (Mitzenmacher, IEEE TPDS 12(10), 2001; here always the first two)."""


def choose(waiting):
    """Return the index of the queue to join."""
    return 0 if waiting[0] <= waiting[1] else 1
