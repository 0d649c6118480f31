"""The runner: forks one locked process per candidate, and ends it. Started by `adrs.sandbox`, never by hand.

    python -s -P -B runner.py CONTROL FRAMES OPTIONS

CONTROL is the number of an open socket, or a path to listen on for one connection. OPTIONS is a JSON object, see
`Options`. On the control connection travel packets of JSON: first what the runner is, or why it `failed`; then, as
often as the host likes, `open` (with the candidate's connection as a file descriptor), `clock` (answered by the CPU
time of the candidate's process) and `end` (answered by how the candidate ended). The runner never reads what a
candidate says: program, calls and answers pass between the host and the candidate's process alone. When the control
connection closes, everything here ends.
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
import shutil
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

if TYPE_CHECKING:
    from sandbox.lockdown import Lockdown
    from sandbox.service import Service

PATIENCE = 60.0  # seconds that a runner waits for the host's connection
CLEANING_SECONDS = 10.0
FILES = 256
PRELOADED = (  # noqa: SIM905 - as a list it would fill a screen
    "__future__ _strptime abc array base64 binascii bisect calendar cmath collections collections.abc contextlib copy"
    " ctypes dataclasses datetime decimal encodings.ascii encodings.latin_1 encodings.utf_8 enum fractions functools gc"
    " graphlib hashlib heapq inspect io itertools json keyword logging math numbers operator os pickle platform pprint"
    " queue random re secrets signal statistics string struct sys textwrap threading time timeit traceback types typing"
    " uuid warnings weakref zlib numpy numpy.fft numpy.lib.stride_tricks numpy.linalg numpy.ma numpy.polynomial"
    " numpy.random numpy.typing"
).split()


@dataclass(frozen=True)
class Options:
    """What the host wants of its runner.

    Attributes:
        user: Number of the user that candidates run as, where the runner is root.
        modules: What candidates may import beside `PRELOADED`.
        packages: A folder that holds some of these modules; empty if they lie where Python looks anyway.
        seed: Of the shared random streams.
        inside: `policy`, or `evaluator` where candidates may do more than compute.
        private: Folders that are the candidate's to write to and that nobody else uses; emptied after each.
    """

    user: int
    modules: tuple[str, ...] = ()
    packages: str = ""
    seed: int = 0
    inside: Literal["policy", "evaluator"] = "policy"
    private: tuple[str, ...] = ()


def main() -> None:
    """Serve one host until it leaves."""
    where, frames, options = sys.argv[1:]
    control = _connect(where)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))  # every candidate closes as many
    try:
        runner = Runner(control, Path(frames), Options(**json.loads(options)))
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

    def __init__(self, control: socket.socket, frames: Path, options: Options) -> None:
        self._control = control
        self._options = options
        self._candidate = 0
        _preload(frames, options)
        lockdown: Any = importlib.import_module("lockdown")
        service: Any = importlib.import_module("service")
        self._lockdown: Lockdown = lockdown.Lockdown(options.user, options.inside)
        self._service: Service = service.Service(options)
        self._walls = self._describe()
        libc = ctypes.CDLL(None)
        libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans become children of the runner
        self._kills = _out_of_memory_kills()
        self._ours = set(_content(options.private))
        _set_environment(options)
        self._rehearse()
        gc.collect()
        libc.malloc_trim(0)  # what is not there need not be copied
        gc.freeze()  # collections in candidates must not touch, and so copy, the pages that they share

    def serve(self) -> None:
        """Do what the host asks until it closes the connection."""
        self._reply(self._walls)
        while True:
            packet, descriptors, _, _ = socket.recv_fds(self._control, 4096, 1)
            if not packet:
                break
            self._obey(json.loads(packet), descriptors)
        if self._candidate:
            self._end()

    def _describe(self) -> dict[str, Any]:
        lock = self._lockdown
        return {
            "pid": os.getpid(),
            "user": lock.user,
            "landlock": lock.landlock,
            "seccomp": lock.seccomp,
            "python": platform.python_version(),
            "numpy": importlib.import_module("numpy").__version__,
        }

    def _obey(self, request: dict[str, Any], descriptors: list[int]) -> None:
        if "open" in request:
            self._candidate = os.fork()
            if not self._candidate:
                self._become_candidate(descriptors[0], *request["open"])
            os.close(descriptors[0])
        elif "clock" in request:
            self._reply({"cpu_seconds": _cpu_seconds(self._candidate)})
        else:
            self._reply(self._end())

    def _become_candidate(self, connection: int, cpu_seconds: int, memory_bytes: int) -> NoReturn:
        """Live as the candidate. Whatever does not depend on it was done before the fork."""
        status = 1
        try:
            os.setsid()
            os.dup2(connection, 3)
            channel = socket.socket(fileno=3)
            self._lockdown.apply(cpu_seconds, memory_bytes, keep=4)
            self._service.run(channel)
        except EOFError:
            status = 0
        except OSError as error:
            os.write(3, str(error).encode())  # read by the rehearsal; to a host it is one more thing that is no frame
        finally:
            os._exit(status)

    def _end(self) -> dict[str, Any]:
        """End the candidate and everything that it may have started; return how it ended."""
        os.kill(self._candidate, signal.SIGKILL)
        _, status, usage = os.wait4(self._candidate, 0)
        self._candidate = 0
        survivors = _survivors()
        if survivors or not self._ours.issuperset(_content(self._options.private)):
            self._clean_up()
            survivors |= not self._ours.issuperset(_content(self._options.private))
        code = os.waitstatus_to_exitcode(status)
        kills, self._kills = self._kills, _out_of_memory_kills() if code == -signal.SIGKILL else self._kills
        return {
            "code": code,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "memory_bytes": usage.ru_maxrss * 1024,
            "out_of_memory": self._kills > kills,
            "survivors": survivors,
        }

    def _clean_up(self) -> None:
        """Kill whatever outlived the candidate, and empty the private folders."""
        if self._lockdown.user is not None:
            cleaner = os.fork()
            if not cleaner:
                self._clean_up_as_warden()
            _await(cleaner)
        _end_orphans()
        _remove(_content(self._options.private), but=self._ours)

    def _clean_up_as_warden(self) -> NoReturn:
        """Do so as one who may touch all that is the candidate's and nothing else, and whom none may signal."""
        try:
            self._lockdown.become_warden()
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)  # all of that user at once: what forks faster than we look ends too
            _remove(_content(self._options.private), but=self._ours)
        finally:
            os._exit(0)

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


