# EVOLVE-BLOCK-START
def choose(waiting):
    """Return the index of the queue to join."""
    for index, minutes in enumerate(waiting):
        if minutes <= 60:
            return index
    return 0


# EVOLVE-BLOCK-END
