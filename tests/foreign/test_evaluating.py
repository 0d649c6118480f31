"""Foreign evaluators behind the real wall."""

import pytest

from adrs.errors import MissingPart, PackError, UsageError
from adrs.evaluation import Status
from tests.foreign.conftest import NAMES, PROBLEMS

BAD = "def answer(:"
CASCADE = """
def evaluate_stage1(path):
    return {"combined_score": load(path).answer(), "first": 1.0}
def evaluate_stage2(path):
    return {"combined_score": load(path).answer(), "second": 2.0}
def evaluate_stage3(path):
    answer = load(path).answer()
    if answer > 5:
        raise RuntimeError("too much for the third stage")
    return {"third": 3.0, "artifacts": {"hint": "all of it"}}
def evaluate(path):
    raise RuntimeError("the whole is not asked for")
"""
THRESHOLDS = "evaluator: {timeout: 20, cascade_thresholds: [0.5, 0.8]}"


def answering(value):
    return f"def answer():\n    return {value}\n"


@pytest.mark.parametrize("name", NAMES)
def test_problems_in_the_peers_format_run_unchanged(scored, name):
    evaluation = scored(PROBLEMS / name)
    assert evaluation.valid, evaluation.message
    assert 0 < evaluation.scores["combined_score"] < 1
    assert evaluation.split == "train"
    assert evaluation.features["size"] > 0
    [result] = evaluation.results
    assert result.scores["combined_score"] == evaluation.scores["combined_score"]
    assert "Metrics: " in evaluation.feedback


def test_artifacts_are_told_as_text(scored):
    feedback = scored(PROBLEMS / "openevolve_artifacts").feedback
    assert "fullest: case 3 takes 17 bins" in feedback
    assert "first case" in feedback
    assert "bytes" in feedback
    assert "per_case.0 = 16" in feedback


def test_a_broken_candidate_is_typed_in_each_of_them(scored):
    for name in NAMES:
        seed = (PROBLEMS / name / "initial_program.py").read_text()
        evaluation = scored(PROBLEMS / name, f"{seed}\nraise RuntimeError('broken on purpose')\n")
        assert evaluation.status is Status.CRASHED, name
        assert "broken on purpose" in evaluation.message
        assert not evaluation.scores


def test_a_script_knows_train_and_test_and_a_function_train_alone(scored):
    container = PROBLEMS / "skydiscover_container"
    train, test = scored(container), scored(container, split="test")
    assert train.scores != test.scores
    assert test.split == "test"
    with pytest.raises(UsageError, match="no validation split"):
        scored(container, split="validation")
    with pytest.raises(UsageError, match="no test split"):
        scored(PROBLEMS / "openevolve_cascade", split="test")


# --- the cascade


@pytest.mark.parametrize(
    ("answer", "stage", "figures"),
    [
        (0.25, 1, {"first"}),
        (0.5, 2, {"first", "second"}),
        (0.75, 2, {"first", "second"}),
        (0.9, 3, {"first", "second", "third"}),
    ],
)
def test_a_stage_is_run_where_the_one_before_reached_its_threshold(scored, write, answer, stage, figures):
    evaluation = scored(write(CASCADE, config=THRESHOLDS), answering(answer))
    assert evaluation.scores == {"combined_score": answer, "cascade_stage": stage}
    assert evaluation.results[0].scores.keys() == {"combined_score"} | figures
    assert ("was not run" in evaluation.feedback) == (stage < 3)


def test_a_failure_in_a_later_stage_is_a_failure(scored, write):
    evaluation = scored(write(CASCADE, config=THRESHOLDS), answering(9))
    assert evaluation.status is Status.CRASHED
    assert evaluation.message.startswith("evaluate_stage3: RuntimeError: too much")


def test_without_the_cascade_the_whole_is_run(scored, write):
    config = "evaluator: {timeout: 20, cascade_evaluation: false}"
    assert "the whole is not asked for" in scored(write(CASCADE, config=config)).message


# --- what evaluators do


