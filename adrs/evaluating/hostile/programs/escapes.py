"""Programs that reach for other processes, for privileges and for the kernel."""

from adrs.evaluating.hostile.hostile import Hostile, spy
from adrs.evaluation import Status

_LIBC = "import ctypes, os\nlibc = ctypes.CDLL(None)\n"


def _reach(name: str, message: str, source: str) -> Hostile:
    return Hostile("escape", name, Status.CRASHED, message, source)


ESCAPES = (
    _reach("kill -1", "PermissionError", "import os\ndef order(times): os.kill(-1, 9)"),
    _reach("kill the runner", "PermissionError", "import os\ndef order(times): os.kill(os.getppid(), 9)"),
    _reach("stop the runner", "PermissionError", "import os\ndef order(times): os.kill(os.getppid(), 19)"),
    _reach("kill process 1", "PermissionError", "import os\ndef order(times): os.kill(1, 9)"),
    _reach("kill the host", "PermissionError", "import os\ndef order(times): os.kill(TARGETS['host'], 9)"),
    _reach("kill a bystander", "PermissionError", "import os\ndef order(times): os.kill(TARGETS['bystander'], 9)"),
    _reach("kill its group", "PermissionError", "import os\ndef order(times): os.killpg(0, 9)"),
    _reach("kill itself", "PermissionError", "import os\ndef order(times): os.kill(os.getpid(), 9)"),
    spy(
        "escape",
        "signals to everybody",
        """
import os
def attempts():
    numbers = [1, os.getppid(), TARGETS["host"], TARGETS["bystander"], -os.getppid(), -1]
    found = {f"process {number}": lambda number=number: not os.kill(number, 0) for number in numbers}
    found["pidfd"] = lambda: os.pidfd_open(TARGETS["bystander"])
    return found
""",
    ),
    spy(
        "escape",
        "ptrace of siblings",
        _LIBC
        + """
def attempts():
    numbers = [os.getppid(), TARGETS["host"], TARGETS["bystander"]]
    def traces(number):  # seizes it, stops it, waits until it has stopped, and lets it go
        if libc.ptrace(0x4206, number, 0, 0):
            return False
        libc.ptrace(0x4207, number, 0, 0)
        libc.waitpid(number, None, 0x40000000)
        return libc.ptrace(17, number, 0, 0) == 0
    return {f"process {number}": lambda number=number: traces(number) for number in numbers}
""",
    ),
    spy(
        "escape",
        "memory of others",
        _LIBC
        + """
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
def attempts():
    room = ctypes.create_string_buffer(8)
    here, there = Part(ctypes.addressof(room), 8), Part(ctypes.addressof(room), 8)
    numbers = [os.getpid(), os.getppid(), TARGETS["host"], TARGETS["bystander"]]
    both = (ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    return {f"process {number}": lambda number=number: libc.process_vm_readv(number, *both) == 8 for number in numbers}
""",
    ),
    spy(
        "escape",
        "another user",
        _LIBC
        + """
def attempts():
    return {
        "is root": lambda: 0 in (os.getuid(), os.geteuid(), os.getgid(), os.getegid()),
        "becomes root": lambda: libc.setuid(0) == 0,
        "becomes another": lambda: libc.setresuid(os.getuid(), os.getuid(), os.getuid()) == 0,
        "another group": lambda: libc.setresgid(os.getgid(), os.getgid(), os.getgid()) == 0,
        "another session": lambda: libc.getsid(0) >= 0,
        "capabilities": lambda: libc.prctl(3, 0, 0, 0, 0) >= 0,
    }
""",
    ),
    spy(
        "escape",
        "namespaces and mounts",
        _LIBC
        + """
def attempts():
    return {
        "unshare": lambda: libc.unshare(0) == 0,
        "user namespace": lambda: libc.unshare(0x10000000) == 0,
        "chroot": lambda: libc.chroot(b"/") == 0,
        "change folder": lambda: libc.chdir(b"/") == 0,
        "mount": lambda: libc.mount(b"none", b"/adrs-hostile", b"tmpfs", 0, None) == 0,
        "setns": lambda: libc.setns(0, 0) == 0,
    }
""",
    ),
    spy(
        "escape",
        "calls that computing does not need",
        _LIBC
        + """
def attempts():
    key = 0x61647273
    return {
        "epoll": lambda: libc.epoll_create1(0) >= 0,
        "eventfd": lambda: libc.eventfd(0, 0) >= 0,
        "timerfd": lambda: libc.timerfd_create(1, 0) >= 0,
        "inotify": lambda: libc.inotify_init() >= 0,
        "memfd": lambda: libc.memfd_create(b"adrs-hostile", 0) >= 0,
        "shared memory": lambda: (found := libc.shmget(key, 4096, 0o1600)) >= 0 and libc.shmctl(found, 0, 0) == 0,
        "message queue": lambda: (found := libc.msgget(key, 0o1600)) >= 0 and libc.msgctl(found, 0, 0) == 0,
        "semaphore": lambda: (found := libc.semget(key, 1, 0o1600)) >= 0 and libc.semctl(found, 0, 0) == 0,
        "priority": lambda: libc.setpriority(0, 0, libc.getpriority(0, 0)) == 0,
        "personality": lambda: libc.personality(0xffffffff) >= 0,
        "lock memory": lambda: libc.mlockall(0) == 0 or libc.munlockall() == 0,
        "affinity": lambda: libc.sched_setaffinity(0, 0, None) == 0,
        "userfaultfd": lambda: libc.syscall(323, 1) >= 0,
        "perf": lambda: libc.syscall(298, 0, 0, 0, 0, 0) >= 0,
        "bpf": lambda: libc.syscall(321, 0, 0, 0) >= 0,
        "io_uring": lambda: libc.syscall(425, 0, 0) >= 0,
        "key ring": lambda: libc.syscall(250, 0, -3, 1) >= 0,
        "32-bit numbers": lambda: libc.syscall(0x40000000 | 39) >= 0,
    }
""",
    ),
    spy(
        "escape",
        "setting the clock",
        """
import time
def attempts():
    def turn(clock):
        time.clock_settime(clock, time.clock_gettime(clock))
        return True
    return {str(clock): lambda clock=clock: turn(clock) for clock in (time.CLOCK_REALTIME, 11)}
""",
    ),
)
