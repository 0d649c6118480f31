"""The mutator as a whole: what every child must keep, whatever the program and the draw."""

import ast
from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adrs.evaluating.loading import load_evaluator
from adrs.evaluating.stages import Bench
from adrs.evaluation import Status
from adrs.problem import Problem, load
from adrs.program import Program, parse
from adrs.proposing.mutator import Mutator
from adrs.testing.samples import sample_problem, sample_trial
from adrs.trial import Parents
from tests.evaluating.inprocess import InProcess

PROGRAMS = {
    "list": 'def choose(waiting):\n    """Join."""\n    best = min(waiting)\n    return waiting.index(best)\n',
    "loop": (
        "import math\n\nLIMIT = 80\n\n\ndef choose(waiting):\n    best, at = math.inf, 0\n"
        "    for index, minutes in enumerate(waiting):\n        if minutes * 1.5 < best + LIMIT:\n"
        "            best, at = minutes, index\n    return at\n"
    ),
    "sorted": "def choose(waiting):\n    return sorted(range(len(waiting)), key=lambda i: (waiting[i], -i))[0]\n",
    "arrays": (
        "import numpy as np\n\n\ndef choose(waiting):\n    w = np.asarray(waiting, dtype=float)\n"
        "    score = np.maximum(w - w.mean(), 0.3 * w)\n    return int(score.argmin())\n"
    ),
    "marked": (
        "import math\n# EVOLVE-BLOCK-START\nSHARE = 0.5\n\n\ndef rate(x):\n    return SHARE * x\n# EVOLVE-BLOCK-END\n\n"
        "def choose(waiting):\n    return max(range(len(waiting)), key=lambda i: -rate(waiting[i]))\n"
    ),
}


def parents_of(*programs: Program) -> Parents:
    trials = [sample_trial(number, program=program) for number, program in enumerate(programs)]
    return Parents(tuple(trials[:1]), tuple(trials[1:]))


def posed(seed: Program) -> Problem:
    return replace(sample_problem(), seed=seed)


@pytest.mark.parametrize("name", PROGRAMS)
@given(number=st.integers(0, 2**32), other=st.sampled_from(sorted(PROGRAMS)))
@settings(max_examples=25, deadline=None, derandomize=True)  # one seed in some ten thousand finds no edit
def test_every_child_parses_differs_and_keeps_what_is_fixed(name: str, number: int, other: str) -> None:
    parent = Program(PROGRAMS[name])
    problem = posed(parent)
    proposal = Mutator().propose(problem, parents_of(parent, Program(PROGRAMS[other])), Random(number))
    assert proposal.model == "mutator"
    assert proposal.status is Status.VALID
    child = proposal.program
    assert child is not None
    assert problem.complaint(child) is None
    assert child.meaning not in {parent.meaning, Program(PROGRAMS[other]).meaning}
    assert child.keeps(parent)
    assert child.size <= 2 * parent.size + 60
    assert proposal.note


def test_the_same_draw_gives_the_same_child() -> None:
    parent = Program(PROGRAMS["loop"])
    children = [Mutator().propose(posed(parent), parents_of(parent), Random(5)) for _ in range(2)]
    assert children[0] == children[1]
    assert children[0] != Mutator().propose(posed(parent), parents_of(parent), Random(6))


def test_docstrings_imports_and_untouched_functions_survive() -> None:
    parent = Program(PROGRAMS["list"])
    for number in range(30):
        child = Mutator().propose(posed(parent), parents_of(parent), Random(number)).program
        assert child is not None
        function = parse(child.source).body[-1]
        assert isinstance(function, ast.FunctionDef)
        assert ast.get_docstring(function) == "Join."
    marked = Program(PROGRAMS["marked"])
    child = Mutator().propose(posed(marked), parents_of(marked), Random(1)).program
    assert child is not None
    assert "key=lambda i: -rate(waiting[i])" in child.source


def test_programs_do_not_outgrow_their_room() -> None:
    seed = Program(PROGRAMS["arrays"])
    problem, program = posed(seed), seed
    for number in range(150):
        child = Mutator().propose(problem, parents_of(program), Random(number)).program
        program = child or program
    assert program.size <= 2 * seed.size + 60


def test_crossover_brings_in_what_the_other_parent_has() -> None:
    parent = Program("def choose(waiting):\n    return waiting.index(min(waiting)) + 0 * 1.5\n")
    donor = Program("def choose(waiting):\n    return int(len(waiting) * 0.77123)\n")
    mutator = Mutator(crossing=1.0, more=0.0)
    sources = [
        proposal.program.source
        for number in range(60)
        if (proposal := mutator.propose(posed(parent), parents_of(parent, donor), Random(number))).program
    ]
    assert any("0.77" in source and "waiting.index" in source for source in sources)


def test_a_program_without_anything_to_change_is_said_to_be_so() -> None:
    parent = Program("choose = len\n")
    proposal = Mutator(tries=3).propose(posed(parent), parents_of(parent), Random(0))
    assert (proposal.program is None) == (proposal.status is Status.UNPARSED)
    assert proposal.program is not None or proposal.message


@pytest.mark.parametrize(("name", "share"), [("queues", 0.5), ("smtt", 0.75)])
def test_most_children_run(name: str, share: float) -> None:
    """On the shipped packs, without a wall, from the seed and from what grew out of it."""
    problem = load(name)
    bench = Bench(problem, load_evaluator(problem), InProcess())
    ended: Counter[str] = Counter()
    program = problem.seed
    for number in range(40):
        child = Mutator().propose(problem, parents_of(program, problem.seed), Random(number)).program
        assert child is not None
        status = bench.evaluate(child, "train").status
        ended[status] += 1
        program = child if status is Status.VALID and number % 4 else problem.seed
    assert ended[Status.VALID] >= share * 40, ended
