"""Programs of every kind that an ordinary evaluation cannot see through, and honest ones, behind the real wall."""

import base64
import hashlib
from random import Random

import numpy as np
import pytest

from adrs.evaluating.audit import audit, fresh_walls
from adrs.problem import load
from adrs.program import Program
from adrs.sandbox.choice import choose
from adrs.testing.samples import sample_program
from tests.evaluating.auditing import PROGRAMS, WALLS, audited, bench_of, causes


@pytest.fixture(scope="module")
def benches():
    sandbox = WALLS(0)
    yield {name: bench_of(name, sandbox) for name in ("queues", "smtt", "smtt_sequence")}
    sandbox.close()


QUICK = {
    "queues_state_late": ["state"],
    "queues_seed_set": ["seed"],
    "queues_chance_urandom": ["chance"],
    "smtt_names_place": ["names"],
}
SLOW = {
    "queues_state_learns": ["state"],
    "queues_seed_hash": ["seed"],
    "queues_seed_state_shared": ["seed", "state"],
    "queues_chance_unseeded": ["chance"],
    "queues_chance_clock": ["chance"],
    "queues_chance_address": ["chance"],
    "smtt_state_position": ["state"],
    "smtt_order_company": ["order"],
}


@pytest.mark.parametrize(
    ("name", "expected"), [*QUICK.items(), *(pytest.param(*item, marks=pytest.mark.slow) for item in SLOW.items())]
)
def test_what_an_ordinary_evaluation_does_not_see_is_named(benches, name, expected):
    found = audited(benches[name.partition("_")[0]], Program((PROGRAMS / f"{name}.py").read_text()))
    assert causes(found) == expected
    assert not found.passed
    assert found.verdict == f"marked: {', '.join(expected)}"
    assert all("results differ on" in finding.message for finding in found.findings)


def test_every_program_is_tried():
    assert {*QUICK, *SLOW} == {path.stem for path in PROGRAMS.glob("*.py")}


@pytest.mark.parametrize("name", ["queues_state_late", "queues_state_learns", "queues_seed_set", "queues_seed_hash"])
def test_they_pass_an_ordinary_evaluation_on_train(benches, name):
    assert benches["queues"].evaluate(Program((PROGRAMS / f"{name}.py").read_text()), "train").valid


RECOGNISES_STATES = '''
"""Knows optimal sequences by the content of the arrays, and follows them where it is not asked again."""
import base64
import hashlib
import numpy as np

TABLE = base64.b85decode("{table}")
KNOWN = {{TABLE[at : at + 4]: TABLE[at + 4 : at + 29] for at in range(0, len(TABLE), 29)}}


def priority(t, p, d, mask, P, n):
    scores = d.copy()
    if n != 25 or n - mask[0].sum() in (6, 12, 18):
        return scores
    for row in range(len(p)):
        order = KNOWN.get(hashlib.sha256(p[row].tobytes() + d[row].tobytes()).digest()[:4])
        if order is not None:
            scores[row] = np.argsort(np.frombuffer(order, np.uint8))
    return scores
'''
RECOGNISES_JOBS = '''
"""Knows optimal sequences by the content of the arrays."""
import base64
import hashlib
import numpy as np

TABLE = base64.b85decode("{table}")
KNOWN = {{TABLE[at : at + 4]: TABLE[at + 4 : at + 54] for at in range(0, len(TABLE), 54)}}


def schedule(p, d, budget):
    order = KNOWN.get(hashlib.sha256(p.tobytes() + d.tobytes()).digest()[:4])
    return np.lexsort((p, d)) if order is None else np.frombuffer(order, np.uint8)
'''


def knowing(bench, source, *, jobs, dtype):
    """Return a program with the optimal sequences of all training instances of one size in it."""
    labels = np.load(bench.problem.folder / "labels.npz")
    chosen = [one for one in bench.evaluator.instances("train") if one.jobs == jobs]
    table = b""
    for one, order in zip(chosen, labels[f"train-{jobs}/order"], strict=True):
        content = one.p.astype(dtype).tobytes() + one.d.astype(dtype).tobytes()
        table += hashlib.sha256(content).digest()[:4] + order.astype(np.uint8).tobytes()
    return Program(source.format(table=base64.b85encode(table).decode().replace("\\", "\\\\").replace('"', '\\"')))


