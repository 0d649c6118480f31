"""The Docker wall: a warm container with the runner in it; every candidate is a fresh process there."""

import contextlib
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adrs.errors import SandboxUnavailable
from adrs.problem import Limits
from adrs.program import Program
from adrs.resources import folder
from adrs.sandbox import Policy, frames
from adrs.sandbox.client import candidate
from adrs.sandbox.containers import docker, owner_labels, remove_leftovers
from adrs.sandbox.link import PATIENCE, Link, Walls
from adrs.sandbox.local import ENVIRONMENT, OPTIONS

_PAUSE = 0.005
_OVERHEAD_MB = 256  # what Python and numpy take beside the candidate's own memory
_USER = 20000  # nobody's, in a container of its own
_WALL = (
    *("--network", "none", "--ipc", "none", "--read-only", "--pids-limit", "16", "--user", "0:0", "--workdir", "/"),
    # The runner is root, to become another user for each candidate and to end it; it may do nothing else.
    *("--cap-drop", "ALL", "--cap-add", "SETUID", "--cap-add", "SETGID", "--cap-add", "KILL"),
    *("--security-opt", "no-new-privileges"),
)


class DockerSandbox:
    """Candidates in a container without network, capabilities or a place to write.

    Args:
        image: An image with Python 3.11 or newer and numpy (see `adrs.sandbox.images`).
        executable: `docker`, or a command that understands the same options.
        cpus: Cores that the container may use.
        slot: Number of the evaluation slot, shown as a label of the container.
    """

    name = "docker"

    def __init__(self, image: str, *, executable: str = "docker", cpus: float = 1.0, slot: int = 0) -> None:
        self._image = image
        self._executable = executable
        self._options = ("--cpus", f"{cpus:g}", "--label", f"adrs.slot={slot}")
        self._container = ""
        self._memory_mb = 0
        self._link: Link | None = None

    @property
    def walls(self) -> Walls:
        """What stands between candidates and this machine, beside the container.

        Raises:
            SandboxUnavailable: No container can be started.
        """
        return self._ready(self._memory_mb or Limits().memory_mb).walls

    @contextmanager
    def open(self, program: Program, limits: Limits) -> Iterator[Policy]:
        """Load `program` behind the wall; a container that has died, or is too small, is replaced."""
        with candidate(self._ready(limits.memory_mb), program, limits) as policy:
            yield policy

    def close(self) -> None:
        """End the container."""
        if self._link:
            self._link.close()
            self._link = None
        if self._container:
            with contextlib.suppress(SandboxUnavailable):  # it may have removed itself already
                docker("rm", "--force", self._container, executable=self._executable)
            self._container = ""

    def _ready(self, memory_mb: int) -> Link:
        if self._link is None or not self._link.alive or memory_mb > self._memory_mb:
            self.close()
            self._link = self._start(memory_mb)
            self._memory_mb = memory_mb
        return self._link

    def _start(self, memory_mb: int) -> Link:
        remove_leftovers(executable=self._executable)
        private = Path(tempfile.mkdtemp(prefix="adrs-"))
        sockets = private / "sockets"
        try:
            sockets.mkdir()
            sockets.chmod(0o777)  # the container's root may be another user than ours; nobody else gets this far
            command = self._command(sockets, memory_mb + _OVERHEAD_MB)
            self._container = docker("run", "--detach", *command, executable=self._executable)
            return Link(self._connect(sockets / "runner", command))
        except OSError as error:
            self.close()
            raise SandboxUnavailable(f"no socket in {str(sockets)!r}: {error}", "Set TMPDIR to a short path.") from None
        except BaseException:
            self.close()
            raise
        finally:
            shutil.rmtree(private)  # the connection outlives its name, and candidates get nothing to write to

    def _command(self, sockets: Path, memory_mb: int) -> tuple[str, ...]:
        memory = ("--memory", f"{memory_mb}m", "--memory-swap", f"{memory_mb}m")
        environment = [f"--env={name}={value}" for name, value in ENVIRONMENT.items()]
        mounts = [
            f"--mount=type=bind,source={folder('sandbox')},target=/adrs/sandbox,readonly",
            f"--mount=type=bind,source={frames.__file__},target=/adrs/frames.py,readonly",
            f"--mount=type=bind,source={sockets},target=/adrs/sockets",
        ]
        run = ("--rm", "--pull", "never", "--entrypoint", "python3")
        runner = (*OPTIONS, "/adrs/sandbox/runner.py", "/adrs/sockets/runner", "/adrs/frames.py", str(_USER))
        options = (*_WALL, *self._options, *memory, *owner_labels(), *environment, *mounts)
        return (*run, *options, self._image, *runner)

    def _connect(self, path: Path, command: tuple[str, ...]) -> socket.socket:
        """Return the connection to the runner, once it listens."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            for attempt in range(1, round(PATIENCE / _PAUSE)):
                if connection.connect_ex(str(path)) == 0:
                    return connection
                time.sleep(_PAUSE)
                if attempt % 100 == 0:
                    self._check(command)
            raise SandboxUnavailable(f"the runner in {self._image!r} does not listen", "See `adrs doctor`.")
        except BaseException:
            connection.close()
            raise

    def _check(self, command: tuple[str, ...]) -> None:
        """Let a container that has died say why."""
        try:
            docker("inspect", self._container, executable=self._executable)
        except SandboxUnavailable:  # it has removed itself: the same in the foreground shows what it says
            docker("run", *command, executable=self._executable, seconds=10)
