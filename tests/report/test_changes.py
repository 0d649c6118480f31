from collections.abc import Iterator
from pathlib import Path

import pytest

from adrs.errors import UsageError
from adrs.evaluation import Status
from adrs.program import Program
from adrs.report.changes import change
from adrs.report.opening import Run, open_run
from adrs.trial import Proposal
from tests.report.sample_run import Writer, write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs)
    with open_run("last", runs) as run:
        yield run


def test_a_trial_is_compared_with_its_first_parent(run: Run) -> None:
    found = change(run, "best", None)
    assert (found.before.number, found.after.number) == (1, 5)
    assert found.lines[:2] == ("--- trial 1\n", "+++ trial 5\n")
    assert [line for line in found.lines[2:] if line[0] in "+-"] == ["-LIMIT = 60\n", "+LIMIT = 30\n"]
    assert (found.added, found.removed) == (1, 1)


def test_two_trials_are_compared_in_the_order_given(run: Run) -> None:
    forth, back = change(run, "seed", "6"), change(run, "6", "seed")
    assert "-LIMIT = 80\n" in forth.lines
    assert "+LIMIT = 80\n" in back.lines


def test_a_trial_is_the_same_as_itself(run: Run) -> None:
    found = change(run, "2", "3")
    assert (found.lines, found.added, found.removed) == ((), 0, 0)


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [("seed", None, "trial 0 has no parent"), ("4", None, "trial 4 has no program"), ("0", "4", "trial 4 has no")],
)
def test_what_cannot_be_compared_is_refused(run: Run, first: str, second: str | None, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        change(run, first, second)


def test_lines_end_where_lines_of_a_file_end(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "x")
    for number, source in enumerate(("-- a\nx\x0cy\u2028z\n", "++ b\nx\x0cy\u2028z")):
        writer.plan(number, (0,) if number else ())
        writer.archive.propose(number, Proposal(Program(source), "sample", Status.DUPLICATE))
        writer.told[number] = writer.archive.tell(number)
    writer.archive.close()
    with open_run("x", tmp_path) as run:
        found = change(run, "1", None)
    assert found.lines[3:] == ("--- a\n", "+++ b\n", " x\x0cy\u2028z\n")
    assert (found.added, found.removed) == (1, 1)
