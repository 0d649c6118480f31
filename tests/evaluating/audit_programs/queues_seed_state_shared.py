"""Draws two queues from the shared stream, which it does not seed."""

import random


def choose(waiting):
    first, second = random.sample(range(len(waiting)), 2)
    return first if waiting[first] <= waiting[second] else second
