"""What a candidate's process gives up before it sees a byte of the program.

Four walls, each of which stands if another is missing: a user of its own (where the runner is root), resource
limits, Landlock (no file, no TCP, no signal to the outside) and seccomp (only the system calls that computing needs).
"""

import contextlib
import ctypes
import math
import os
import resource
import signal
import struct

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2

_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446  # the same on every architecture
_LANDLOCK_VERSION_FLAG = 1
# What each version of Landlock can forbid: file access rights, TCP rights, scopes (abstract sockets, signals).
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP_RIGHTS, _SCOPES = 0b11, 0b11

# How the kernel names each architecture, and its column below.
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1), "riscv64": (0xC00000F3, 1)}
# Numbers of the allowed system calls on x86_64 and on the others; None where it does not exist. Frequent ones first.
_CALLS: dict[str, tuple[int | None, int | None]] = {
    "recvfrom": (45, 207),
    "sendmsg": (46, 211),
    "read": (0, 63),
    "write": (1, 64),
    "brk": (12, 214),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "mprotect": (10, 226),
    "madvise": (28, 233),
    "futex": (202, 98),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "getrusage": (98, 165),
    "getrandom": (318, 278),
    "sendto": (44, 206),
    "recvmsg": (47, 212),
    "readv": (19, 65),
    "writev": (20, 66),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getppid": (110, 173),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "uname": (63, 160),
    "sysinfo": (99, 179),
    "getcpu": (309, 168),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "alarm": (37, None),
    "getitimer": (36, 102),
    "setitimer": (38, 103),
    "restart_syscall": (219, 128),
    "membarrier": (324, 283),
    "rseq": (334, 293),
    "set_robust_list": (273, 99),
    "exit": (60, 93),
    "exit_group": (231, 94),
}


class Lockdown:
    """Prepared once by the runner, applied by each candidate's process after the fork.

    Attributes:
        user: Number of the user that candidates run as; None where the runner may not change users.
        landlock: Version of Landlock; 0 where the kernel does not offer it.
        seccomp: Whether system calls can be filtered on this architecture.
    """

    def __init__(self, user: int) -> None:
        self.user = user if os.geteuid() == 0 else None
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.landlock = max(0, self._libc.syscall(_LANDLOCK_CREATE, None, 0, _LANDLOCK_VERSION_FLAG))
        self._filter = _filter(os.uname().machine)
        self.seccomp = self._filter is not None

    def apply(self, cpu_seconds: int, memory_bytes: int) -> None:
        """Give everything up, for good.

        Args:
            cpu_seconds: CPU time that the process may use from now on.
            memory_bytes: Address space that it may use beyond what it has.

        Raises:
            OSError: One of the walls could not be raised.
        """
        parent = os.getppid()
        with contextlib.suppress(OSError):  # a courtesy, not a wall: if memory runs out, this process goes first
            _write("/proc/self/oom_score_adj", b"1000")
        _set_limits(cpu_seconds, memory_bytes)
        self._change_user()
        self._prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            raise ProcessLookupError("the runner died")
        self._prctl(_PR_SET_NO_NEW_PRIVS, 1)
        if self.landlock:
            self._forbid_files()
        if self._filter:
            self._prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(self._filter))

    def _change_user(self) -> None:
        if self.user is not None:
            os.setgroups([])
            os.setresgid(self.user, self.user, self.user)
            os.setresuid(self.user, self.user, self.user)

    def _forbid_files(self) -> None:
        files = _FILE_RIGHTS[max(version for version in _FILE_RIGHTS if version <= self.landlock)]
        tcp, scopes = _TCP_RIGHTS * (self.landlock >= 4), _SCOPES * (self.landlock >= 6)
        rules = self._syscall(_LANDLOCK_CREATE, struct.pack("<QQQ", files, tcp, scopes), 24, 0)
        self._syscall(_LANDLOCK_RESTRICT, rules, 0)
        os.close(rules)

    def _prctl(self, option: int, *arguments: object) -> None:
        padding = (0,) * (4 - len(arguments))
        if self._libc.prctl(option, *map(_word, (*arguments, *padding))):
            raise OSError(ctypes.get_errno(), f"prctl {option}: {os.strerror(ctypes.get_errno())}")

    def _syscall(self, number: int, *arguments: object) -> int:
        result: int = self._libc.syscall(number, *map(_word, arguments))
        if result < 0:
            raise OSError(ctypes.get_errno(), f"system call {number}: {os.strerror(ctypes.get_errno())}")
        return result


def _set_limits(cpu_seconds: int, memory_bytes: int) -> None:
    in_use = int(_read("/proc/self/statm").split()[0]) * resource.getpagesize()
    for limit, soft, hard in (
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
        (resource.RLIMIT_AS, in_use + memory_bytes, in_use + memory_bytes),
        (resource.RLIMIT_STACK, 8 << 20, 8 << 20),
        (resource.RLIMIT_NPROC, 0, 0),  # neither processes nor threads
        (resource.RLIMIT_NOFILE, 8, 8),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
    ):
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


def _filter(machine: str) -> _Program | None:
    """Return the filter that refuses (EPERM) every system call but `_CALLS`; None for an unknown architecture."""
    if machine not in _ARCHITECTURES or struct.calcsize("P") != 8:
        return None
    load, jump_if_equal, give = 0x20, 0x15, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050000 | 1, 0x80000000
    architecture, column = _ARCHITECTURES[machine]
    numbers = [number for row in _CALLS.values() if (number := row[column]) is not None]
    code = [(load, 0, 0, 4), (jump_if_equal, 1, 0, architecture), (give, 0, 0, kill), (load, 0, 0, 0)]
    code += [(jump_if_equal, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    code += [(give, 0, 0, refuse), (give, 0, 0, allow)]
    return _Program(len(code), b"".join(struct.pack("<HBBI", *line) for line in code))
