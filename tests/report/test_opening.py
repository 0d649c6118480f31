from collections.abc import Iterator
from pathlib import Path

import pytest

from adrs.errors import GoalMissed, PackError, UnknownProblem, UsageError
from adrs.report.opening import Run, open_run
from adrs.testing.samples import write_pack
from tests.report.sample_run import BEST, NAME, Writer, write_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs)
    return runs


@pytest.fixture
def run(runs: Path) -> Iterator[Run]:
    with open_run(NAME, runs) as run:
        yield run


@pytest.mark.parametrize(("reference", "number"), [("0", 0), ("seed", 0), ("6", 6), ("006", 6), ("best", BEST)])
def test_trials_have_numbers_and_two_have_names(run: Run, reference: str, number: int) -> None:
    assert run.trial(reference).number == number


@pytest.mark.parametrize(
    ("reference", "what", "todo"),
    [
        ("8", "no trial '8'", "0 to 6"),
        ("-1", "no trial '-1'", "0 to 6"),
        ("worst", "no trial 'worst'", "`best` or `seed`"),
        ("²", "no trial '²'", "0 to 6"),
        ("7", "trial 7 of 'brave-heron' is not finished", "adrs watch brave-heron"),
    ],
)
def test_what_is_no_finished_trial_is_refused(run: Run, reference: str, what: str, todo: str) -> None:
    with pytest.raises(UsageError, match=what) as caught:
        run.trial(reference)
    assert todo in caught.value.todo


def test_a_young_run_has_neither_best_nor_seed(tmp_path: Path) -> None:
    Writer(tmp_path / "young", name="young").archive.close()
    with open_run("last", tmp_path) as run:
        with pytest.raises(GoalMissed, match="no program of 'young'"):
            run.trial("best")
        with pytest.raises(UsageError) as caught:
            run.trial("seed")
    assert "no finished trial yet" in caught.value.todo


def test_what_was_read_stays_while_the_run_goes_on(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "x", name="x")
    writer.run(0, 80, (), validate=True)
    with open_run("x", tmp_path) as run:
        assert (list(run.trials), run.leader) == ([0], 0)
        writer.run(1, 30, validate=True)
        assert (list(run.trials), run.leader) == ([0], 0)
    with open_run("x", tmp_path) as run:
        assert (list(run.trials), run.leader) == ([0, 1], 1)
    writer.archive.close()


def test_a_folder_names_a_run_too(runs: Path) -> None:
    with open_run(str(runs / NAME), Path("nowhere")) as run:
        assert run.name == NAME


def test_an_unknown_run_is_refused_with_a_suggestion(runs: Path) -> None:
    with pytest.raises(UsageError, match="no run 'brave-hero'") as caught, open_run("brave-hero", runs):
        pass
    assert f"Did you mean {NAME!r}?" in caught.value.todo


def test_a_run_whose_pack_is_gone_is_refused(tmp_path: Path) -> None:
    pack = write_pack(tmp_path)
    write_run(tmp_path / "runs", pack=pack)
    pack.rename(tmp_path / "elsewhere")
    with pytest.raises(UnknownProblem), open_run("last", tmp_path / "runs"):
        pass


def test_scores_are_never_ranked_by_objectives_that_they_lack(tmp_path: Path) -> None:
    pack = write_pack(tmp_path)
    write_run(tmp_path / "runs", pack=pack)
    declared = (pack / "problem.toml").read_text()
    (pack / "problem.toml").write_text(declared.replace('name = "regret"', 'name = "sorrow"'))
    with pytest.raises(PackError, match=r"declares the objectives \['sorrow'\]"), open_run("last", tmp_path / "runs"):
        pass
