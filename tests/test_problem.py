import os
from dataclasses import replace

import pytest

from adrs.errors import PackError, UnknownProblem
from adrs.evaluation import Evaluation, Status
from adrs.packs import shipped_and_local
from adrs.problem import load, open_pack
from adrs.program import Program
from adrs.testing.samples import PACK, sample_problem, write_pack


def scored(problem, value, **others):
    return Evaluation(Status.VALID, "train", scores={problem.objective.name: value, **others})


def test_a_pack_is_found_by_path_by_folder_and_among_the_shipped(tmp_path, monkeypatch):
    pack = write_pack(tmp_path / "evaluators")
    assert load(str(pack)).folder == pack
    monkeypatch.chdir(tmp_path)
    assert load("queues").folder == pack
    assert pack.name in [path.name for path in shipped_and_local()]
    monkeypatch.chdir(os.path.sep)
    assert load("queues").folder == PACK


def test_an_unknown_problem_is_refused_with_a_suggestion(tmp_path):
    with pytest.raises(UnknownProblem, match="'queue'") as caught:
        load("queue")
    assert "'queues'" in caught.value.todo
    with pytest.raises(UnknownProblem, match=r"holds no problem\.toml"):
        load(str(tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('direction = "min"', 'direction = "down"', "direction"),
        ("low = 0\nhigh = 99", "low = 99\nhigh = 0", "not below"),
        ('name = "queues"', 'name = "Queues!"', "name"),
        ("[limits]", "[limit]", "limit: "),
        ("bins = 5", "bins = 1", "bins"),
        ("[[objectives]]", "[[objectives]", "is not TOML"),
    ],
)
def test_a_broken_declaration_is_named(tmp_path, old, new, message):
    pack = write_pack(tmp_path)
    file = pack / "problem.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(PackError, match=message) as caught:
        open_pack(pack)
    assert str(file) in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    pack = write_pack(tmp_path)
    (pack / "statement.md").unlink()
    with pytest.raises(PackError, match=r"statement\.md"):
        open_pack(pack)


def test_the_hash_covers_every_file_and_the_packs_in_use(tmp_path):
    pack, other = write_pack(tmp_path), write_pack(tmp_path / "more")
    before = open_pack(pack).hash
    assert open_pack(other).hash == before
    (pack / "baselines" / "new.py").write_text("x = 1\n")
    changed = open_pack(pack).hash
    assert changed != before
    (pack / "__pycache__").mkdir()
    (pack / "__pycache__" / "seed.pyc").write_bytes(b"1")
    assert open_pack(pack).hash == changed


def test_rank_puts_bounds_first_then_the_leading_objective():
    problem = sample_problem()
    gate = problem.objective.model_copy(update={"name": "excess", "bound": 1.0})
    gated = replace(problem, pack=problem.pack.model_copy(update={"objectives": (problem.objective, gate)}))
    good, better_but_over = scored(gated, 9.0, excess=1.0), scored(gated, 1.0, excess=1.5)
    assert gated.rank(good) == (0.0, 9.0)
    assert gated.rank(better_but_over) == (0.5, 1.0)
    assert gated.rank(good) < gated.rank(better_but_over)
    up = problem.objective.model_copy(update={"direction": "max", "bound": 3.0})
    assert (up.cost(2.0), up.excess(2.0), up.excess(3.0)) == (-2.0, 1.0, 0.0)


def test_a_failure_has_no_rank():
    with pytest.raises(ValueError, match="no rank"):
        sample_problem().rank(Evaluation(Status.CRASHED, "train", "boom"))


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("def choose(w):\n    return 0\n", None),
        ("def choose(w)\n    return 0\n", "line 1"),
        ("a\0b", "does not parse"),
        ("class choose:\n    pass\n", "does not define choose"),
        ("if True:\n    def choose(w): return 0\n", "does not define choose"),
        ("#" * 20_000, "longer than"),
    ],
)
def test_what_keeps_a_program_from_running(source, complaint):
    found = sample_problem().complaint(Program(source))
    assert (found is None) if complaint is None else complaint in str(found)


def test_a_seed_with_unpaired_markers_is_refused(tmp_path):
    pack = write_pack(tmp_path)
    (pack / "seed.py").write_text("# EVOLVE-BLOCK-END\n" + (pack / "seed.py").read_text())
    with pytest.raises(PackError, match="alternate"):
        open_pack(pack)
