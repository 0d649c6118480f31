"""A core for each evaluation slot: its worker and its candidates take turns on it, and share it with no other slot."""

import os
import socket
from dataclasses import dataclass

NAME = "adrs-core-"
"""What a claim is called, before the core's number: an abstract socket, which goes with its process."""


@dataclass(frozen=True)
class Core:
    """A core that no other slot on this machine, of whatever campaign, has claimed.

    Attributes:
        number: As the kernel numbers it.
        claim: What holds it; it is free again once this is closed, at the latest when the process ends.
    """

    number: int
    claim: socket.socket


def claim_core(slots: int) -> Core | None:
    """Pin the calling thread, and what it starts, to a core; return it.

    None, and nothing is pinned, where there are fewer cores than `slots`, or others have claimed them.
    """
    cores = os.sched_getaffinity(0)
    if len(cores) < slots:
        return None
    for number in sorted(cores):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0{NAME}{number}")
        except OSError:
            claim.close()
            continue
        os.sched_setaffinity(0, {number})
        return Core(number, claim)
    return None
