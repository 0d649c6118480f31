import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adrs.dispatch.processes import Workers
from adrs.errors import SandboxUnavailable

_slot: list[int] = []


def prepare(slot, parent):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _slot.append(slot)


def where():
    return _slot[0], os.getpid()


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def fail():
    raise ValueError("no")


@pytest.fixture
def workers():
    workers = Workers(2, prepare)
    yield workers
    workers.close()


def test_each_worker_is_a_process_with_a_slot_of_its_own(workers):
    futures = [workers.submit(where), workers.submit(where)]
    assert workers.free == 0
    (slot, pid), (other_slot, other_pid) = (future.result(timeout=30) for future in futures)
    assert {slot, other_slot} == {0, 1}
    assert len({pid, other_pid, os.getpid()}) == 3
    assert workers.free == 2


def test_an_exception_comes_back_and_the_worker_goes_on(workers):
    with pytest.raises(ValueError, match="no"):
        workers.submit(fail).result(timeout=30)
    assert workers.submit(where).result(timeout=30)[0] in {0, 1}


def test_a_dead_worker_is_our_failure_and_is_replaced(workers):
    with pytest.raises(SandboxUnavailable, match="worker died"):
        workers.submit(die).result(timeout=30)
    assert sorted(workers.submit(where).result(timeout=30)[0] for _ in range(2)) in ([0, 1], [1, 1], [0, 0])
    assert workers.free == 2


@pytest.mark.slow
def test_workers_die_with_a_killed_controller(tmp_path):
    """Evaluation workers ask the kernel to be killed with their parent; see `adrs.evaluating.worker.start`."""
    script = f"""
import os, sys, time
sys.path.insert(0, {str(Path.cwd())!r})
import functools
from adrs.dispatch.processes import Workers
from adrs.evaluating import worker
from adrs.sandbox.choice import choose
from adrs.testing.samples import PACK
if __name__ == "__main__":
    workers = Workers(1, functools.partial(worker.start, str(PACK), choose("local"), 1))
    workers.submit(worker.ready).result()
    print(next(iter(workers._executors[0]._processes)), flush=True)
    time.sleep(60)
"""
    file = tmp_path / "controller.py"
    file.write_text(script)
    with subprocess.Popen([sys.executable, str(file)], stdout=subprocess.PIPE, text=True) as controller:
        assert controller.stdout is not None
        pid = int(controller.stdout.readline())
        controller.kill()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
