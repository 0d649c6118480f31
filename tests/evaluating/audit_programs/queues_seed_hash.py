"""Draws two queues by the hash of the arguments as text."""


def choose(waiting):
    first, second = (hash(f"{salt} {waiting}") % len(waiting) for salt in (1, 2))
    return first if waiting[first] <= waiting[second] else second
