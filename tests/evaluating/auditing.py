"""What the tests of audits share."""

from pathlib import Path

from adrs.evaluating.audit import audit, fresh_walls
from adrs.evaluating.loading import load_evaluator
from adrs.evaluating.stages import Bench
from adrs.problem import load
from adrs.sandbox.choice import choose
from tests.evaluating.inprocess import InProcess

PROGRAMS = Path(__file__).parent / "audit_programs"
WALLS = fresh_walls(choose("local"))


def bench_of(name, sandbox=None):
    problem = load(name)
    return Bench(problem, load_evaluator(problem), sandbox or InProcess())


def audited(bench, program, split="validation", *, key=1, walls=WALLS):
    before = bench.evaluate(program, split)
    assert before.valid, before.message
    return audit(bench, program, before, walls=walls, key=key)


def causes(found):
    return [finding.cause for finding in found.findings]
