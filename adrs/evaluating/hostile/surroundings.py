"""What runs and lies around a wall, on the host and inside, before and after a program."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adrs.errors import SandboxUnavailable
from adrs.evaluating.hostile import look
from adrs.evaluating.hostile.hostile import MARK
from adrs.sandbox import Sandbox
from adrs.sandbox.containers import docker, owner_labels
from adrs.sandbox.docker import DockerSandbox
from adrs.sandbox.local import LocalSandbox

SETTLE_SECONDS = 10.0
"""How long a replacement in the background may take before what is left counts as left."""
STABLE_SECONDS = 0.5
"""How long nothing may change before that counts as usual."""
_MEMORY_KB = 64 << 10  # what a process may grow by for reasons of its own
_PAUSE = 0.02


@dataclass(frozen=True)
class Snapshot:
    """One moment.

    Attributes:
        processes: How many there are of each name and user.
        containers: How many of them are ours.
        files: Paths of what programs may have left.
        memory_kb: What the processes have in memory, this one included.
        descriptors: Open files of this process.
        threads: Threads of this process.
    """

    processes: Counter[str]
    containers: int
    files: frozenset[str]
    memory_kb: int
    descriptors: int
    threads: int

    def left_since(self, before: "Snapshot") -> tuple[str, ...]:
        """Return what was left behind since `before`, in words."""
        return tuple(_left(before, self))


def _left(before: Snapshot, now: Snapshot) -> Iterator[str]:
    yield from (f"process {name}" for name in (now.processes - before.processes).elements())
    yield from (f"no process {name} any more" for name in (before.processes - now.processes).elements())
    yield from (f"file {path}" for path in sorted(now.files - before.files))
    if now.containers != before.containers:
        yield f"{now.containers} containers instead of {before.containers}"
    if now.memory_kb - before.memory_kb > _MEMORY_KB:
        yield f"{now.memory_kb - before.memory_kb >> 10} MiB of memory"
    if now.descriptors > before.descriptors:
        yield f"{now.descriptors - before.descriptors} open files of the host"
    if now.threads > before.threads:
        yield f"{now.threads - before.threads} threads of the host"


class Surroundings:
    """Takes snapshots around one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._script = Path(look.__file__).read_text()

    def seen(self) -> Snapshot:
        """Return what there is now."""
        here, containers = look.look(os.getpid()), _containers() if self._sandbox.name == "docker" else []
        user = _candidate(self._sandbox)
        inside = [self._inside(container) for container in containers]
        rows = [row for each in (here, *inside) for row in each["processes"]]
        files = [path for path, owner in here["files"] if MARK in str(path) or owner == user]
        files += [f"{path} in a container" for each in inside for path, _ in each["files"]]
        return Snapshot(
            processes=Counter(
                f"{name} of user {owner if owner in (0, os.getuid()) else 'candidate'}" for _, owner, name, _ in rows
            ),
            containers=len(containers),
            files=frozenset(map(str, files)),
            memory_kb=sum(int(str(row[3])) for row in rows) + _own_memory(),
            descriptors=len(list(Path("/proc/self/fd").iterdir())),
            threads=len(list(Path("/proc/self/task").iterdir())),
        )

    def stable(self) -> Snapshot:
        """Return what there is once it no longer changes."""
        earlier = self.seen()
        time.sleep(STABLE_SECONDS)
        while (now := self.seen()).left_since(earlier) or earlier.left_since(now):
            earlier = now
            time.sleep(STABLE_SECONDS)
        return now

    def settled(self, before: Snapshot) -> Snapshot:
        """Return what there is once nothing is left since `before`, or once that has taken too long."""
        return _until(self.seen, lambda now: not now.left_since(before))

    def _inside(self, container: str) -> dict[str, Any]:
        look_there = ("exec", "--interactive", container, "python3", "-S", "-E", "-", "0")
        try:
            found: dict[str, Any] = json.loads(docker(*look_there, stdin=self._script.encode()))
        except SandboxUnavailable:  # it is being replaced: the next look finds another
            return {"processes": [], "files": []}
        return found


def _until(look_again: Callable[[], Snapshot], done: Callable[[Snapshot], bool]) -> Snapshot:
    until = time.monotonic() + SETTLE_SECONDS
    while not done(now := look_again()) and time.monotonic() < until:
        time.sleep(_PAUSE)
    return now


def _candidate(sandbox: Sandbox) -> int | None:
    """Return the user that the next candidate runs as; None if that is nobody in particular."""
    return sandbox.walls.user if isinstance(sandbox, LocalSandbox | DockerSandbox) else None


def _containers() -> list[str]:
    return docker("ps", "--all", "--quiet", "--filter", f"label={owner_labels()[-1]}").split()


def _own_memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 10
