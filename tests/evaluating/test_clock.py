"""Honest clocks: real programs behind real walls. Bounds are wide, for the machine may be busy with other things."""

import subprocess
import sys
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from adrs.evaluating.audit import audit, fresh_walls
from adrs.evaluating.loading import load_evaluator
from adrs.evaluating.stages import Bench
from adrs.evaluating.track import open_track
from adrs.evaluation import Status
from adrs.problem import open_pack
from adrs.program import Program
from adrs.sandbox.choice import choose, open_sandbox
from adrs.sandbox.cores import Pin

PACK = Path(__file__).parent / "timed"
LOOP = (PACK / "seed.py").read_text()
FOURFOLD = LOOP.replace("    total = 0\n", "    for _ in range(3):\n        honest(count)\n    total = 0\n") + (
    LOOP.replace("def squares", "def honest")
)
SLEEPING = LOOP.replace("    total = 0\n", "    import time\n    time.sleep(0.03)\n    total = 0\n")
REMEMBERING = LOOP.replace("def squares", "import functools\n\n\n@functools.lru_cache(None)\ndef squares")
CLOSED = "def squares(count):\n    return (count - 1) * count * (2 * count - 1) // 6\n"
STOPPED_CLOCKS = """
import time
for name in dir(time):
    if name not in ("sleep",) and callable(getattr(time, name)):
        try:
            setattr(time, name, lambda *_: 0)
        except TypeError:
            pass
"""
COMPUTING_BETWEEN_CALLS = """
import sys

service = sys._getframe(1).f_locals["self"]
send = service._send


def late(buffers):
    send(buffers)
    squares(1_000_000)


service._send = late
"""


@pytest.fixture(scope="module", params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def bench(request):
    problem, wall = open_pack(PACK), choose(request.param)
    with closing(Pin(1)) as pin, ExitStack() as opened:
        track = open_track(problem, wall, core=pin.core)
        assert track is not None
        opened.enter_context(closing(track))
        sandbox = opened.enter_context(closing(open_sandbox(wall, core=pin.core)))
        yield Bench(problem, load_evaluator(problem), sandbox, track)


def evaluate(bench, source):
    evaluation = bench.evaluate(Program(source), "train")
    assert evaluation.status is Status.VALID, evaluation.message
    return evaluation


def slowdown(bench, source):
    return evaluate(bench, source).scores["slowdown"]


def test_the_same_work_takes_the_same_time(bench):
    assert slowdown(bench, LOOP) == pytest.approx(1, rel=0.3)


def test_four_times_the_work_takes_four_times_as_long(bench):
    assert slowdown(bench, FOURFOLD) == pytest.approx(4, rel=0.3)


def test_a_quick_program_is_quick(bench):
    assert slowdown(bench, CLOSED) < 0.2


def test_sleeping_costs_wall_time_and_no_cpu_time(bench):
    evaluation = evaluate(bench, SLEEPING)
    assert evaluation.scores["slowdown"] == pytest.approx(1, rel=0.4)
    for result in evaluation.results:
        assert result.scores["wall_ms"] > 30 > result.scores["cpu_ms"]


@pytest.mark.parametrize("trick", [STOPPED_CLOCKS, COMPUTING_BETWEEN_CALLS])
def test_a_trick_with_the_clock_gains_nothing(bench, trick):
    assert slowdown(bench, FOURFOLD + trick) > 2.5


def test_a_program_that_remembers_answers_gains_nothing(bench):
    assert slowdown(bench, REMEMBERING) == pytest.approx(1, rel=0.3)


def test_what_is_computed_after_an_answer_is_charged_to_the_next_call(bench):
    with bench.track._sandbox.open(Program(LOOP + COMPUTING_BETWEEN_CALLS), bench.problem.pack.limits) as policy:
        times = [policy.timed("squares", 3).cpu_seconds for _ in range(2)]
    assert sum(times) > 0.01  # at least what it computed between them


def test_an_answer_that_depends_on_the_clock_is_invalid(bench):
    peeking = CLOSED + "\n\nfrom time import monotonic\nBIRTH = monotonic()\n"
    source = peeking.replace("// 6", "// 6 if monotonic() - BIRTH < 0 else monotonic()")
    evaluation = bench.evaluate(Program(source), "train")
    assert evaluation.status is Status.INVALID
    assert "differently in another fresh process" in evaluation.message


def test_conditions_are_noted_also_of_a_failure(bench):
    for source in (LOOP, "def squares(count):\n    return 0\n"):
        conditions = bench.evaluate(Program(source), "train").conditions
        assert conditions["load_before"] >= 0
        assert conditions["load_after"] >= 0
        assert conditions["stolen_seconds"] >= 0
        assert conditions.get("core") == bench.track.core
        assert conditions["races"] in {1, 3}
        assert 0.0001 < conditions["reference_cpu_seconds"] < 1


@contextmanager
def _busy_neighbours(core):
    code = f"import os\nos.sched_setaffinity(0, {{{core}}})\nprint(flush=True)\nwhile True: pass"
    with ExitStack() as running:
        for _ in range(2):
            process = running.enter_context(subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE))
            running.callback(process.kill)
            assert process.stdout is not None
            process.stdout.readline()
        yield


def test_busy_neighbours_on_the_same_core_change_wall_times_and_not_the_ratio(bench):
    if bench.track.core is None:
        pytest.skip("no core is free to be pinned to")
    with _busy_neighbours(bench.track.core):
        race = bench.track.race(Program(FOURFOLD), "squares", [200_000])
    assert race.ratio == pytest.approx(4, rel=0.3)
    assert race.wall_seconds > 1.3 * race.cpu_seconds


def test_an_audit_compares_all_but_the_times(bench):
    evaluation = evaluate(bench, LOOP)
    walls = fresh_walls(choose(bench.sandbox.name))
    assert audit(bench, Program(LOOP), evaluation, walls=walls, key=1).passed
