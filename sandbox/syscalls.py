"""Filters of system calls, as programs for seccomp: the numbers, and the two ways to refuse."""

import struct

# How the kernel names each architecture, and its column below.
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1), "riscv64": (0xC00000F3, 1)}
# Numbers of the allowed system calls on x86_64 and on the others; None where it does not exist. Frequent ones first.
ALLOWED: dict[str, tuple[int | None, int | None]] = {
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

# What nothing behind the wall needs, even where files and processes are allowed: other processes' memory, mounts,
# namespaces, kernel modules, keys, and interfaces with a long record of holes.
DENIED: dict[str, tuple[int | None, int | None]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsconfig": (431, 431),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "open_tree_attr": (467, 467),
    "process_madvise": (440, 440),
    "modify_ldt": (154, None),
    "fanotify_init": (300, 262),
    "name_to_handle_at": (303, 264),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "sendmmsg": (307, 269),
    "recvmmsg": (299, 243),
    "open_by_handle_at": (304, 265),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "syslog": (103, 116),
}
_CLONE, _CLONE3, _SOCKET = (56, 220), 435, (41, 198)
_NAMESPACES = 0x7E020000  # every CLONE_NEW* flag
_X32 = 0x40000000  # the same calls under other numbers
_MESSAGES, _BUFFERS = ((46, 211), (47, 212)), ((44, 206), (45, 207))  # sendmsg and recvmsg, sendto and recvfrom
_URGENT = 1  # MSG_OOB, which a poll of the other side reports and a read does not return
_FAMILIES = (1, 2, 10)  # Unix, IPv4, IPv6; not the likes of vsock, which namespaces do not contain

LINE = 8
"""Bytes of one line of a filter."""
_Line = tuple[int, int, int, int]
_LOAD, _IF_EQUAL, _IF_ANY, _GIVE = 0x20, 0x15, 0x45, 0x06
_ALLOW, _REFUSE, _ABSENT, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, (16, 24, 32, 40)  # offsets in `struct seccomp_data`


def only_allowed(machine: str) -> bytes | None:
    """Return a filter that refuses (EPERM) every call but `ALLOWED`; None for an unknown architecture."""
    if not _known(machine):
        return None
    allowed = _choose(_numbers(ALLOWED, machine), given=_ALLOW, otherwise=_REFUSE)
    return _packed(machine, [*_no_urgent_data(machine), *allowed])


def all_but_denied(machine: str) -> bytes | None:
    """Return a filter that refuses `DENIED`, new namespaces and unusual sockets; None for an unknown architecture."""
    if not _known(machine):
        return None
    _, column = _ARCHITECTURES[machine]
    lines: list[_Line] = [
        *_no_urgent_data(machine),
        (_IF_ANY, 0, 1, _X32),
        (_GIVE, 0, 0, _REFUSE),
        (_IF_EQUAL, 0, 1, _CLONE3),
        (_GIVE, 0, 0, _ABSENT),  # its flags lie in memory where a filter cannot look; the C library falls back to clone
        (_IF_EQUAL, 0, 4, _CLONE[column]),
        (_LOAD, 0, 0, _ARGUMENTS[0]),
        (_IF_ANY, 0, 1, _NAMESPACES),
        (_GIVE, 0, 0, _REFUSE),
        (_GIVE, 0, 0, _ALLOW),
        (_IF_EQUAL, 0, 2 + len(_FAMILIES) + 1, _SOCKET[column]),
        (_LOAD, 0, 0, _ARGUMENTS[0]),
        *_choose(list(_FAMILIES), given=_ALLOW, otherwise=_REFUSE),
    ]
    return _packed(machine, [*lines, *_choose(_numbers(DENIED, machine), given=_REFUSE, otherwise=_ALLOW)])


def _no_urgent_data(machine: str) -> list[_Line]:
    """Return lines that refuse urgent data, and allow messages without."""
    _, column = _ARCHITECTURES[machine]
    lines: list[_Line] = []
    for (send, receive), flags in ((_MESSAGES, _ARGUMENTS[2]), (_BUFFERS, _ARGUMENTS[3])):
        lines += [
            (_IF_EQUAL, 1, 0, receive[column]),
            (_IF_EQUAL, 0, 4, send[column]),
            (_LOAD, 0, 0, flags),
            (_IF_ANY, 0, 1, _URGENT),
            (_GIVE, 0, 0, _REFUSE),
            (_GIVE, 0, 0, _ALLOW),
        ]
    return lines


def _known(machine: str) -> bool:
    return machine in _ARCHITECTURES and struct.calcsize("P") == 8


def _numbers(calls: dict[str, tuple[int | None, int | None]], machine: str) -> list[int]:
    _, column = _ARCHITECTURES[machine]
    return [number for row in calls.values() if (number := row[column]) is not None]


def _choose(numbers: list[int], *, given: int, otherwise: int) -> list[_Line]:
    """Return lines that give `given` where what was loaded is one of `numbers`, and else `otherwise`."""
    jumps = [(_IF_EQUAL, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    return [*jumps, (_GIVE, 0, 0, otherwise), (_GIVE, 0, 0, given)]


def _packed(machine: str, lines: list[_Line]) -> bytes:
    """Return a filter that kills a process of another architecture, and else goes through `lines`."""
    architecture, _ = _ARCHITECTURES[machine]
    start: list[_Line] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, architecture),
        (_GIVE, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    return b"".join(struct.pack("<HBBI", *line) for line in (*start, *lines))
