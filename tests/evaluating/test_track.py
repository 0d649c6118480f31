"""What races make of times, with a clock that is a function."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from adrs.errors import EvaluatorBroken, PackError
from adrs.evaluating.clock import Untimed, comparable
from adrs.evaluating.conditions import Watch, read_load
from adrs.evaluating.loading import load_evaluator
from adrs.evaluating.stages import Bench
from adrs.evaluating.track import Track, open_racer
from adrs.evaluation import CandidateFailed, Result, Status
from adrs.problem import Limits, open_pack
from adrs.program import Program
from adrs.testing.samples import sample_problem
from tests.evaluating.paced import Paced

PACK = Path(__file__).parent / "timed"
REFERENCE = "def squares(count):\n    return count\n"
SLOW = Program(REFERENCE + "COST = 4.0\n")


def problem_with(tmp_path, reference=REFERENCE):
    """Return the timed problem with another reference."""
    pack = Path(shutil.copytree(PACK, tmp_path / "timed", ignore=shutil.ignore_patterns("__pycache__")))
    (pack / "baselines" / "loop.py").write_text(reference)
    return open_pack(pack)


@pytest.fixture
def problem(tmp_path):
    return problem_with(tmp_path)


def race(problem, sandbox, program=SLOW, *args):
    track = Track(problem, sandbox)
    with open_racer(Paced(), program, problem, track) as policy:
        return policy.race("squares", *(args or (3,)))


def test_a_race_has_the_medians_of_both(problem):
    found = race(problem, Paced())
    assert found.value == 3
    assert (found.ratio, found.spread, found.noise) == (4.0, 0.0, 0.0)
    assert (found.cpu_seconds, found.wall_seconds) == (0.004, 0.008)
    assert (found.reference_cpu_seconds, found.reference_wall_seconds) == (0.001, 0.002)


def test_program_and_reference_take_turns_each_in_a_fresh_process(problem):
    sandbox = Paced()
    race(problem, sandbox)
    letters = "".join("A" if program == SLOW else "B" for program in sandbox.opened)
    assert letters == "ABBAABBAAB"


@pytest.mark.parametrize("pace", [lambda run: 1 + run / 20, lambda run: 2 - run / 20, lambda run: 1 + (run > 4)])
def test_a_machine_that_drifts_or_jumps_changes_the_ratio_little(problem, pace):
    assert race(problem, Paced(pace)).ratio == pytest.approx(4.0, rel=0.06)


def test_a_restless_reference_is_raced_again_and_all_runs_count(problem):
    sandbox = Paced(lambda run: 1 + (run % 3) if run < 10 else 1.0)
    found = race(problem, sandbox)
    assert len(sandbox.opened) == 20
    assert found.noise < 1
    assert found.reference_cpu_seconds == 0.001


def test_what_stays_noisy_is_counted_and_never_held_against_the_program(problem):
    track = Track(problem, Paced(lambda run: 1 + run % 3))
    watch = Watch(track)
    evaluator = load_evaluator(problem)
    bench = Bench(problem, _Trusting(evaluator), Paced(), track)
    evaluation = bench.evaluate(SLOW, "validation")
    assert evaluation.status is Status.VALID
    assert evaluation.conditions["noisy"] == evaluation.conditions["races"] == 1
    assert evaluation.conditions["noise"] > 0.25
    assert watch.conditions().keys() == evaluation.conditions.keys()


class _Trusting:
    """The pack's evaluator without its verifier."""

    def __init__(self, evaluator):
        self.instances, self.score = evaluator.instances, evaluator.score
        self.feedback, self.features = evaluator.feedback, evaluator.features

    def run(self, policy, instances):
        races = [policy.race("squares", count) for count in instances]
        return [Result(str(r.value), "all", {"ratio": r.ratio, "cpu_ms": 1.0, "wall_ms": 1.0}) for r in races]


def test_answers_that_differ_between_fresh_processes_are_invalid(problem):
    with pytest.raises(CandidateFailed, match="differently in another fresh process") as caught:
        race(problem, Paced(), Program("def squares(count):\n    return RUN\n"))
    assert caught.value.status is Status.INVALID


