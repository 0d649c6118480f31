"""A core for each evaluation slot: its worker and its candidates take turns on it, and share it with no other slot.

Two processes on one core hand over to each other in half the time that it takes from core to core, and time that is
measured on one core is not that of another.
"""

import os
import socket
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

NAME = "adrs-core-"
"""What a claim is called, before the core's number: an abstract socket, which goes with its process."""
_LOOK_SECONDS = 0.05


class Pin:
    """The calling thread, and all that it starts, on a core that no other slot of this machine has claimed.

    The core that is least busy at the time. Nothing is pinned where there are fewer cores than `slots`, or others
    have claimed them, or the system cannot pin.

    Attributes:
        core: The core as the kernel numbers it; None if nothing is pinned.
    """

    def __init__(self, slots: int) -> None:
        self._before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
        self._claim: socket.socket | None = None
        self.core: int | None = None
        if slots <= len(self._before):
            self._take_first(_least_busy(self._before))

    def close(self) -> None:
        """Let the core go, and run where it could before."""
        if self._claim is not None:
            self._claim.close()
            os.sched_setaffinity(0, self._before)
            self._claim = self.core = None

    def _take_first(self, cores: Iterable[int]) -> None:
        for core in cores:
            claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                claim.bind(f"\0{NAME}{core}")
            except OSError:
                claim.close()
                continue
            os.sched_setaffinity(0, {core})
            self._claim, self.core = claim, core
            return


def _least_busy(cores: Iterable[int]) -> list[int]:
    """Return `cores`, those first that did least while we looked."""
    before = _busy_ticks()
    time.sleep(_LOOK_SECONDS)
    after = _busy_ticks()
    return sorted(cores, key=lambda core: (after.get(core, 0) - before.get(core, 0), core))


def _busy_ticks() -> Mapping[int, int]:
    """Return by core for how many ticks it has worked since the system started."""
    ticks = {}
    for line in Path("/proc/stat").read_text().splitlines():
        name, *counts = line.split()
        if name.startswith("cpu") and name != "cpu":
            user, nice, system, _idle, _waiting, *interrupts = map(int, counts)
            ticks[int(name.removeprefix("cpu"))] = user + nice + system + sum(interrupts[:3])
    return ticks
