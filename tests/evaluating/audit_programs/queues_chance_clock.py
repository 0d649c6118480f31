"""Draws two queues by the clock."""

import time


def choose(waiting):
    now = time.time_ns()
    first, second = now // 256 % len(waiting), now // 65536 % len(waiting)
    return first if waiting[first] <= waiting[second] else second