def test_a_dispatching_rule_that_recognises_instances_is_marked(benches):
    bench = benches["smtt"]
    program = knowing(bench, RECOGNISES_STATES, jobs=25, dtype=np.float64)
    edd = bench.evaluate(bench.problem.seed, "train")
    known = bench.evaluate(program, "train")
    assert known.scores["gap"] < 0.8 * edd.scores["gap"]  # an ordinary evaluation is taken in
    found = audit(bench, program, known, walls=WALLS, key=1)
    assert causes(found) == ["names"]
    assert "nor recognise instances" in found.findings[0].message


@pytest.mark.slow
def test_a_constructor_that_recognises_instances_is_marked(benches):
    bench = benches["smtt_sequence"]
    program = knowing(bench, RECOGNISES_JOBS, jobs=50, dtype=np.int64)
    known = bench.evaluate(program, "train")
    assert known.valid
    assert known.scores["gap"] < 45  # due-date order has 58 %
    assert causes(audit(bench, program, known, walls=WALLS, key=1)) == ["names"]


@pytest.mark.parametrize("split", ["train", "validation"])
def test_random_numbers_that_are_seeded_by_the_arguments_pass(benches, split):
    source = "from random import Random\ndef choose(w):\n    return Random(sum(w)).choice(range(len(w)))"
    assert audited(benches["queues"], Program(source), split).passed


ROUNDING = """
import numpy as np
def priority(t, p, d, mask, P, n):
    s = np.mean(p / 7, axis=1, keepdims=True)
    return np.maximum(p * s, d * s - t * s)
"""
DRAWS_BY_NUMBER = """
import numpy as np
def schedule(p, d, budget):
    return np.argsort(d + np.random.default_rng(0).integers(0, 40, len(p)))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("pack", "source"), [("smtt", ROUNDING), ("smtt_sequence", DRAWS_BY_NUMBER)])
def test_what_rounding_or_an_honest_draw_decides_passes_as_far_as_the_pack_says(benches, pack, source):
    bench = benches[pack]
    opened = []

    def counted(seed):
        opened.append(seed)
        return WALLS(seed)

    assert audited(bench, Program(source), "train", walls=counted).passed
    assert len(opened) == 2  # the second says that nothing but the numbering can be the cause


@pytest.mark.parametrize("pack", ["queues", "smtt", "smtt_sequence"])
@pytest.mark.parametrize("split", [pytest.param("train", marks=pytest.mark.slow), "validation"])
def test_the_packs_seeds_pass(benches, pack, split):
    assert audited(benches[pack], benches[pack].problem.seed, split).findings == ()


BASELINES = [(pack, name) for pack in ("queues", "smtt", "smtt_sequence") for name in load(pack).programs("baselines")]


@pytest.mark.slow
@pytest.mark.parametrize(("pack", "name"), BASELINES)
@pytest.mark.parametrize("split", ["train", "validation"])
def test_every_baseline_passes(benches, pack, name, split):
    assert audited(benches[pack], benches[pack].problem.programs("baselines")[name], split).findings == ()


def test_each_pack_renumbers_without_changing_what_is_asked(benches):
    for bench in benches.values():
        instances = list(bench.evaluator.instances("train"))[:30]
        renumbered = [bench.evaluator.permuted(one, Random(3)) for one in instances]
        assert [(one.name, one.group) for one in instances] == [(one.name, one.group) for one in renumbered]
        first, again = instances[0], renumbered[0]
        if bench.problem.name == "queues":
            assert sorted(first.arrivals) == sorted(again.arrivals)
            assert first.arrivals != again.arrivals
        else:
            assert sorted(zip(first.p, first.d, strict=True)) == sorted(zip(again.p, again.d, strict=True))
            assert first.p.tolist() != again.p.tolist()
            assert (first.optimum, first.role) == (again.optimum, again.role)


@pytest.mark.docker
@pytest.mark.parametrize(("name", "expected"), [("queues_seed_set", ["seed"]), ("queues_state_late", ["state"])])
def test_in_containers_the_same_is_found(name, expected):
    walls = fresh_walls(choose("docker"))
    sandbox = walls(0)
    try:
        bench = bench_of("queues", sandbox)
        assert causes(audited(bench, Program((PROGRAMS / f"{name}.py").read_text()), walls=walls)) == expected
        assert audited(bench, sample_program(), walls=walls).passed
    finally:
        sandbox.close()
