"""Both filters of system calls, interpreted line by line as the kernel would, for every number that there is."""

import struct
from collections.abc import Iterator, Sequence

import pytest

from sandbox import syscalls

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "riscv64": 0xC00000F3}
COLUMN = {"x86_64": 0, "aarch64": 1, "riscv64": 1}
ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
NUMBERS = range(1024)
X32 = 0x40000000
NEW = {
    "CLONE_NEWNS": 0x20000,
    "CLONE_NEWCGROUP": 0x02000000,
    "CLONE_NEWUTS": 0x04000000,
    "CLONE_NEWIPC": 0x08000000,
    "CLONE_NEWUSER": 0x10000000,
    "CLONE_NEWPID": 0x20000000,
    "CLONE_NEWNET": 0x40000000,
}
THREAD = 0x003D0F00  # what the C library passes for a thread
FORK = 0x01200011
SEND_RECEIVE = {"x86_64": ((46, 2), (47, 2), (44, 3), (45, 3)), "other": ((211, 2), (212, 2), (206, 3), (207, 3))}
machines = pytest.mark.parametrize("machine", ARCHITECTURES)


def interpret(program: bytes, number: int, architecture: int, arguments: Sequence[int] = ()) -> int:
    """Return the verdict of a filter; raise `AssertionError` where the kernel would not have loaded it."""
    lines = list(struct.iter_unpack("<HBBI", program))
    given = (*arguments, *(0,) * (6 - len(arguments)))
    data = struct.pack("<IIQ6Q", number, architecture, 0, *(argument % (1 << 64) for argument in given))
    accumulator, place = 0, 0
    while True:
        assert place < len(lines), "it runs off its end"
        code, if_true, if_false, value = lines[place]
        place += 1
        if code == 0x20:  # LD | W | ABS
            assert value % 4 == 0
            assert value < len(data)
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif code == 0x15:  # JMP | JEQ | K
            place += if_true if accumulator == value else if_false
        elif code == 0x45:  # JMP | JSET | K
            place += if_true if accumulator & value else if_false
        elif code == 0x05:  # JMP | JA
            place += value
        elif code == 0x06:  # RET | K
            return int(value)
        else:
            raise AssertionError(f"an operation that no filter here needs: {code:#x}")


def well_formed(program: bytes) -> bool:
    """Return whether every jump lands on a line, the last line ends it, and the kernel takes so many."""
    lines = list(struct.iter_unpack("<HBBI", program))
    jumps = [
        (place + 1 + jump) for place, (code, *both, _) in enumerate(lines) if code in (0x15, 0x45) for jump in both
    ]
    return 0 < len(lines) <= 4096 and lines[-1][0] == 0x06 and all(target < len(lines) for target in jumps)


def reachable(program: bytes) -> set[int]:
    lines = list(struct.iter_unpack("<HBBI", program))
    seen: set[int] = set()
    todo = [0]
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        code, if_true, if_false, _ = lines[place]
        if code in (0x15, 0x45):
            todo += [place + 1 + if_true, place + 1 + if_false]
        elif code != 0x06:
            todo.append(place + 1)
    return seen


def policy(machine: str) -> bytes:
    program = syscalls.only_allowed(machine)
    assert program is not None
    return program


def evaluator(machine: str) -> bytes:
    program = syscalls.all_but_denied(machine)
    assert program is not None
    return program


def numbers(calls: dict[str, tuple[int | None, int | None]], machine: str) -> set[int]:
    return {number for row in calls.values() if (number := row[COLUMN[machine]]) is not None}


def messages(machine: str) -> tuple[tuple[int, int], ...]:
    """Return the calls that carry flags, each with the place of its flags among the arguments."""
    return SEND_RECEIVE["x86_64" if machine == "x86_64" else "other"]


def noise() -> Iterator[tuple[int, ...]]:
    """Yield arguments that must not matter to a call whose arguments are not looked at."""
    yield (0,) * 6
    yield ((1 << 64) - 1,) * 6
    yield (1, 2, 3, 4, 5, 6)
    yield (0x7E020000,) * 6


