"""Counts bins: in a subprocess, from data beside it, with artifacts for the next prompt."""

import json
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

from openevolve.evaluation_result import EvaluationResult

HERE = Path(__file__).parent

SCRIPT = """
import importlib.util, json, pickle, sys
spec = importlib.util.spec_from_file_location("program", sys.argv[1])
program = importlib.util.module_from_spec(spec)
spec.loader.exec_module(program)
items = json.load(open(sys.argv[2]))
with open(sys.argv[3], "wb") as file:
    pickle.dump([program.pack(list(case), 100) for case in items], file)
"""


def evaluate(program_path):
    cases = json.loads((HERE / "items.json").read_text())
    with tempfile.NamedTemporaryFile(suffix=".py", mode="w", delete=False) as script:
        script.write(SCRIPT)
    answer = script.name + ".answer"
    command = [sys.executable, script.name, program_path, "items.json", answer]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
        if done.returncode:
            return EvaluationResult(
                metrics={"combined_score": 0.0, "bins": 0.0},
                artifacts={"stderr": done.stderr, "failure_stage": "packing"},
            )
        with open(answer, "rb") as file:
            packed = pickle.load(file)
    except subprocess.TimeoutExpired:
        return EvaluationResult(
            {"combined_score": 0.0}, {"error_type": "timeout", "error_message": "packing timed out"}
        )
    finally:
        for path in (script.name, answer):
            if os.path.exists(path):
                os.unlink(path)
    return judge(cases, packed)


def judge(cases, packed):
    used = [len(bins) for bins in packed]
    for case, bins in zip(cases, packed):
        if sorted(item for each in bins for item in each) != sorted(case) or max(map(sum, bins)) > 100:
            return EvaluationResult(
                {"combined_score": 0.0, "validity": 0.0}, {"reason": "a bin is too full, or items are missing"}
            )
    least = [-(-sum(case) // 100) for case in cases]
    return EvaluationResult(
        metrics={
            "combined_score": sum(least) / sum(used),
            "validity": 1.0,
            "bins": sum(used),
            "per_case": {str(number): bins for number, bins in enumerate(used)},
        },
        artifacts={
            "fullest": f"case {used.index(max(used))} takes {max(used)} bins",
            "loads": {"first case": [sum(bins) for bins in packed[0]]},
            "raw": b"\xff\x00bytes",
        },
    )
