"""Add them up in a loop."""


def squares(count):
    """Return the sum of the squares below `count`."""
    total = 0
    for number in range(count):
        total += number * number
    return total
