"""Looks at the queues in the order of a set of words, which follows the seed of hashes."""


def choose(waiting):
    names = {f"queue {index}": minutes for index, minutes in enumerate(waiting)}
    for name in set(names):
        if names[name] <= 80:
            return int(name.split()[1])
    return 0
