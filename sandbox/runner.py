"""The runner: forks one locked process per candidate, and ends it. Started by `adrs.sandbox`, never by hand.

    python -s -P -B runner.py CONTROL FRAMES USER

CONTROL is the number of an open socket, or a path to listen on for one connection. On this control connection travel
packets of JSON: first what the runner is, or why it `failed`; then, as often as the host likes, `open` (with the
candidate's connection as a file descriptor) and `end` (answered by how the candidate ended). The runner never reads
what a candidate says: program, calls and answers pass between the host and the candidate's process alone. When the
control connection closes, everything here ends.
"""

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import json
import os
import platform
import resource
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from sandbox.lockdown import Lockdown

PATIENCE = 60.0  # seconds that a runner waits for the host's connection
PRELOADED = (  # noqa: SIM905 - as a list it would fill a screen
    "__future__ _strptime abc array base64 binascii bisect calendar cmath collections collections.abc contextlib copy"
    " ctypes dataclasses datetime decimal encodings.ascii encodings.latin_1 encodings.utf_8 enum fractions functools gc"
    " graphlib hashlib heapq inspect io itertools json keyword logging math numbers operator os pickle platform pprint"
    " queue random re secrets signal statistics string struct sys textwrap threading time timeit traceback types typing"
    " uuid warnings weakref zlib numpy numpy.fft numpy.lib.stride_tricks numpy.linalg numpy.ma numpy.polynomial"
    " numpy.random numpy.typing"
).split()


def main() -> None:
    """Serve one host until it leaves."""
    where, frames, user = sys.argv[1:]
    control = _connect(where)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))  # every candidate closes as many
    try:
        runner = Runner(control, Path(frames), int(user))
    except (ImportError, OSError, RuntimeError) as error:
        control.send(json.dumps({"failed": f"{type(error).__name__}: {error}"[:1000]}).encode())
        return
    runner.serve()


def _connect(where: str) -> socket.socket:
    if where.isdigit():
        control = socket.socket(fileno=os.dup(int(where)))  # the lowest number that is free
        os.close(int(where))
        return control
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(where)
        Path(where).chmod(0o666)  # in a container, the host's user is another one than the runner's
        listener.listen(1)
        listener.settimeout(PATIENCE)
        connection, _ = listener.accept()
    connection.setblocking(True)
    return connection


class Runner:
    """Candidates, one at a time.

    Raises:
        ImportError: A module that candidates may use is not here.
        OSError: A wall cannot be raised.
        RuntimeError: A rehearsal of the walls failed.
    """

    def __init__(self, control: socket.socket, frames: Path, user: int) -> None:
        self._control = control
        self._null = os.open(os.devnull, os.O_RDWR)
        self._candidate = 0
        _preload(frames)
        lockdown: Any = importlib.import_module("lockdown")
        self._lockdown: Lockdown = lockdown.Lockdown(user)
        self._service: Any = importlib.import_module("service")
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans become children of the runner
        self._kills = _out_of_memory_kills()
        self._rehearse()
        gc.collect()
        gc.freeze()  # collections in candidates must not touch, and so copy, the pages that they share

    def serve(self) -> None:
        """Do what the host asks until it closes the connection."""
        lock = self._lockdown
        self._reply(
            {
                "pid": os.getpid(),
                "user": lock.user,
                "landlock": lock.landlock,
                "seccomp": lock.seccomp,
                "python": platform.python_version(),
                "numpy": importlib.import_module("numpy").__version__,
            }
        )
        while True:
            packet, descriptors, _, _ = socket.recv_fds(self._control, 4096, 1)
            if not packet:
                break
            self._obey(json.loads(packet), descriptors)
        if self._candidate:
            self._end()

    def _obey(self, request: dict[str, Any], descriptors: list[int]) -> None:
        if "open" in request:
            self._candidate = os.fork()
            if not self._candidate:
                self._become_candidate(descriptors[0], *request["open"])
            os.close(descriptors[0])
        else:
            self._reply(self._end())

    def _become_candidate(self, connection: int, cpu_seconds: int, memory_bytes: int) -> NoReturn:
        status = 1
        try:
            self._leave_runner(connection)
            service = self._service.Service(socket.socket(fileno=3))
            self._lockdown.apply(cpu_seconds, memory_bytes)
            service.run()
        except EOFError:
            status = 0
        except OSError as error:
            os.write(3, str(error).encode())  # read by the rehearsal; to a host it is one more thing that is no frame
        finally:
            os._exit(status)

    def _leave_runner(self, connection: int) -> None:
        os.setsid()
        os.environ.clear()
        for descriptor in (0, 1, 2):
            os.dup2(self._null, descriptor)
        os.dup2(connection, 3)
        os.closerange(4, resource.getrlimit(resource.RLIMIT_NOFILE)[0])

    def _end(self) -> dict[str, Any]:
        """End the candidate and everything that it may have started; return how it ended."""
        os.kill(self._candidate, signal.SIGKILL)
        _, status, usage = os.wait4(self._candidate, 0)
        self._candidate = 0
        _end_orphans()
        code = os.waitstatus_to_exitcode(status)
        kills, self._kills = self._kills, _out_of_memory_kills() if code == -signal.SIGKILL else self._kills
        return {
            "code": code,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "memory_bytes": usage.ru_maxrss * 1024,
            "out_of_memory": self._kills > kills,
        }

    def _rehearse(self) -> None:
        """Raise every wall once, to no purpose but to know that each stands."""
        ours, theirs = socket.socketpair()
        with ours:
            ours.settimeout(PATIENCE)
            self._obey({"open": [60, 1 << 30]}, [theirs.detach()])
            said = ours.recv(1000)
        self._end()
        if b"locked" not in said:
            raise RuntimeError(said.decode(errors="replace") or "the first process died")

    def _reply(self, fields: dict[str, Any]) -> None:
        self._control.send(json.dumps(fields).encode())


def _preload(frames: Path) -> None:
    """Import all that a candidate may use, for it can read no file."""
    sys.path.insert(0, str(Path(__file__).parent))
    for name in PRELOADED:
        importlib.import_module(name)
    spec = importlib.util.spec_from_file_location("frames", frames)
    if spec is None or spec.loader is None:
        raise ImportError(f"{frames} is no Python file")
    module = sys.modules["frames"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


def _end_orphans() -> None:
    """Kill what outlived the candidate and wait for it."""
    while True:
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not ended:
            for child in _children():
                os.kill(child, signal.SIGKILL)
            time.sleep(0.001)


def _children() -> list[int]:
    """Return the processes whose parent is the runner."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it may end while we look
            parent = path.read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid():
                found.append(int(path.parent.name))
    return found


def _out_of_memory_kills() -> int:
    """Return how often the kernel has killed a process for memory since it started."""
    for line in Path("/proc/vmstat").read_text().splitlines():
        name, value = line.split()
        if name == "oom_kill":
            return int(value)
    return 0


if __name__ == "__main__":
    main()
