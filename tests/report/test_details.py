from collections.abc import Iterator
from pathlib import Path

import pytest

from adrs.errors import UsageError
from adrs.report.details import Selection, detail
from adrs.report.opening import Run, open_run
from tests.report.sample_run import ASKED, BEST, FIRST_REPLY, LAST_REPLY, Writer, write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs)
    with open_run("last", runs) as run:
        yield run


@pytest.mark.parametrize(
    ("selection", "numbers"),
    [
        (Selection(), [0, 1, 2, 3, 4, 5, 6]),
        (Selection(status="crashed"), [2, 3]),
        (Selection(status="timed_out"), []),
        (Selection(top=2), [6, 5]),
        (Selection(top=9), [6, 5, 1, 0]),
        (Selection(status="crashed", top=9), []),
    ],
)
def test_trials_are_selected(run: Run, selection: Selection, numbers: list[int]) -> None:
    assert [trial.number for trial in selection.of(run)] == numbers


def test_of_many_the_last_are_listed_with_the_best(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "long", name="long")
    for number in range(25):
        writer.run(number, 90 - number if number != 3 else 20, (0,) if number else (), validate=number in {0, 3})
    with open_run("long", tmp_path) as run:
        assert [trial.number for trial in Selection().of(run)] == [3, *range(5, 25)]
        assert len(Selection(everything=True).of(run)) == 25
    writer.archive.close()


def test_a_trial_has_its_evaluations_with_results(run: Run) -> None:
    found = detail(run, "best")
    assert found.trial.number == BEST
    assert list(found.evaluations) == ["train", "validation"]
    assert [len(evaluation.results) for evaluation in found.evaluations.values()] == [6, 6]
    assert detail(run, "4").evaluations == {}


def test_prompts_and_replies_are_verbatim(run: Run) -> None:
    found = detail(run, "4")
    first, repair = found.calls
    assert (first.prompt, first.completion and first.completion.text) == (ASKED, FIRST_REPLY)
    assert repair.completion is not None
    assert found.reply() == LAST_REPLY == repair.completion.text
    assert found.prompt().split("--- ")[1:] == [
        "system ---\nYou schedule.\n",
        "user ---\nMake the regret small.\n",
        f"assistant ---\n{FIRST_REPLY}\n",
        "user ---\nThat held no edit.",
    ]


def test_what_a_trial_lacks_is_said(run: Run) -> None:
    with pytest.raises(UsageError, match="no model was asked for trial 0: 'seed' made it"):
        detail(run, "seed").prompt()
    with pytest.raises(UsageError, match="no model answered for trial 0"):
        detail(run, "seed").reply()
    with pytest.raises(UsageError, match="trial 4 has no program: it is unparsed"):
        detail(run, "4").program()
