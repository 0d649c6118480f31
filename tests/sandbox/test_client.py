"""What an evaluator sees of a candidate that means no harm."""

import math
import time

import numpy as np
import pytest

from adrs.errors import EvaluatorBroken
from adrs.evaluation import CandidateFailed, Status
from adrs.problem import Limits
from adrs.program import Program
from adrs.sandbox import Data, Policy
from adrs.sandbox.client import _verdict
from adrs.sandbox.link import Exit
from tests.sandbox.conftest import LIMITS, Wall, ask

PROGRAM = Program("""
from dataclasses import dataclass
import numpy as np
calls = 0

@dataclass
class Job:
    p: float

def count():
    global calls
    calls += 1
    return calls

def echo(*values): return values
def total(jobs, *more): return Job(float(jobs["p"].sum())).p + sum(more)
def inverse(x): return 1 / x
""")


def test_plain_data_goes_in_and_comes_out(sandbox: Wall) -> None:
    array = np.arange(6, dtype=np.int16).reshape(2, 3)
    sent: list[Data] = [None, True, -1, 2.5, "é", b"raw", [1, [2]], {"a": {"$b": 1}}, math.inf, math.nan]
    with sandbox.open(PROGRAM, LIMITS) as policy:
        answer = policy.call("echo", *sent, (1, 2), array)
    assert isinstance(answer, list)
    *plain, nan, pair, back = answer
    assert plain == sent[:-1]
    assert isinstance(nan, float)
    assert math.isnan(nan)
    assert pair == [1, 2]
    assert isinstance(back, np.ndarray)
    assert (back.dtype, back.tolist()) == (array.dtype, array.tolist())
    back.sort()  # an answer belongs to the evaluator


def test_programs_compute_as_they_would_anywhere(sandbox: Wall) -> None:
    source = """
from __future__ import annotations
import bisect, copy, datetime, decimal, fractions, functools, heapq, itertools, json, logging, pickle, random, re
import statistics, time
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple
import numpy as np
from numpy.typing import NDArray

class Colour(Enum):
    RED = 1

class Pair(NamedTuple):
    left: int
    right: NDArray

@dataclass(order=True, slots=True)
class Job:
    due: float
    after: list = field(default_factory=list, compare=False)

@functools.lru_cache(maxsize=None)
def fibonacci(n): return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

def f(a):
    logging.getLogger().warning("nobody reads this")
    print("nor this", time.perf_counter(), datetime.datetime.now(), f"{a!r:>20}")
    rng, jobs = np.random.default_rng(7), [Job(3.0), Job(1.0)]
    heapq.heapify(jobs)
    q, r = np.linalg.qr(a)
    numbers = [np.linalg.svd(a)[1].sum(), np.linalg.solve(a, a[0]).sum(), np.abs(np.fft.fft(a)).sum(), np.median(a)]
    numbers += [np.percentile(a, 30), np.einsum("ij,jk->ik", q, r).sum(), np.polyfit(a[0], a[1], 1)[0], rng.normal()]
    numbers += [np.nanmean(a), np.argsort(a, axis=None)[0], np.unique(a).size, np.ma.masked_less(a, 0).sum()]
    copied = pickle.loads(pickle.dumps(copy.deepcopy(jobs)))
    return {
        "numbers": np.array(numbers, float), "first": copied[0].due, "name": Colour.RED.name, "pair": Pair(1, a[0]),
        "fibonacci": fibonacci(80), "text": json.dumps(Counter(re.findall("[ab]", "abba"))),
        "mean": statistics.fmean([1]), "exact": str(decimal.Decimal(1) / 3), "ratio": float(fractions.Fraction(1, 3)),
        "date": datetime.datetime.strptime("2024-02-29", "%Y-%m-%d").isoformat(), "draw": random.choices("ab", k=3),
    }
"""
    matrix = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]])
    answer = ask(sandbox, source, matrix)
    assert isinstance(answer, dict)
    assert isinstance(answer["numbers"], np.ndarray)
    assert np.isfinite(answer["numbers"]).all()
    assert (answer["first"], answer["fibonacci"], answer["name"]) == (1.0, 23416728348467685, "RED")
    assert repr(ask(sandbox, source, matrix)) == repr(answer)


def test_many_calls_travel_in_one_frame_and_keep_their_order(sandbox: Wall) -> None:
    with sandbox.open(PROGRAM, LIMITS) as policy:
        assert policy.call_many("inverse", [[1], (2,), [4]]) == [1.0, 0.5, 0.25]
        assert policy.call_many("inverse", []) == []
        with pytest.raises(
            CandidateFailed, match="ZeroDivisionError: division by zero\n  line 17, in inverse: def inv"
        ):
            policy.call_many("inverse", [[1], [0]])


