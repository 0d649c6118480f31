"""Rates a search by how near it comes to the lowest point, in three stages."""

import concurrent.futures
import importlib.util
import traceback

import numpy as np

from landscape import TARGET


def load(program_path):
    spec = importlib.util.spec_from_file_location("program", program_path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program


def in_time(function, seconds=5):
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(function).result(timeout=seconds)


def evaluate_stage1(program_path):
    """Does it run at all?"""
    try:
        x, y, _ = in_time(load(program_path).run_search)
        return {"runs": 1.0, "combined_score": score(x, y)}
    except Exception as error:
        print(traceback.format_exc())
        return {"runs": 0.0, "error": str(error)}


def evaluate_stage2(program_path):
    return evaluate(program_path)


def evaluate_stage3(program_path):
    result = evaluate(program_path)
    return {**result, "thorough": True, "spread": np.float32(0.25)}


def evaluate(program_path):
    try:
        x, y, value = in_time(load(program_path).run_search)
        distance = np.hypot(x - TARGET[0], y - TARGET[1])
        print(f"found {value:.4f} at {x:.3f}, {y:.3f}")
        return {"distance": distance, "value": np.float64(value), "combined_score": score(x, y)}
    except Exception as error:
        return {"combined_score": 0.0, "error": str(error)}


def score(x, y):
    return float(1 / (1 + np.hypot(x - TARGET[0], y - TARGET[1])))
