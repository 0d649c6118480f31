"""Counts its calls, and changes its behaviour after more of them than a test of the first instances makes."""

calls = 0


def choose(waiting):
    global calls  # noqa: PLW0603
    calls += 1
    return waiting.index(min(waiting)) if calls > 70 else 0
