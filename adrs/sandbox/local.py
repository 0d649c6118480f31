"""The local wall: a runner as a child of this process. No Docker; Linux only."""

import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adrs.errors import SandboxUnavailable
from adrs.problem import Limits
from adrs.program import Program
from adrs.resources import folder
from adrs.sandbox import Policy, frames
from adrs.sandbox.client import candidate
from adrs.sandbox.link import Link, Walls

ENVIRONMENT = {
    "PYTHONHASHSEED": "0",  # the order of a set of strings must not differ between two runs
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
OPTIONS = ("-s", "-P", "-B")  # not -I: it would ignore PYTHONHASHSEED
_USERS = 0x70000000  # systemd leaves the numbers from here to 2**31 to nobody


class LocalSandbox:
    """Candidates in processes of this machine, each locked as far as the kernel offers (see sandbox/README.md)."""

    name = "local"

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._link: Link | None = None

    @property
    def walls(self) -> Walls:
        """What stands between candidates and this machine.

        Raises:
            SandboxUnavailable: Nothing does.
        """
        return self._ready().walls

    @contextmanager
    def open(self, program: Program, limits: Limits) -> Iterator[Policy]:
        """Load `program` behind the wall; a runner that has died since the last time is replaced."""
        with candidate(self._ready(), program, limits) as policy:
            yield policy

    def close(self) -> None:
        """End the runner and, if there is one, the candidate."""
        if self._link:
            self._link.close()
            self._link = None
        if self._process:
            _end(self._process)
            self._process = None

    def _ready(self) -> Link:
        if self._link is None or not self._link.alive:
            self.close()
            try:
                self._link = self._start()
            except SandboxUnavailable:
                self.close()
                raise
        return self._link

    def _start(self) -> Link:
        if sys.platform != "linux":
            raise SandboxUnavailable(f"the local sandbox needs Linux, not {sys.platform}", "Use a Linux machine.")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self._process = _run(theirs.fileno())
            except OSError as error:
                ours.close()
                raise SandboxUnavailable(f"{sys.executable!r} cannot be run: {error}", "See `adrs doctor`.") from None
        return Link(ours)


def _run(control: int) -> subprocess.Popen[bytes]:
    """Start a runner whose control connection is the open file `control`."""
    return subprocess.Popen(
        [sys.executable, *OPTIONS, folder("sandbox") / "runner.py", str(control), frames.__file__, str(_user())],
        env=ENVIRONMENT,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[control],
        start_new_session=True,  # a ctrl-c in the terminal is for us alone
    )


def _user() -> int:
    """Return a user's number that nobody else has: the runner's candidates run as it where the runner is root."""
    *_, first, _, count = map(int, Path("/proc/self/uid_map").read_text().split())
    highest = first + count
    return _USERS + secrets.randbelow(1 << 27) if highest > 1 << 31 else 20000 + secrets.randbelow(40000)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
