"""Random streams that depend on what they are for, and on nothing else."""

import hashlib
from random import Random


def derive(seed: int, *purpose: int | str) -> Random:
    """Return the stream for `purpose` in a campaign seeded with `seed`.

    Two purposes never share a stream, and no stream depends on how far another was read: a trial draws the
    same numbers whatever runs beside it, in whatever order, and after any number of resumes.
    """
    key = "/".join([str(seed), *map(str, purpose)])
    return Random(int.from_bytes(hashlib.sha256(key.encode()).digest()[:16]))
