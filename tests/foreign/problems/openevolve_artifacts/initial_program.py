"""Pack items into bins."""


# EVOLVE-BLOCK-START
def pack(items, capacity):
    """Return a list of bins, each a list of item sizes."""
    bins = []
    for item in items:
        if bins and sum(bins[-1]) + item <= capacity:
            bins[-1].append(item)
        else:
            bins.append([item])
    return bins


# EVOLVE-BLOCK-END