RETURNS = """
import os, sys, subprocess, tempfile, threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
import numpy as np
def square(number):
    return number * number
def spoken(code):
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "score"),
    [
        ("return {'combined_score': load(path).answer()}", 1),
        ("return {'combined_score': np.float32(0.5)}", 0.5),
        ("return {'combined_score': np.array(0.5)}", 0.5),
        ("return {'combined_score': np.array([0.5, 1.0]).mean()}", 0.75),
        ("from openevolve.evaluation_result import EvaluationResult as R\n    return R({'combined_score': 2})", 2),
        ("from skydiscover.evaluation.evaluation_result import EvaluationResult as R\n    return R({'a': 2}, {})", 2),
        ("from openevolve import EvaluationResult as R\n    return R.from_dict({'a': 2, 'b': 4})", 3),
        ("with ProcessPoolExecutor(2) as pool: return {'a': sum(pool.map(square, range(4)))}", 14),
        ("with ThreadPoolExecutor(4) as pool: return {'a': sum(pool.map(square, range(4)))}", 14),
        ("return {'a': spoken('print(3)')}", 3),
        ("return {'a': spoken('from openevolve.evaluation_result import EvaluationResult; print(4)')}", 4),
        ("return {'a': float(subprocess.check_output(['python', '-c', 'import numpy; print(5)']))}", 5),
        ("return {'a': float(os.popen('echo 6').read())}", 6),
        ("return {'a': float(open('data/numbers.txt').read())}", 7),
        ("return {'a': float((Path(__file__).parent / 'data' / 'numbers.txt').read_text())}", 7),
        ("import beside\n    return {'a': beside.VALUE}", 8),
        ("import service\n    return {'a': service.VALUE}", 9),
        ("Path('written.txt').write_text('10')\n    return {'a': float(Path('written.txt').read_text())}", 10),
        ("Path('/tmp/eval.log').write_text('11')\n    return {'a': 11}", 11),
        ("with tempfile.TemporaryDirectory() as there: return {'a': len(os.listdir(there)) + 12}", 12),
        ("import signal\n    signal.signal(signal.SIGALRM, print); signal.alarm(9)\n    return {'a': 13}", 13),
        ("import asyncio\n    return {'a': asyncio.run(asyncio.sleep(0, 14))}", 14),
        ("threading.Thread(target=lambda: None).start()\n    return {'a': 15}", 15),
        ("print('x' * 10**6); print(b'\\xff', file=sys.stderr)\n    return {'a': 16}", 16),
        ("import logging\n    logging.warning('careful')\n    return {'a': 17}", 17),
        ("return {'a': len(sys.argv) + 17}", 18),
        ("sys.path.insert(0, os.path.dirname(path))\n    import importlib\n"
         "    return {'a': importlib.import_module(Path(path).stem).answer() + 18}", 19),
        ("return {'a': 20, 'object': object(), 'big': 10**400, 'nested': {1: {2: (3, {4})}}, 'set': {5}}", 20),
        ("import multiprocessing as m\n    with m.get_context('spawn').Pool(1) as pool:"
         " return {'a': sum(pool.map(square, [4]))}", 16),
    ],
)  # fmt: skip
def test_evaluators_work_as_they_are_used_to(scored, write, body, score):
    beside = {"data/numbers.txt": "7", "beside.py": "VALUE = 8", "service.py": "VALUE = 9"}
    evaluation = scored(write(f"{RETURNS}\n\ndef evaluate(path):\n    {body}\n", **beside))
    assert evaluation.valid, evaluation.message
    assert evaluation.scores == {"combined_score": score}


def test_arguments_are_handed_on(scored, write):
    evaluator = "def evaluate(path, scale=1, **more):\n    return {'combined_score': scale * more['by']}"
    assert scored(write(evaluator, config="evaluator: {evaluator_args: {scale: 3, by: 5}}")).scores == {
        "combined_score": 15
    }


def test_large_files_are_there_too(scored, write):
    evaluator = "from pathlib import Path\ndef evaluate(path):\n    return {'a': len(Path('data.txt').read_text())}"
    assert scored(write(evaluator, **{"data.txt": "x" * (3 << 20)})).scores == {"combined_score": 3 << 20}


def test_nothing_is_left_for_the_next_evaluation(scored, write):
    evaluator = """
from pathlib import Path
def evaluate(path):
    before = [Path(each).exists() for each in ("mark", "/tmp/mark")]
    Path("mark").write_text("x"), Path("/tmp/mark").write_text("x")
    return {"combined_score": float(sum(before))}