def _preload(frames: Path, options: Options) -> None:
    """Import all that a candidate may use, for it can read no file."""
    sys.path.insert(0, str(Path(__file__).parent))
    if options.packages:
        sys.path.append(options.packages)
    for name in (*PRELOADED, *options.modules):
        importlib.import_module(name)
    spec = importlib.util.spec_from_file_location("frames", frames)
    if spec is None or spec.loader is None:
        raise ImportError(f"{frames} is no Python file")
    module = sys.modules["frames"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


def _set_environment(options: Options) -> None:
    """Leave nothing of the environment, nor of standard input and output, to be inherited."""
    threads = {name: value for name, value in os.environ.items() if name.endswith("_NUM_THREADS")}
    os.environ.clear()
    if options.inside == "evaluator":
        home = options.private[0]
        os.environ.update(threads, PATH="/usr/local/bin:/usr/bin:/bin", HOME=home, TMPDIR=home, LANG="C.UTF-8")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def _cpu_seconds(process: int) -> float:
    """Return the CPU time that `process` has used, with that of all its threads."""
    return time.clock_gettime(~process << 3 | 2)  # the kernel's number for the scheduler's clock of a process


def _await(process: int) -> None:
    """Wait for a process of ours; if it is held up, end the runner, and with it all in its namespace."""
    deadline = time.monotonic() + CLEANING_SECONDS
    while os.waitpid(process, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os._exit(1)
        time.sleep(0.001)


def _survivors() -> bool:
    """Return whether anything outlived the candidate; reap what has ended meanwhile."""
    while True:
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if not ended:
            return True


def _content(folders: tuple[str, ...]) -> list[str]:
    """Return what lies in `folders`."""
    return [str(path) for folder in folders for path in Path(folder).iterdir()]


def _remove(paths: list[str], *, but: set[str]) -> None:
    """Remove all of `paths` that we may."""
    for path in map(Path, set(paths) - but):
        if path.is_dir() and not path.is_symlink():
            _open_up(path)
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()


def _open_up(root: Path) -> None:
    """Let the owner into every folder below `root`, whatever the candidate has forbidden."""
    with contextlib.suppress(OSError):
        root.chmod(0o700)
    for folder, names, _ in os.walk(root):
        for name in names:
            if not (path := Path(folder, name)).is_symlink():
                with contextlib.suppress(OSError):
                    path.chmod(0o700)


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
