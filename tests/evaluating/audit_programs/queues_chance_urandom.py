"""Draws two queues by the operating system's randomness."""

import os


def choose(waiting):
    first, second = (byte % len(waiting) for byte in os.urandom(2))
    return first if waiting[first] <= waiting[second] else second
