"""The Docker wall: a warm container with the runner in it; every candidate is a fresh process there."""

import contextlib
import secrets
import shutil
import socket
import time
from contextlib import AbstractContextManager
from pathlib import Path

from adrs.errors import SandboxUnavailable
from adrs.problem import Limits
from adrs.program import Program
from adrs.resources import folder
from adrs.sandbox import Needs, TimedPolicy, frames
from adrs.sandbox.containers import docker, owner_labels, private_folder, remove_leftovers
from adrs.sandbox.images import PACKAGES
from adrs.sandbox.link import PATIENCE, Link, Walls
from adrs.sandbox.local import OPTIONS, runner_environment, runner_options
from adrs.sandbox.runners import Runners
from adrs.sandbox.shown import Shown

_PAUSE = 0.005
_OVERHEAD_MB = 256  # what Python and numpy take beside the candidate's own memory
_USERS = 20000, 40000  # nobody's: the first, and how many; limits of processes count a user's in all containers
_WALL = (
    *("--network", "none", "--read-only", "--user", "0:0", "--workdir", "/"),
    # The runner is root, to become another user for each candidate and to end it; it may do nothing else.
    *("--cap-drop", "ALL", "--cap-add", "SETUID", "--cap-add", "SETGID", "--cap-add", "KILL"),
    *("--security-opt", "no-new-privileges"),
)
# Where a candidate is alone it can write nowhere, so that these are walls behind walls.
_ALONE = ("--ipc", "none", "--pids-limit", "16", "--tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=16m,mode=1777")
_WITH_EVALUATOR = (
    *("--ipc", "private", "--shm-size", "256m", "--pids-limit", "128"),
    *("--tmpfs", "/tmp:rw,exec,nosuid,nodev,size=256m,mode=1777"),
)


class DockerSandbox:
    """Candidates in a container without network, capabilities or a place to write that lasts.

    Args:
        image: An image with Python 3.11 or newer and numpy (see `adrs.sandbox.images`).
        needs: What is asked of the wall.
        executable: `docker`, or a command that understands the same options.
        slot: Number of the evaluation slot, shown as a label of the container.
        core: The core that the container is pinned to; None for any one.
    """

    name = "docker"

    def __init__(
        self,
        image: str,
        needs: Needs | None = None,
        *,
        executable: str = "docker",
        slot: int = 0,
        core: int | None = None,
    ) -> None:
        self._image = image
        self._needs = needs or Needs()
        self._executable = executable
        self._options: tuple[str, ...] = ("--cpus", "1", "--label", f"adrs.slot={slot}")
        if core is not None:
            self._options += ("--cpuset-cpus", str(core))
        if self._needs.runtime:
            self._options += ("--runtime", self._needs.runtime)
        self._runners = Runners(self._start, self._needs)
        self._shown: Shown | None = None

    @property
    def walls(self) -> Walls:
        """What stands between candidates and this machine, beside the container.

        Raises:
            SandboxUnavailable: No container can be started.
        """
        return self._runners.ready().link.walls

    def open(self, program: Program, limits: Limits) -> AbstractContextManager[TimedPolicy]:
        """Load `program` behind the wall; a container that has died, or is too small, is replaced."""
        return self._runners.open(program, limits)

    def close(self) -> None:
        """End the container."""
        self._runners.close()
        if self._shown:
            self._shown.close()
            self._shown = None

    def _start(self, memory_mb: int) -> "Container":
        remove_leftovers(executable=self._executable)
        if self._needs.folder and not self._shown:
            self._shown = Shown(self._needs.folder)
        private = private_folder()
        sockets = private / "sockets"
        container = ""
        try:
            sockets.mkdir()
            sockets.chmod(0o777)  # the container's root may be another user than ours; nobody else gets this far
            command = self._command(sockets, memory_mb + _OVERHEAD_MB)
            container = self._run(command)
            return Container(container, Link(self._connect(sockets / "runner", container, command)), self._executable)
        except OSError as error:
            _remove(container, self._executable)
            raise SandboxUnavailable(f"no socket in {str(sockets)!r}: {error}", "Set TMPDIR to a short path.") from None
        except BaseException:
            _remove(container, self._executable)
            raise
        finally:
            shutil.rmtree(private)  # the connection outlives its name, and candidates get nothing to write to

    def _run(self, command: tuple[str, ...]) -> str:
        """Start the container; return its id."""
        try:
            return docker("run", "--detach", *command, executable=self._executable)
        except SandboxUnavailable as error:
            if self._needs.runtime and self._needs.runtime in str(error):
                error.todo = f"Install the runtime {self._needs.runtime!r} and name it in Docker's daemon.json."
            raise

    def _command(self, sockets: Path, memory_mb: int) -> tuple[str, ...]:
        memory = ("--memory", f"{memory_mb}m", "--memory-swap", f"{memory_mb}m")
        environment = [f"--env={name}={value}" for name, value in runner_environment(self._needs).items()]
        mounts = [
            f"--mount=type=bind,source={folder('sandbox')},target=/adrs/sandbox,readonly",
            f"--mount=type=bind,source={frames.__file__},target=/adrs/frames.py,readonly",
            f"--mount=type=bind,source={sockets},target=/adrs/sockets",
        ]
        if self._shown:
            mounts.append(f"--mount=type=bind,source={self._shown.path},target=/problem,readonly")
        run = ("--rm", "--pull", "never", "--entrypoint", "python3")
        alone = self._needs.inside == "policy"
        private = ("/tmp",) if alone else ("/tmp", "/dev/shm")
        packages = PACKAGES if self._needs.packages else ""
        user = _USERS[0] + 2 * secrets.randbelow(_USERS[1] // 2)
        options = runner_options(self._needs, user=user, private=private, packages=packages)
        runner = (*OPTIONS, "/adrs/sandbox/runner.py", "/adrs/sockets/runner", "/adrs/frames.py", options)
        walls = (*_WALL, *(_ALONE if alone else _WITH_EVALUATOR), *self._options, *memory, *owner_labels())
        return (*run, *walls, *environment, *mounts, self._image, *runner)

    def _connect(self, path: Path, container: str, command: tuple[str, ...]) -> socket.socket:
        """Return the connection to the runner, once it listens."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            for attempt in range(1, round(PATIENCE / _PAUSE)):
                if connection.connect_ex(str(path)) == 0:
                    return connection
                time.sleep(_PAUSE)
                if attempt % 100 == 0:
                    self._check(container, command)
            raise SandboxUnavailable(f"the runner in {self._image!r} does not listen", "See `adrs doctor`.")
        except BaseException:
            connection.close()
            raise

    def _check(self, container: str, command: tuple[str, ...]) -> None:
        """Let a container that has died say why."""
        try:
            docker("inspect", container, executable=self._executable)
        except SandboxUnavailable:  # it has removed itself: the same in the foreground shows what it says
            docker("run", *command, executable=self._executable, seconds=10)


class Container:
    """A runner in a container."""

    def __init__(self, name: str, link: Link, executable: str) -> None:
        self._name = name
        self.link = link
        self._executable = executable

    def close(self) -> None:
        """Let the runner go, and make sure of the container."""
        self.link.close()
        _remove(self._name, self._executable)


def _remove(container: str, executable: str) -> None:
    if container:
        with contextlib.suppress(SandboxUnavailable):  # it may have removed itself already
            docker("rm", "--force", container, executable=executable)
