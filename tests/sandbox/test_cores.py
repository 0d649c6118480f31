"""One core for one slot, however many campaigns there are."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

from adrs.sandbox import cores
from adrs.sandbox.cores import Pin

T = TypeVar("T")
HOLDER = """
import sys, time
from adrs.sandbox import cores
cores.NAME = sys.argv[1]
pin = cores.Pin(1)
print(pin.core, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def name(monkeypatch: pytest.MonkeyPatch) -> str:
    """Claims of this test's own: campaigns may run beside it."""
    name = f"adrs-test-{os.getpid()}-{time.monotonic_ns()}-"
    monkeypatch.setattr(cores, "NAME", name)
    return name


def elsewhere(action: Callable[[], T]) -> T:
    """Return what `action` returns in a thread of its own: pinning one thread pins no other."""
    found: list[T] = []
    thread = threading.Thread(target=lambda: found.append(action()))
    thread.start()
    thread.join()
    return found[0]


def pinned() -> tuple[Pin, set[int]]:
    return Pin(1), os.sched_getaffinity(0)


def test_a_core_is_claimed_once_and_its_thread_pinned_to_it() -> None:
    before = os.sched_getaffinity(0)
    pins = [elsewhere(pinned) for _ in range(len(before) + 1)]
    *first, last = pins
    assert {pin.core for pin, _ in first} == before
    assert all(affinity == {pin.core} for pin, affinity in first)
    assert (last[0].core, last[1]) == (None, before)
    assert os.sched_getaffinity(0) == before
    for pin, _ in pins:
        elsewhere(pin.close)


def test_more_slots_than_cores_are_left_to_the_kernel() -> None:
    assert elsewhere(lambda: Pin(len(os.sched_getaffinity(0)) + 1).core) is None


def test_a_core_that_is_let_go_can_be_had_again() -> None:
    before = os.sched_getaffinity(0)
    pin = Pin(1)
    pin.close()
    assert pin.core is None
    assert os.sched_getaffinity(0) == before


def test_a_busy_core_is_taken_last(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([{0: 100, 1: 900, 2: 50}, {0: 105, 1: 901, 2: 52}])
    monkeypatch.setattr(cores, "_busy_ticks", lambda: next(looks))
    assert cores._least_busy({0, 1, 2}) == [1, 2, 0]


def test_every_core_has_a_count_of_its_work() -> None:
    assert set(cores._busy_ticks()) >= os.sched_getaffinity(0)
    assert all(ticks > 0 for ticks in cores._busy_ticks().values())


def test_a_claim_ends_with_its_process(name: str) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, name], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        core = int(holder.stdout.readline())
        beside = [elsewhere(pinned)[0] for _ in os.sched_getaffinity(0)]
        holder.kill()
        holder.wait()
    again, _ = elsewhere(pinned)
    assert core not in {pin.core for pin in beside}
    assert again.core == core
    for pin in (again, *beside):
        elsewhere(pin.close)
