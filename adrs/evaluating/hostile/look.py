"""What runs and lies about here. Standard library only, for this file is also run alone, inside containers.

    python3 look.py ROOT

prints `processes`: those that descend from ROOT (all, if it is 0) as `[number, user, name, KiB in memory]`, and
`files`: those that lie where a program might leave one, as `[path, user]`.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("/", "/tmp", "/dev/shm", "/dev/mqueue", "/var/tmp", "/run")
_QUEUES = ("shm", "msg", "sem")


def look(root: int) -> dict[str, list[list[object]]]:
    """Return what the module says."""
    parents = dict(_parents())
    running = [number for number in parents if _descends(number, root, parents)]
    places = {"", *(f"/proc/{number}/root" for number in running if root)}
    return {
        "processes": [row for number in running if (row := _process(number))],
        "files": [list(row) for row in sorted({row for place in places for row in _files(place)})],
    }


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield int(folder.name), int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue


def _descends(number: int, root: int, parents: dict[int, int]) -> bool:
    """Return whether a process descends from `root`; this process itself does not count."""
    if number == os.getpid():
        return False
    while root and number not in (0, root):
        number = parents.get(number, 0)
    return number == root or not root


def _process(number: int) -> list[object] | None:
    folder = Path(f"/proc/{number}")
    try:
        name = (folder / "comm").read_text().strip()
        pages = int((folder / "statm").read_text().split()[1])
        return [number, folder.stat().st_uid, name, pages * os.sysconf("SC_PAGE_SIZE") >> 10]
    except (FileNotFoundError, ProcessLookupError):
        return None


def _files(place: str) -> Iterator[tuple[str, int]]:
    """Yield what lies in the folders, and the queues and segments of System V, as one process sees them."""
    for folder in FOLDERS:
        try:
            with os.scandir(place + folder) as entries:
                yield from ((entry.path, entry.stat(follow_symlinks=False).st_uid) for entry in entries)
        except OSError:  # no such folder here, not ours to see, or its process has ended
            continue
    for kind in _QUEUES:
        yield from _queues(kind)


def _queues(kind: str) -> Iterator[tuple[str, int]]:
    """Yield the System V objects of one kind; the columns are key, number, mode, then others."""
    try:
        _, *lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        key, number, *rest = line.split()
        del rest
        yield f"{kind} {number} adrs-hostile-{key}", -1


if __name__ == "__main__":
    print(json.dumps(look(int(sys.argv[1]))))  # noqa: T201 - read by the suite
