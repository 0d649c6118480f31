import pytest

from adrs.errors import EvaluatorBroken, PackError
from adrs.evaluating.loading import load_evaluator
from adrs.evaluating.stages import Bench, stages
from adrs.evaluation import Status
from adrs.problem import load, open_pack
from adrs.program import Program
from adrs.testing.samples import sample_problem, sample_program, write_pack
from tests.evaluating.inprocess import InProcess

STATEFUL = """
calls = 0
def choose(waits):
    global calls
    calls += 1
    return calls % len(waits)
"""


@pytest.fixture
def bench():
    problem = sample_problem()
    return Bench(problem, load_evaluator(problem), InProcess())


def altered(tmp_path, file, old, new):
    pack = write_pack(tmp_path)
    text = (pack / file).read_text()
    assert old in text
    (pack / file).write_text(text.replace(old, new, 1))
    return open_pack(pack)


def test_a_valid_program_has_scores_results_features_and_feedback(bench):
    evaluation = bench.evaluate(sample_program(), "train")
    assert evaluation.status is Status.VALID
    assert evaluation.scores.keys() == {"regret"}
    assert [result.instance for result in evaluation.results] == [r.instance for r in sorted_like(bench, evaluation)]
    assert evaluation.features["size"] == sample_program().size
    assert "few" in evaluation.feedback
    assert evaluation.seconds > 0
    assert bench.sandbox.opened == 2  # each stage has a process of its own


def sorted_like(bench, evaluation):
    by_name = {result.instance: result for result in evaluation.results}
    return [by_name[name] for name in dict.fromkeys(result.instance for result in evaluation.results)]


@pytest.mark.parametrize(
    ("source", "status", "message"),
    [
        ("def choose(:", Status.INVALID, "does not parse: line 1"),
        ("x = 1", Status.INVALID, "does not define choose"),
        ("def choose(w):\n    return 1 / 0", Status.CRASHED, "ZeroDivisionError"),
        ("def choose(w):\n    return 'first'", Status.INVALID, ""),
        ("def choose(w):\n    return 0\n" + "#" * 20_000, Status.INVALID, "longer than 16384 bytes"),
        (STATEFUL, Status.INVALID, "fresh process"),
    ],
)
def test_a_failure_is_a_status_with_a_message(bench, source, status, message):
    evaluation = bench.evaluate(Program(source), "train")
    assert evaluation.status is status
    assert message in evaluation.message
    assert evaluation.message
    assert evaluation.scores == {}


def test_the_pack_s_cheat_is_rejected(bench):
    (cheat,) = bench.problem.programs("cheats").values()
    assert not bench.evaluate(cheat, "train").valid


def test_a_split_ends_with_all_of_its_instances():
    problem = sample_problem()
    assert [(stage.name, stage.instances) for stage in stages(problem, "train")] == [("smoke", 2), ("train", None)]
    assert [(stage.name, stage.instances) for stage in stages(problem, "test")] == [("test", None)]


@pytest.mark.parametrize("value", ["float('nan')", "float('inf')", "-1.0", "100.0"])
def test_a_score_out_of_its_range_is_invalid(tmp_path, value):
    problem = sample_problem()
    evaluator = load_evaluator(problem)

    class Odd:
        instances, run, feedback, features = (
            staticmethod(getattr(evaluator, name)) for name in ("instances", "run", "feedback", "features")
        )

        @staticmethod
        def score(results):
            return {"regret": eval(value)}

    evaluation = Bench(problem, Odd(), InProcess()).evaluate(sample_program(), "train")
    assert evaluation.status is Status.INVALID
    assert "valid range" in evaluation.message


def test_an_evaluator_that_breaks_its_declarations_is_our_failure(tmp_path):
    problem = altered(tmp_path, "problem.toml", 'name = "regret"', 'name = "remorse"')
    with pytest.raises(EvaluatorBroken, match="remorse"):
        Bench(problem, load_evaluator(problem), InProcess()).evaluate(sample_program(), "train")


def test_a_pack_whose_evaluator_cannot_be_loaded_is_named(tmp_path):
    missing = altered(tmp_path / "a", "evaluator.py", "def score(", "def rate(")
    with pytest.raises(PackError, match="lacks score"):
        load_evaluator(missing)
    broken = altered(tmp_path / "b", "evaluator.py", "def score(", "def score((")
    with pytest.raises(PackError, match="cannot be imported"):
        load_evaluator(broken)


def test_packs_of_one_name_in_two_folders_do_not_mix(tmp_path):
    first, second = write_pack(tmp_path / "a"), write_pack(tmp_path / "b")
    evaluators = [load_evaluator(load(str(path))) for path in (first, second)]
    assert evaluators[0] is not evaluators[1]
