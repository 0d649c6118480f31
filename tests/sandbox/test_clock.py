"""Times that a candidate takes, measured where it cannot reach."""

import time
from collections.abc import Iterator

import pytest

from adrs.evaluation import CandidateFailed, Status
from adrs.program import Program
from adrs.sandbox import Needs, TimedSandbox
from adrs.sandbox.choice import choose, open_sandbox
from adrs.sandbox.client import Remote
from tests.sandbox.conftest import LIMITS

WORK = """
import time
def spend(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
"""


@pytest.fixture(scope="module", params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def sandbox(request: pytest.FixtureRequest) -> Iterator[TimedSandbox]:
    wall = open_sandbox(choose(request.param, Needs(timed=True)))
    yield wall
    wall.close()


def test_work_costs_what_the_kernel_counts(sandbox: TimedSandbox) -> None:
    with sandbox.open(Program(WORK + "def f(seconds):\n  spend(seconds)\n  return 7"), LIMITS) as policy:
        timed = policy.timed("f", 0.1)
    assert timed.value == 7
    assert 0.1 <= timed.cpu_seconds < 0.15
    assert timed.wall_seconds >= timed.cpu_seconds - 0.01


def test_sleep_costs_wall_time_only(sandbox: TimedSandbox) -> None:
    with sandbox.open(Program("import time\ndef f(): time.sleep(0.1)"), LIMITS) as policy:
        timed = policy.timed("f")
    assert timed.cpu_seconds < 0.01
    assert 0.1 <= timed.wall_seconds < 1


def test_an_empty_call_costs_next_to_nothing(sandbox: TimedSandbox) -> None:
    with sandbox.open(Program("def f(): pass"), LIMITS) as policy:
        costs = sorted(policy.timed("f").cpu_seconds for _ in range(51))
    assert costs[25] < 100e-6


@pytest.mark.parametrize("clock", ["time", "perf_counter", "process_time", "monotonic"])
def test_stopping_ones_own_clocks_gains_nothing(sandbox: TimedSandbox, clock: str) -> None:
    patch = f"import time\ndef f(seconds):\n  spend(seconds)\n  time.{clock} = lambda: 0.0"
    with sandbox.open(Program(WORK + patch), LIMITS) as policy:
        assert policy.timed("f", 0.05).cpu_seconds >= 0.05


def test_what_is_computed_between_two_calls_is_charged(sandbox: TimedSandbox) -> None:
    answer_first = """
import frames
push = frames.push
def late(connection, buffers):
    rest = push(connection, buffers)
    spend(0.05)
    return rest
def f(): frames.push = late
"""
    with sandbox.open(Program(WORK + answer_first), LIMITS) as policy:
        first = policy.timed("f")
        time.sleep(0.2)
        assert first.cpu_seconds + policy.timed("f").cpu_seconds >= 0.045


def test_what_is_computed_while_data_is_held_is_charged(sandbox: TimedSandbox) -> None:
    sneaky = """
import sys
frame = sys._getframe()
while "self" not in frame.f_locals or not hasattr(frame.f_locals["self"], "_verbs"): frame = frame.f_back
verbs = frame.f_locals["self"]._verbs
hold = verbs["hold"]
def work_ahead(key, value):
    spend(0.05)
    return hold(key, value)
verbs["hold"] = work_ahead
def f(held): return 1
"""
    with sandbox.open(Program(WORK + sneaky), LIMITS) as policy:
        held = policy.hold([1, 2])
        assert policy.timed("f", held).cpu_seconds >= 0.045


def test_time_is_only_read_where_it_was_asked_for() -> None:
    plain = open_sandbox(choose("local"))
    with plain.open(Program("def f(): pass"), LIMITS) as policy, pytest.raises(RuntimeError, match="timed"):
        policy.timed("f")
    plain.close()


@pytest.mark.parametrize("seconds", [0.3, 1.25])
def test_the_limit_of_cpu_time_holds_to_the_fraction_of_a_second(sandbox: TimedSandbox, seconds: float) -> None:
    limits = LIMITS.model_copy(update={"cpu_seconds": seconds})
    with sandbox.open(Program("def f():\n  while True: pass"), limits) as policy:
        with pytest.raises(CandidateFailed, match=f"more than {seconds:g} s of CPU time") as failure:
            policy.call("f")
        assert isinstance(policy, Remote)
        assert policy._end().cpu_seconds < seconds + 0.25
    assert failure.value.status is Status.TIMED_OUT
