"""Draws two queues by where in memory the program lies."""


def choose(waiting):
    place = id(choose) >> 4
    first, second = (place * (1 + waiting[at]) % 1009 % len(waiting) for at in (0, 1))
    return first if waiting[first] <= waiting[second] else second
