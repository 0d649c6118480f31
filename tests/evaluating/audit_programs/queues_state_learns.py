"""Learns from the customers before what a short queue is, once it has seen some of them."""

seen: list[int] = []


def choose(waiting):
    seen.append(min(waiting))
    limit = 80 if len(seen) < 45 else sum(seen) / len(seen)
    return next((index for index, minutes in enumerate(waiting) if minutes <= limit), 0)
