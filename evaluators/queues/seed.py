"""Join the first queue that looks short enough."""

LIMIT = 80


def choose(waiting):
    """Return the index of the queue to join; `waiting` holds the minutes of work in each."""
    for index, minutes in enumerate(waiting):
        if minutes <= LIMIT:
            return index
    return 0
