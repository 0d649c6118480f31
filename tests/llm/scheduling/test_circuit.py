from itertools import pairwise
from random import Random

import pytest

from adrs.llm.scheduling.circuit import Circuit


@pytest.fixture
def circuit() -> Circuit:
    return Circuit(Random(1))


def fail(circuit: Circuit, now: float, *, times: int = 1, retry_after: float | None = None) -> None:
    for _ in range(times):
        circuit.bad(now, retry_after=retry_after, probe=False)


def probe(circuit: Circuit) -> float:
    """Send a probe when it is due, let it fail, and return when that was."""
    now = circuit.next
    assert circuit.delay(now) <= 0
    assert circuit.enter()
    assert circuit.delay(now) == float("inf")
    circuit.leave(probe=True)
    circuit.bad(now, retry_after=None, probe=True)
    return now


def test_it_opens_after_five_failures_in_a_row(circuit: Circuit) -> None:
    fail(circuit, 1.0, times=4)
    circuit.good(1.0, probe=False)
    fail(circuit, 2.0, times=4)
    assert not circuit.open
    fail(circuit, 3.0)
    assert (circuit.since, circuit.broken) == (3.0, True)
    assert 0 < circuit.delay(3.0) <= 1.0


def test_probes_are_sent_at_growing_and_spread_intervals_up_to_a_minute(circuit: Circuit) -> None:
    fail(circuit, 0.0, times=5)
    times = [probe(circuit) for _ in range(12)]
    gaps = [later - time for time, later in pairwise(times)]
    assert all(30.0 <= gap <= 60.0 for gap in gaps[6:])
    assert all(2.0**n / 2 <= gap <= 2.0**n for n, gap in enumerate(gaps[:5], 1))
    assert len(set(gaps)) == len(gaps)


def test_the_first_probe_that_is_answered_shuts_it(circuit: Circuit) -> None:
    fail(circuit, 0.0, times=5)
    probe(circuit)
    circuit.good(50.0, probe=True)
    assert (circuit.open, circuit.delay(50.0)) == (False, 0.0)
    fail(circuit, 60.0, times=4)
    assert not circuit.open


def test_a_pause_that_is_asked_for_is_kept_whatever_older_requests_come_to(circuit: Circuit) -> None:
    fail(circuit, 0.0, retry_after=30.0)
    circuit.good(1.0, probe=False)
    assert circuit.delay(1.0) == 29.0
    fail(circuit, 2.0, retry_after=10.0)
    assert circuit.delay(2.0) == 28.0
    assert not circuit.broken
    assert circuit.delay(30.0) == 0.0
    assert circuit.enter()
    circuit.leave(probe=True)
    circuit.good(31.0, probe=True)
    assert not circuit.open


def test_failures_of_older_requests_do_not_put_off_the_probe(circuit: Circuit) -> None:
    fail(circuit, 0.0, times=5)
    due = circuit.next
    fail(circuit, 0.5, times=60)
    assert circuit.next == due


def test_a_good_answer_to_an_older_request_asks_for_a_probe_at_once(circuit: Circuit) -> None:
    fail(circuit, 0.0, times=5)
    for _ in range(5):
        probe(circuit)
    assert circuit.delay(20.0) > 5.0
    circuit.good(20.0, probe=False)
    assert circuit.open
    assert circuit.delay(20.0) == 0.0
