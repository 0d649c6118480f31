import shutil
from pathlib import Path

import pytest

from adrs.evaluating.foreign import SelfScored
from adrs.evaluating.needs import needs_of
from adrs.problem import open_pack
from adrs.program import Program
from adrs.sandbox.choice import choose, open_sandbox

PROBLEMS = Path(__file__).parent / "problems"
NAMES = ("openevolve_cascade", "openevolve_artifacts", "skydiscover_container")

needs_bubblewrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
WALLS = [pytest.param("local", marks=needs_bubblewrap), pytest.param("docker", marks=pytest.mark.docker)]

LOADING = """\
import importlib.util


def load(path):
    spec = importlib.util.spec_from_file_location("program", path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program


"""
SEED = "def answer():\n    return 1.0\n"


@pytest.fixture(params=WALLS)
def wall(request):
    return request.param


@pytest.fixture
def write(tmp_path):
    """Write a problem: its evaluator, its seed, and other files by path."""

    def write(evaluator="", *, seed=SEED, config="evaluator: {timeout: 20}\n", **files):
        folder = tmp_path / "problem"
        texts = {"evaluator.py": LOADING + evaluator, "initial_program.py": seed, "config.yaml": config, **files}
        for name, text in texts.items():
            if text is not None:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text)
        return folder

    return write


@pytest.fixture
def scored(wall):
    """Evaluate a program on the problem in a folder, behind the wall; the seed if none is given."""

    def scored(folder, source=None, split="train"):
        problem = open_pack(folder)
        sandbox = open_sandbox(choose(wall, needs_of(problem)))
        try:
            program = problem.seed if source is None else Program(source)
            return SelfScored(problem, sandbox).evaluate(program, split)
        finally:
            sandbox.close()

    return scored
