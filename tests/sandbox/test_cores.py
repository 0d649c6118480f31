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
from adrs.sandbox.cores import Core, claim_core

T = TypeVar("T")
HOLDER = """
import sys, time
from adrs.sandbox import cores
cores.NAME = sys.argv[1]
core = cores.claim_core(1)
print(core.number, flush=True)
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


def claimed() -> tuple[Core | None, set[int]]:
    core = claim_core(1)
    return core, os.sched_getaffinity(0)


def test_a_core_is_claimed_once_and_its_thread_pinned_to_it() -> None:
    before = os.sched_getaffinity(0)
    claims = [elsewhere(claimed) for _ in range(len(before) + 1)]
    cores = [core.number for core, _ in claims if core]
    assert sorted(cores) == sorted(set(cores))
    assert all(affinity == {core.number} for core, affinity in claims if core)
    assert claims[-1] == (None, before)
    assert os.sched_getaffinity(0) == before
    for core, _ in claims:
        if core:
            core.claim.close()


def test_more_slots_than_cores_are_left_to_the_kernel() -> None:
    assert elsewhere(lambda: claim_core(len(os.sched_getaffinity(0)) + 1)) is None


def test_a_claim_ends_with_its_process(name: str) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, name], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        number = int(holder.stdout.readline())
        beside, _ = elsewhere(claimed)
        holder.kill()
        holder.wait()
    again, _ = elsewhere(claimed)
    assert again is not None
    assert again.number == number
    assert beside is None or beside.number != number
    for core in (again, beside):
        if core:
            core.claim.close()