def test_held_data_is_named_anywhere_in_the_arguments(sandbox: Wall) -> None:
    with sandbox.open(PROGRAM, LIMITS) as policy:
        jobs, ten = policy.hold({"p": np.ones(1000)}), policy.hold(10)
        assert policy.call("total", jobs, ten, 1) == 1011.0
        assert policy.call_many("echo", [[[ten]], [{"x": ten}]]) == [[[10]], [{"x": 10}]]


def test_held_data_of_another_evaluation_is_the_evaluators_mistake(sandbox: Wall) -> None:
    with sandbox.open(PROGRAM, LIMITS) as policy:
        held = policy.hold(1)
    with sandbox.open(PROGRAM, LIMITS) as policy, pytest.raises(EvaluatorBroken, match="held for another"):
        policy.call("echo", held)


def test_an_argument_that_is_no_plain_data_is_the_evaluators_mistake(sandbox: Wall) -> None:
    with sandbox.open(PROGRAM, LIMITS) as policy:
        with pytest.raises(EvaluatorBroken, match="a set is no plain data"):
            policy.call("echo", {1, 2})  # type: ignore[arg-type]
        assert policy.call("echo", 1) == [1]


def test_state_lives_as_long_as_the_evaluation(sandbox: Wall) -> None:
    for _ in range(2):
        with sandbox.open(PROGRAM, LIMITS) as policy:
            assert [policy.call("count") for _ in range(3)] == [1, 2, 3]


def test_large_arrays_pass_both_ways(sandbox: Wall) -> None:
    array = np.arange(1 << 20, dtype=np.float64)
    with sandbox.open(PROGRAM, LIMITS.model_copy(update={"answer_mb": 8})) as policy:
        answer = policy.call("echo", array)
    assert isinstance(answer, list)
    assert isinstance(answer[0], np.ndarray)
    assert (answer[0] == array).all()


def test_after_a_failure_every_call_fails_alike(sandbox: Wall) -> None:
    with sandbox.open(PROGRAM, LIMITS) as policy:
        messages = [failure_of(policy, function).message for function in ("inverse", "count", "missing")]
    assert len(set(messages)) == 1


def failure_of(policy: Policy, function: str) -> CandidateFailed:
    with pytest.raises(CandidateFailed) as failure:
        policy.call(function, 0)
    return failure.value


def test_the_evaluation_has_a_deadline_of_its_own(sandbox: Wall) -> None:
    limits = LIMITS.model_copy(update={"seconds": 0.2})
    with sandbox.open(PROGRAM, limits) as policy:
        policy.call("count")
        time.sleep(0.2)
        failure = failure_of(policy, "count")
    assert (failure.status, failure.message) == (Status.TIMED_OUT, "the evaluation took more than 0.2 s in all")


def test_a_late_call_is_stopped_in_time(sandbox: Wall) -> None:
    limits, began = LIMITS.model_copy(update={"call_seconds": 0.1}), time.monotonic()
    with pytest.raises(CandidateFailed, match=r"more than 0\.1 s"):
        ask(sandbox, "import time\ndef f(): time.sleep(60)", limits=limits)
    assert time.monotonic() - began < 1


def test_a_sandbox_serves_one_evaluation_at_a_time(sandbox: Wall) -> None:
    with sandbox.open(PROGRAM, LIMITS) as policy:
        with pytest.raises(RuntimeError, match="one evaluation"), sandbox.open(PROGRAM, LIMITS):
            pass
        assert policy.call("count") == 1


def test_a_failure_of_the_evaluator_ends_the_candidate(sandbox: Wall) -> None:
    with pytest.raises(KeyError), sandbox.open(PROGRAM, LIMITS):
        raise KeyError("evaluator")
    assert ask(sandbox, "def f(): return 1") == 1


@pytest.mark.parametrize(
    ("code", "cpu_seconds", "out_of_memory", "status", "message"),
    [
        (-24, 1.0, False, Status.TIMED_OUT, "more than 2 s of CPU time"),
        (-9, 2.1, False, Status.TIMED_OUT, "more than 2 s of CPU time"),
        (-9, 0.1, True, Status.OUT_OF_MEMORY, "too much memory"),
        (-9, 0.1, False, Status.CRASHED, "closed its connection"),
        (-11, 0.1, True, Status.CRASHED, "SIGSEGV"),
        (3, 2.1, False, Status.CRASHED, "exit status 3"),
    ],
)
def test_the_kernels_verdict_is_read(
    code: int, cpu_seconds: float, *, out_of_memory: bool, status: Status, message: str
) -> None:
    found = _verdict(Exit(code, cpu_seconds, 0, out_of_memory, survivors=False), Limits(cpu_seconds=2))
    assert found[0] is status
    assert message in found[1]