"""
    folder = write(evaluator)
    assert [scored(folder).scores["combined_score"] for _ in range(2)] == [0, 0]
    assert not (folder / "mark").exists()


# --- when things go wrong


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("raise ValueError('three')", Status.CRASHED, "ValueError: three"),
        ("raise SystemExit(3)", Status.CRASHED, "SystemExit: 3"),
        ("raise KeyboardInterrupt", Status.CRASHED, "KeyboardInterrupt"),
        ("import os\n    os._exit(0)", Status.CRASHED, "exit status 0"),
        ("import os\n    os.kill(os.getpid(), 9)", Status.CRASHED, ""),
        ("while True: pass", Status.TIMED_OUT, "more than 2 s"),
        ("import time\n    time.sleep(100)", Status.TIMED_OUT, "more than 2 s"),
        ("return None", Status.INVALID, "neither a dict"),
        ("return {}", Status.INVALID, "no numeric metric"),
        ("return {'combined_score': float('nan')}", Status.INVALID, "nan"),
        ("return {'combined_score': 0.0, 'error': 'bad'}", Status.INVALID, "bad"),
        ("print('before'); raise ValueError('after')", Status.CRASHED, "before"),
        ("return {'combined_score': bytearray(1 << 41)}", Status.OUT_OF_MEMORY, "memory"),
        ("recurse = lambda: recurse()\n    recurse()", Status.CRASHED, "RecursionError"),
    ],
)
def test_every_failure_has_a_status_and_a_message(scored, write, body, status, words):
    evaluation = scored(write(f"def evaluate(path):\n    {body}\n", config="evaluator: {timeout: 2}"))
    assert evaluation.status is status, evaluation
    assert evaluation.message
    assert words in evaluation.message
    assert not evaluation.scores


def test_messages_show_the_evaluators_lines_and_not_ours(scored, write):
    message = scored(write("def evaluate(path):\n    return load(path).nothing()\n")).message
    assert "evaluator.py" in message
    assert "return load(path).nothing()" in message
    assert "candidate.py" not in message
    assert "/tmp/" not in message


def test_a_program_that_does_not_parse_is_never_run(scored, write):
    evaluation = scored(write("def evaluate(path): ..."), BAD)
    assert evaluation.status is Status.INVALID
    assert "does not parse" in evaluation.message


@pytest.mark.parametrize(
    ("evaluator", "error", "words"),
    [
        ("import not_there_at_all", MissingPart, "not_there_at_all"),
        ("raise ValueError('broken evaluator')", PackError, "broken evaluator"),
        ("def evaluate(:", PackError, "SyntaxError"),
        ("", PackError, "defines no function evaluate"),
    ],
)
def test_an_evaluator_that_cannot_be_loaded_fails_no_program(scored, write, evaluator, error, words):
    with pytest.raises(error, match=words):
        scored(write(evaluator))


# --- scripts


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "score"),
    [
        ('echo \'{"status": "success", "combined_score": 0.5}\'', 0.5),
        (
            "#!/usr/bin/env bash\nset -euo pipefail\necho loud >&2\nMODE=$1\nPROG=$2\npython /benchmark/run.py $PROG",
            1,
        ),
        ("cd /benchmark && ./tool.sh", 0.25),
        ('PROGRAM="$1"\nMODE="${2:-none}"\necho chatter\necho "{\\"combined_score\\": ${#MODE}}"', 5),
    ],
)
def test_scripts_find_their_folder_where_it_was_built(scored, write, script, score):
    run = LOADS + "print(json.dumps({'combined_score': load(sys.argv[1]).answer()}))"
    files = {"evaluator/evaluate.sh": script, "evaluator/run.py": run, "evaluator/tool.sh": TOOL}
    folder = write(**files)
    (folder / "evaluator.py").unlink()
    (folder / "evaluator" / "tool.sh").chmod(0o755)
    evaluation = scored(folder)
    assert evaluation.valid, evaluation.message
    assert evaluation.scores == {"combined_score": score}


LOADS = """import json, sys, importlib.util
def load(path):
    spec = importlib.util.spec_from_file_location("program", path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program
"""
TOOL = "#!/bin/sh\necho '{\"combined_score\": 0.25}'\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "status", "words"),
    [
        ("echo trouble; exit 3", Status.CRASHED, "exit status 3"),
        ("echo nothing", Status.INVALID, "or JSON object"),
        ("true", Status.INVALID, "or JSON object"),
        ('echo \'{"status": "error", "artifacts": {"error": "bad"}}\'', Status.INVALID, "bad"),
        ("echo '[1]'", Status.INVALID, "or JSON object"),
        ("sleep 100", Status.TIMED_OUT, "more than 2 s"),
        ("kill -9 $PPID", Status.CRASHED, ""),
    ],
)
def test_scripts_fail_with_a_status(scored, write, script, status, words):
    folder = write(config="evaluator: {timeout: 2}", **{"evaluate.sh": script})
    evaluation = scored(folder)
    assert evaluation.status is status, evaluation.message
    assert words in evaluation.message


def test_of_very_many_metrics_the_score_is_kept(scored, write):
    body = "return {**{f'm{n}': n for n in range(3000)}, 'combined_score': 0.5, 'artifacts': {'hint': 'seen'}}"
    evaluation = scored(write(f"def evaluate(path):\n    {body}\n"))
    assert evaluation.scores == {"combined_score": 0.5}
    assert len(evaluation.feedback) < 2000