@machines
@pytest.mark.parametrize("make", [policy, evaluator])
def test_a_filter_is_one_that_the_kernel_takes_and_has_no_line_in_vain(machine, make):
    program = make(machine)
    assert well_formed(program)
    assert reachable(program) == set(range(len(program) // syscalls.LINE))


@machines
@pytest.mark.parametrize("make", [policy, evaluator])
def test_another_architecture_is_killed(machine, make):
    others = {0x40000003, 0x40000028, 0, 0xFFFFFFFF, *ARCHITECTURES.values()} - {ARCHITECTURES[machine]}
    assert {interpret(make(machine), number, other) for other in others for number in NUMBERS} == {KILL}


@machines
def test_a_candidate_has_the_allowed_calls_and_no_other(machine):
    program, architecture = policy(machine), ARCHITECTURES[machine]
    flagged = {number for number, _ in messages(machine)}
    allowed = numbers(syscalls.ALLOWED, machine)
    assert flagged <= allowed
    for number in NUMBERS:
        expected = ALLOW if number in allowed else EPERM
        for arguments in noise() if number not in flagged else [(0,) * 6]:
            assert interpret(program, number, architecture, arguments) == expected, number


@machines
def test_an_evaluator_has_all_but_the_denied_calls(machine):
    program, architecture = evaluator(machine), ARCHITECTURES[machine]
    looked_at = {number for number, _ in messages(machine)} | {(56, 220)[COLUMN[machine]], (41, 198)[COLUMN[machine]]}
    denied = numbers(syscalls.DENIED, machine)
    assert not denied & looked_at
    for number in NUMBERS:
        if number in looked_at:
            continue
        expected = ENOSYS if number == 435 else EPERM if number in denied else ALLOW
        for arguments in noise():
            assert interpret(program, number, architecture, arguments) == expected, number


@machines
@pytest.mark.parametrize("make", [policy, evaluator])
@pytest.mark.parametrize("high", [0, 1 << 32, 0xFFFFFFFF << 32])
def test_urgent_data_is_refused_whatever_else_is_asked(machine, make, high):
    program, architecture = make(machine), ARCHITECTURES[machine]
    for number, place in messages(machine):
        for flags in (0, 0x40, 0x4000, 0x2, 0xFFFFFFFE):
            for urgent in (0, 1):
                arguments = [0xFFFFFFFF if urgent == 0 and at < place else 0 for at in range(6)]
                arguments[place] = high | flags | urgent
                assert interpret(program, number, architecture, arguments) == (EPERM if urgent else ALLOW)
        others = [1] * 6
        others[place] = 0
        assert interpret(program, number, architecture, others) == ALLOW


@pytest.mark.parametrize("make", [policy, evaluator])
def test_the_calls_of_x32_are_refused(make):
    program, architecture = make("x86_64"), ARCHITECTURES["x86_64"]
    for number in NUMBERS:
        for arguments in ((0,) * 6, (2, 0, 0, 0)):
            assert interpret(program, X32 | number, architecture, arguments) == EPERM
    assert interpret(program, 0xFFFFFFFF, architecture) == EPERM


@machines
def test_a_candidate_can_neither_clone_nor_open_sockets(machine):
    program, architecture, column = policy(machine), ARCHITECTURES[machine], COLUMN[machine]
    refused = [435, (56, 220)[column], (41, 198)[column], (53, 199)[column], (59, 221)[column], (322, 281)[column]]
    refused += [57, 58] if machine == "x86_64" else []
    for number in refused:
        for arguments in noise():
            assert interpret(program, number, architecture, arguments) == EPERM


@machines
def test_an_evaluator_starts_threads_and_processes_but_no_namespace(machine):
    program, architecture, clone = evaluator(machine), ARCHITECTURES[machine], (56, 220)[COLUMN[machine]]
    for flags in (0, 17, FORK, THREAD, 0x4111):
        assert interpret(program, clone, architecture, [flags]) == ALLOW
        assert interpret(program, clone, architecture, [flags, *(0x7E020000,) * 5]) == ALLOW
        for name, new in NEW.items():
            assert interpret(program, clone, architecture, [flags | new]) == EPERM, name
            assert interpret(program, clone, architecture, [(1 << 32) | flags | new]) == EPERM, name
    assert interpret(program, 435, architecture, [0, 88]) == ENOSYS


@machines
def test_an_evaluator_opens_ordinary_sockets_only(machine):
    program, architecture, call = evaluator(machine), ARCHITECTURES[machine], (41, 198)[COLUMN[machine]]
    for family in range(64):
        for kind in (1, 2, 3, 5, 0x80001):
            expected = ALLOW if family in {1, 2, 10} else EPERM
            assert interpret(program, call, architecture, [family, kind]) == expected
    # The kernel takes an `int`: what is above it must not hide one family behind another.
    assert interpret(program, call, architecture, [(1 << 32) | 40]) == EPERM
    assert interpret(program, call, architecture, [0xFFFFFFFF]) == EPERM


def test_an_unknown_architecture_has_no_filter():
    assert syscalls.only_allowed("mips64") is None
    assert syscalls.all_but_denied("mips64") is None
