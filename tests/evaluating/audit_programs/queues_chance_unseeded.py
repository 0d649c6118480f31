"""Draws two queues from a generator that was seeded by nobody."""

import numpy as np

rng = np.random.default_rng()


def choose(waiting):
    first, second = (int(place) for place in rng.integers(0, len(waiting), 2))
    return first if waiting[first] <= waiting[second] else second
