"""How an audit is done, with programs in this process."""

import contextlib
from dataclasses import replace

import pytest

from adrs.errors import PackError, SandboxUnavailable
from adrs.evaluating.audit import audit, auditable
from adrs.evaluating.stages import Bench
from adrs.evaluation import CandidateFailed, Evaluation, Status
from adrs.program import Program
from adrs.testing.samples import sample_problem, sample_program
from tests.evaluating.auditing import PROGRAMS, audited, bench_of, causes
from tests.evaluating.inprocess import InProcess


@pytest.fixture
def here():
    """The sample problem in this process."""
    return bench_of("queues")


def alone(seed):
    return InProcess()


def test_the_seeds_pass_and_at_the_cost_of_one_evaluation(here):
    opened = []

    def counted(seed):
        opened.append(seed)
        return InProcess()

    found = audited(here, sample_program(), walls=counted)
    assert (found.passed, found.findings, found.split, found.verdict) == (True, (), "validation", "passed")
    assert found.seconds > 0
    assert len(opened) == 1
    assert opened[0] > 0


@pytest.mark.parametrize("key", range(20))
def test_an_honest_program_passes_under_every_key(here, key):
    assert audited(here, sample_program(60), key=key, walls=alone).passed


def test_a_failure_under_other_conditions_is_a_finding(here):
    source = "calls = 0\ndef choose(w):\n    global calls\n    calls += 1\n    assert calls <= 120\n    return 0"
    twice = "seen = set()\ndef choose(w):\n    if not seen and w[0] < 50:\n        1 / 0\n    seen.add(1)\n    return 0"
    assert audited(here, Program(source), walls=alone).passed  # it fails in no single evaluation
    first = here.evaluator.instances("validation")[0].arrivals[0][0]
    shy = twice.replace("w[0] < 50", f"w[0] != {first}")
    found = audited(here, Program(shy), walls=alone)
    assert causes(found) == ["failure"]
    assert "the program is crashed: ZeroDivisionError" in found.findings[0].message
    assert "in a fresh process" in found.findings[0].message


class Tired(InProcess):
    """Times out the first so many times that it is opened."""

    left = 0

    def open(self, program, limits):
        if Tired.left:
            Tired.left -= 1
            raise CandidateFailed(Status.TIMED_OUT, "a call took more than 2 s")
        return super().open(program, limits)


@pytest.mark.parametrize(("times", "expected"), [(1, []), (2, ["failure"])])
def test_a_timeout_counts_the_second_time(here, times, expected):
    Tired.left = times
    assert causes(audited(here, sample_program(), walls=lambda seed: Tired())) == expected


def test_a_wall_that_fails_is_our_failure(here):
    class Gone(InProcess):
        def open(self, program, limits):
            raise SandboxUnavailable("gone")

    with pytest.raises(SandboxUnavailable):
        audited(here, sample_program(), walls=lambda seed: Gone())


def test_every_sandbox_is_closed(here):
    closed = []

    class Closing(InProcess):
        def close(self):
            closed.append(self)

    audited(here, Program((PROGRAMS / "queues_state_late.py").read_text()), walls=lambda seed: Closing())
    assert len(closed) > 3


def test_two_passes_have_the_limits_of_two(here):
    seen = []

    class Noting(InProcess):
        def open(self, program, limits):
            seen.append((limits.seconds, limits.cpu_seconds, limits.memory_mb))
            return super().open(program, limits)

    audited(here, Program((PROGRAMS / "queues_state_late.py").read_text()), walls=lambda seed: Noting())
    assert set(seen) == {(10.0, 10.0, 256), (20.0, 20.0, 512)}


def test_a_pack_without_renumbering_is_audited_all_the_same(here):
    class Plain:
        instances, run, score, feedback, features = (
            staticmethod(getattr(here.evaluator, name))
            for name in ("instances", "run", "score", "feedback", "features")
        )

    plain = Bench(here.problem, Plain(), InProcess())
    assert audited(plain, sample_program(), walls=alone).passed
    late = Program((PROGRAMS / "queues_state_late.py").read_text())
    assert causes(audited(plain, late, walls=alone)) == ["state"]


class Odd(InProcess):
    """Behind this wall programs answer otherwise where the seed is another and the first customers are others, too."""

    def __init__(self, seed, first, heard=lambda calls: None):
        super().__init__()
        self._seed, self._first, self._heard = seed, first, heard

    @contextlib.contextmanager
    def open(self, program, limits):
        with super().open(program, limits) as policy:
            yield _Fickle(policy, self)


class _Fickle:
    def __init__(self, policy, wall):
        self._policy, self._wall = policy, wall

    def call_many(self, function, calls):
        self._wall._heard(calls)
        changed = self._wall._first and self._wall._seed and calls[0] != [self._wall._first]
        return [0] * len(calls) if changed else self._policy.call_many(function, calls)


def test_what_only_all_changes_at_once_show_is_said_so(here):
    first = list(here.evaluator.instances("validation")[0].arrivals[0])
    found = audited(here, sample_program(), walls=lambda seed: Odd(seed, first))
    assert causes(found) == ["together"]
    assert "no one of them alone shows it" in found.findings[0].message


def test_an_evaluator_that_loses_results_is_our_failure(here):
    class Lossy:
        instances, score, feedback, features, permuted = (
            staticmethod(getattr(here.evaluator, name))
            for name in ("instances", "score", "feedback", "features", "permuted")
        )

        @staticmethod
        def run(policy, instances):
            return here.evaluator.run(policy, instances)[1:]

    before = here.evaluate(sample_program(), "train")
    with pytest.raises(PackError, match="gave 2 results for 3 instances"):
        audit(Bench(here.problem, Lossy(), InProcess()), sample_program(), before, walls=alone, key=1)


def test_problems_that_need_not_repeat_are_not_audited():
    problem = sample_problem()
    assert auditable(problem)
    assert not auditable(replace(problem, pack=problem.pack.model_copy(update={"deterministic": False})))


def test_the_same_key_draws_the_same_and_another_draws_another(here):
    asked: list[list[object]] = []

    def walls(seed):
        asked.append([seed])
        return Odd(seed, None, heard=asked[-1].append)

    for key in (1, 1, 2):
        assert audited(here, sample_program(), key=key, walls=walls).passed
    assert asked[0] == asked[1] != asked[2]
    assert len(asked[0]) == 3  # the seed, and two parts


def test_only_results_are_compared_not_seconds_or_feedback(here):
    before = here.evaluate(sample_program(), "validation")
    other = replace(before, seconds=99.0, feedback="", features={})
    assert isinstance(other, Evaluation)
    assert audit(here, sample_program(), other, walls=alone, key=1).passed
