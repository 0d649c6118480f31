"""The local wall: a runner as a child of this process, in namespaces of its own where bubblewrap can make them."""

import functools
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from adrs.errors import SandboxUnavailable
from adrs.problem import Limits
from adrs.program import Program
from adrs.resources import folder
from adrs.sandbox import Needs, TimedPolicy, frames
from adrs.sandbox.link import Link, Walls
from adrs.sandbox.runners import Runners
from adrs.sandbox.shown import Shown

ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
OPTIONS = ("-s", "-P", "-B")  # not -I: it would ignore PYTHONHASHSEED
_USERS = 0x70000000  # systemd leaves the numbers from here to 2**31 to nobody
_CAPABILITIES = ("CAP_SETUID", "CAP_SETGID", "CAP_KILL")  # what root needs to become another user, and to end it
_SYSTEM = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/localtime")


class LocalSandbox:
    """Candidates in processes of this machine, each locked as far as the kernel offers (see sandbox/README.md).

    Args:
        needs: What is asked of the wall.
        namespaces: Whether to put the runner into namespaces of its own; by default, where that works here.
    """

    name = "local"

    def __init__(self, needs: Needs | None = None, *, namespaces: bool | None = None) -> None:
        self._needs = needs or Needs()
        self.namespaces = bubblewrap() is not None if namespaces is None else namespaces
        self._runners = Runners(self._start, self._needs)
        self._shown: Shown | None = None

    @property
    def walls(self) -> Walls:
        """What stands between candidates and this machine.

        Raises:
            SandboxUnavailable: Nothing does.
        """
        return self._runners.ready().link.walls

    def open(self, program: Program, limits: Limits) -> AbstractContextManager[TimedPolicy]:
        """Load `program` behind the wall; a runner that has died since the last time is replaced."""
        return self._runners.open(program, limits)

    def close(self) -> None:
        """End the runner and, if there is one, the candidate."""
        self._runners.close()
        if self._shown:
            self._shown.close()
            self._shown = None

    def _start(self, memory_mb: int) -> "LocalRunner":
        if sys.platform != "linux":
            raise SandboxUnavailable(f"the local sandbox needs Linux, not {sys.platform}", "Use a Linux machine.")
        require(self._needs, namespaces=self.namespaces)
        if self._needs.folder and not self._shown:
            self._shown = Shown(self._needs.folder)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                process = self._run(theirs.fileno())
            except OSError as error:
                ours.close()
                raise SandboxUnavailable(f"{sys.executable!r} cannot be run: {error}", "See `adrs doctor`.") from None
        return LocalRunner(process, ours)

    def _run(self, control: int) -> subprocess.Popen[bytes]:
        """Start a runner whose control connection is the open file `control`."""
        runner = (sys.executable, *OPTIONS, str(folder("sandbox") / "runner.py"))
        private = ("/tmp", "/dev/shm") if self.namespaces else ()
        options = runner_options(self._needs, user=_user(), private=private)
        command = (*runner, str(control), frames.__file__, options)
        return subprocess.Popen(
            [*_namespaces(self._needs, self._shown), *command] if self.namespaces else command,
            env=runner_environment(self._needs),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[control],
            start_new_session=True,  # a ctrl-c in the terminal is for us alone
        )


class LocalRunner:
    """A runner that is a child of this process."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self._process = process
        try:
            self.link = Link(control)
        except SandboxUnavailable:
            self._wait()
            raise

    def close(self) -> None:
        """Let it go: it ends the candidate, then itself, and with it goes the namespace that it is in."""
        self.link.close()
        self._wait()

    def _wait(self) -> None:
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)  # of namespaces, also the first process inside
            self._process.wait()


def runner_options(needs: Needs, *, user: int, private: Sequence[str], packages: str = "") -> str:
    """Return the options of a runner, as it reads them (see sandbox/runner.py)."""
    fields = {
        "user": user,
        "modules": needs.modules,
        "packages": packages,
        "seed": needs.seed,
        "inside": needs.inside,
        "private": private,
    }
    return json.dumps(fields)


def runner_environment(needs: Needs) -> dict[str, str]:
    """Return the environment of a runner; the order of a set of strings must not differ between two runs."""
    return {**ENVIRONMENT, "PYTHONHASHSEED": str(needs.seed)}


@functools.cache
def bubblewrap() -> str | None:
    """Return the path of bubblewrap; None where it is missing or cannot make namespaces."""
    path = shutil.which("bwrap")
    if path is None:
        return None
    try:
        probe = subprocess.run([*_namespaces(Needs(), path=path), "true"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return path if probe.returncode == 0 else None


def _namespaces(needs: Needs, shown: Shown | None = None, *, path: str | None = None) -> list[str]:
    """Return the command that runs another in namespaces of its own, with hardly a file in them."""
    size = str((256 if needs.inside == "evaluator" else 16) << 20)
    seen = [*filter(os.path.exists, _SYSTEM), *_python_folders(), str(folder("sandbox")), frames.__file__]
    above = sorted({str(place) for path in seen for place in Path(path).parents} - {"/", "/tmp"})
    return [
        *(path or bubblewrap() or "bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--hostname", "adrs", "--die-with-parent", "--cap-drop", "ALL"),
        *(word for name in _CAPABILITIES if os.geteuid() == 0 for word in ("--cap-add", name)),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--perms", "1777", "--size", size, "--tmpfs", "/tmp", "--perms", "1777", "--size", size),
        *("--tmpfs", "/dev/shm"),
        *(word for place in above for word in ("--perms", "0755", "--dir", place)),
        *(word for place in seen for word in ("--ro-bind", place, place)),
        *(("--ro-bind", str(shown.path), "/problem") if shown else ()),
        *("--remount-ro", "/", "--remount-ro", "/dev", "--chdir", "/", "--"),
    ]


def _python_folders() -> list[str]:
    """Return where Python and its packages lie, but for what `_SYSTEM` holds already."""
    return sorted({path for path in (sys.base_prefix, sys.prefix) if not path.startswith("/usr")})


def require(needs: Needs, *, namespaces: bool | None = None) -> None:
    """Raise `SandboxUnavailable` where the local wall cannot give what is needed.

    Args:
        needs: What is asked of it.
        namespaces: Whether it stands in namespaces; by default, where that works here.
    """
    _check_packages(needs.packages)
    if needs.inside == "evaluator" and not (bubblewrap() is not None if namespaces is None else namespaces):
        raise SandboxUnavailable(
            "a foreign evaluator needs namespaces of its own, and bubblewrap cannot make them here",
            "Install bubblewrap (Debian: `apt install bubblewrap`), or choose the Docker sandbox (--on docker).",
        )


def _check_packages(packages: Sequence[str]) -> None:
    """Raise `SandboxUnavailable` where a pinned package is not installed here at its version."""
    for pinned in packages:
        name, _, wanted = pinned.partition("==")
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "not installed"
        if wanted not in ("", found):
            raise SandboxUnavailable(
                f"the problem needs {pinned}, and here {name} is {found}",
                f"`uv pip install {pinned}`, or choose the Docker sandbox, whose image gets it.",
            )


def _user() -> int:
    """Return a user's number that nobody else has: the runner's candidates run as it where the runner is root."""
    *_, first, _, count = map(int, Path("/proc/self/uid_map").read_text().split())
    highest = first + count
    return _USERS + 2 * secrets.randbelow(1 << 26) if highest > 1 << 31 else 20000 + 2 * secrets.randbelow(20000)