def test_a_pack_that_is_not_deterministic_allows_them(tmp_path):
    pack = problem_with(tmp_path).folder / "problem.toml"
    pack.write_text("deterministic = false\n" + pack.read_text())
    assert race(open_pack(pack.parent), Paced(), Program("def squares(count):\n    return RUN\n")).value == 0


def test_a_candidate_that_fails_in_a_race_has_failed(problem):
    with pytest.raises(CandidateFailed, match="ZeroDivisionError"):
        race(problem, Paced(), Program("def squares(count):\n    return 1 / 0\n"))


def test_a_reference_that_fails_is_our_failure(tmp_path):
    problem = problem_with(tmp_path, "def squares(count):\n    return 1 / 0\n")
    with pytest.raises(EvaluatorBroken, match="the reference 'loop' of 'timed' is crashed"):
        race(problem, Paced())


def test_a_reference_that_is_too_quick_is_our_failure(tmp_path):
    with pytest.raises(EvaluatorBroken, match="a clock says little"):
        race(problem_with(tmp_path, REFERENCE + "COST = 0.05\n"), Paced())


def test_what_is_held_is_sent_before_the_clock_runs(problem):
    track = Track(problem, Paced())
    with open_racer(Paced(), SLOW, problem, track) as policy:
        assert policy.race("squares", policy.hold([1, 2])).value == [1, 2]


@pytest.mark.parametrize(
    ("limits", "message"),
    [({"seconds": 20, "cpu_seconds": 100}, "20 s in all"), ({"seconds": 100, "cpu_seconds": 10}, "10 s of CPU time")],
)
def test_races_are_held_to_the_limits_in_sum(problem, limits, message):
    problem = _with_limits(problem, problem.pack.limits.model_copy(update=limits))
    slow = Program(REFERENCE + "COST = 4000.0\n")
    with open_racer(Paced(), slow, problem, Track(problem, Paced())) as policy:
        assert [policy.race("squares", count).value for count in (1, 2)] == [1, 2]
        with pytest.raises(CandidateFailed, match=message) as caught:
            policy.race("squares", 3)
    assert caught.value.status is Status.TIMED_OUT


def _with_limits(problem, limits):
    return replace(problem, pack=problem.pack.model_copy(update={"limits": limits}))


def test_a_race_without_a_clock_says_what_to_declare():
    with (
        pytest.raises(EvaluatorBroken, match="declares no clock") as caught,
        open_racer(Paced(), SLOW, sample_problem(), None) as policy,
    ):
        policy.race("squares", 3)
    assert "[clock]" in caught.value.todo
    with pytest.raises(PackError, match="declares no clock"):
        Track(sample_problem(), Paced())


def test_where_no_time_is_kept_a_race_is_one_call():
    sandbox = Paced()
    with sandbox.open(SLOW, Limits()) as policy:
        found = Untimed(policy).race("squares", 3)
    assert (found.value, found.ratio, len(sandbox.opened)) == (3, 1.0, 1)


def test_a_reference_must_be_a_baseline(tmp_path):
    problem_with(tmp_path)
    (tmp_path / "timed" / "baselines" / "loop.py").unlink()
    with pytest.raises(PackError, match="'loop', which is no file in baselines"):
        open_pack(tmp_path / "timed")


def test_measured_figures_are_left_out_of_comparisons(problem):
    result = Result("a", "all", {"count": 3.0, "ratio": 1.0, "cpu_ms": 2.0, "wall_ms": 3.0})
    assert comparable(result, problem.pack.clock) == Result("a", "all", {"count": 3.0})
    assert comparable(result, None) is result
    with pytest.raises(PackError, match=r"\['cpu_ms', 'wall_ms'\]"):
        comparable(Result("a", "all", {"ratio": 1.0}), problem.pack.clock)


def test_stolen_time_is_read_per_core(tmp_path):
    stat = tmp_path / "stat"
    stat.write_text("cpu  10 0 0 0 0 0 0 300 0 0\ncpu0 5 0 0 0 0 0 0 100 0 0\ncpu1 5 0 0 0 0 0 0 200 0 0\n")
    assert [read_load(core, stat).stolen_seconds for core in (None, 0, 1, 7)] == [3.0, 1.0, 2.0, 0.0]
    assert read_load(None, tmp_path / "none").stolen_seconds == 0.0
