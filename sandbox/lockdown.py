"""What a candidate's process gives up before it sees a byte of the program.

Four walls, each of which stands if another is missing: a user of its own (where the runner is root), resource
limits, Landlock (no file, no TCP, no signal to the outside) and seccomp (only the system calls that computing needs).

Where a foreign evaluator is inside with the candidate, it has to read files and start processes: then Landlock is left
out, limits are wider, seccomp refuses only what reaches for the kernel (`syscalls.DENIED`), and the namespaces and the
read-only file system around the runner are what protects the machine.
"""

import contextlib
import ctypes
import fcntl
import math
import os
import resource
import signal
from struct import pack
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sandbox import syscalls
else:
    import syscalls

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2

_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446  # the same on every architecture
_LANDLOCK_VERSION_FLAG = 1
# What each version of Landlock can forbid: file access rights, TCP rights, scopes (abstract sockets, signals).
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP_RIGHTS, _SCOPES = 0b11, 0b11


class Lockdown:
    """Prepared once by the runner, applied by each candidate's process after the fork.

    Attributes:
        user: Number of the user that candidates run as; None where the runner may not change users.
        landlock: Version of Landlock; 0 where the kernel does not offer it.
        seccomp: Whether system calls can be filtered on this architecture.
    """

    def __init__(self, user: int, inside: Literal["policy", "evaluator"]) -> None:
        self._inside = inside
        self.user = user if os.geteuid() == 0 else None
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.landlock = max(0, self._libc.syscall(_LANDLOCK_CREATE, None, 0, _LANDLOCK_VERSION_FLAG))
        code = syscalls.only_allowed if inside == "policy" else syscalls.all_but_denied
        self._filter = _program(code(os.uname().machine))
        self._rules = self._no_files() if self.landlock and inside == "policy" else None
        self._in_use = int(_read("/proc/self/statm").split()[0]) * resource.getpagesize()
        self.seccomp = self._filter is not None
        if self.user is None:  # then candidates have the runner's user, and must not read or write its memory
            self._prctl(_PR_SET_DUMPABLE, 0)

    def apply(self, cpu_seconds: int, memory_bytes: int, *, keep: int) -> None:
        """Give everything up, for good.

        Args:
            cpu_seconds: CPU time that the process may use from now on.
            memory_bytes: Address space that it may use beyond what the runner has.
            keep: How many open files to keep, from 0 on.

        Raises:
            OSError: One of the walls could not be raised.
        """
        parent = os.getppid()
        with contextlib.suppress(OSError):  # a courtesy, not a wall: if memory runs out, this process goes first
            _write("/proc/self/oom_score_adj", b"1000")
        rules = None if self._rules is None else os.dup2(self._rules, keep)
        os.closerange(keep + (rules is not None), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        _set_limits(_limits(cpu_seconds, self._in_use + memory_bytes, self._inside))
        if self._inside == "evaluator":
            os.nice(19)  # so that the runner comes to its turn beside any number of processes
        self.become_user()
        self._prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            raise ProcessLookupError("the runner died")
        self._prctl(_PR_SET_NO_NEW_PRIVS, 1)
        if rules is not None:
            self._syscall(_LANDLOCK_RESTRICT, rules, 0)
            os.close(rules)
        if self._filter:
            self._prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(self._filter))

    def become_user(self) -> None:
        """Become the user that candidates run as, for good."""
        if self.user is not None:
            os.setgroups([])
            os.setresgid(self.user, self.user, self.user)
            os.setresuid(self.user, self.user, self.user)

    def become_warden(self) -> None:
        """Become one who may do to the candidate's processes and files what they may, but whom they may not signal."""
        if self.user is not None:
            os.setgroups([])
            os.setresgid(self.user, self.user, self.user)
            os.setresuid(self.user + 1, self.user, self.user + 1)

    def _no_files(self) -> int:
        """Return a set of Landlock's rules that forbids all it can, as an open file."""
        files = _FILE_RIGHTS[max(version for version in _FILE_RIGHTS if version <= self.landlock)]
        tcp, scopes = _TCP_RIGHTS * (self.landlock >= 4), _SCOPES * (self.landlock >= 6)
        rules = self._syscall(_LANDLOCK_CREATE, pack("<QQQ", files, tcp, scopes), 24, 0)
        high = fcntl.fcntl(rules, fcntl.F_DUPFD_CLOEXEC, 16)  # where nothing is put that candidates keep
        os.close(rules)
        return high

    def _prctl(self, option: int, *arguments: object) -> None:
        padding = (0,) * (4 - len(arguments))
        if self._libc.prctl(option, *map(_word, (*arguments, *padding))):
            raise OSError(ctypes.get_errno(), f"prctl {option}: {os.strerror(ctypes.get_errno())}")

    def _syscall(self, number: int, *arguments: object) -> int:
        result: int = self._libc.syscall(number, *map(_word, arguments))
        if result < 0:
            raise OSError(ctypes.get_errno(), f"system call {number}: {os.strerror(ctypes.get_errno())}")
        return result


def _limits(cpu_seconds: int, memory_bytes: int, inside: str) -> list[tuple[int, int, int]]:
    """Return each resource with its soft and its hard limit."""
    files, processes, file_bytes = (8, 0, 0) if inside == "policy" else (256, 64, 1 << 28)
    return [
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
        (resource.RLIMIT_STACK, 8 << 20, 8 << 20),
        (resource.RLIMIT_NPROC, processes, processes),  # threads count too
        (resource.RLIMIT_NOFILE, files, files),
        (resource.RLIMIT_FSIZE, file_bytes, file_bytes),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
    ]


def _set_limits(limits: list[tuple[int, int, int]]) -> None:
    for limit, soft, hard in limits:
        _, most = resource.getrlimit(limit)
        bound = math.inf if most == resource.RLIM_INFINITY else most
        resource.setrlimit(limit, (int(min(soft, bound)), int(min(hard, bound))))


def _read(path: str) -> bytes:
    """Return a small file; `open` would touch, and so copy, many more of the pages that are shared with the runner."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)


def _write(path: str, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)


def _word(argument: object) -> object:
    """Return `argument` such that a variadic C function reads it as one full word."""
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


class _Program(ctypes.Structure):
    """`struct sock_fprog`: a filter for seccomp."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def _program(code: bytes | None) -> _Program | None:
    return None if code is None else _Program(len(code) // syscalls.LINE, code)
