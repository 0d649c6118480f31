import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adrs.errors import ConfigError
from adrs.search.best_of_n import BestOfN
from adrs.search.catalogue import names, open_search
from adrs.search.greedy import Greedy
from adrs.search.islands import Islands
from adrs.testing.samples import sample_problem

MINE = """
class Mine:
    def __init__(self, problem, *, width: int = 2, mood: str = "calm"):
        self.options = (problem.name, width, mood)

class NoProblem:
    pass

class Demanding:
    def __init__(self, problem, *, width):
        pass

three = 3
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a distribution that offers the search `mine`."""
    (tmp_path / "searches_of_mine.py").write_text(MINE)
    info = tmp_path / "mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[adrs.searches]\nmine = searches_of_mine:Mine\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("searches_of_mine", None)


@pytest.mark.parametrize(("name", "kind"), [("best_of_n", BestOfN), ("greedy", Greedy), ("islands", Islands)])
def test_built_in_policies(name: str, kind: type) -> None:
    assert name in names()
    assert type(open_search(name, sample_problem(), {})) is kind


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["mine", "searches_of_mine:Mine"])
def test_policies_of_others(name: str) -> None:
    search = open_search(name, sample_problem(), {"width": 5})
    assert search.options == ("queues", 5, "calm")  # type: ignore[attr-defined]
    assert "mine" in names()


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="'iland'") as caught:
        open_search("iland", sample_problem(), {})
    assert "Did you mean 'islands'?" in caught.value.todo
    assert all(name in caught.value.todo for name in ("best_of_n", "greedy", "islands"))


def test_an_unknown_option_is_answered_with_the_valid_ones() -> None:
    with pytest.raises(ConfigError, match="'kep'") as caught:
        open_search("greedy", sample_problem(), {"kep": 3})
    assert "Did you mean 'keep'?" in caught.value.todo
    assert "exponent, inspirations, keep" in caught.value.todo
    with pytest.raises(ConfigError) as caught:
        open_search("best_of_n", sample_problem(), {"keep": 3})
    assert caught.value.todo == "It has none."


@pytest.mark.parametrize(
    ("option", "value", "kind"),
    [("count", 2.5, "a whole number"), ("count", "two", "a whole number"), ("explore", "much", "a number")],
)
def test_options_of_the_wrong_type(option: str, value: float | str, kind: str) -> None:
    with pytest.raises(ConfigError, match=option) as caught:
        open_search("islands", sample_problem(), {option: value})
    assert kind in caught.value.todo


def test_a_whole_number_is_a_number() -> None:
    open_search("islands", sample_problem(), {"explore": 1})


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("attribute", ["NoProblem", "Demanding", "three", "Absent"])
def test_what_is_no_policy(attribute: str) -> None:
    with pytest.raises(ConfigError, match=attribute):
        open_search(f"searches_of_mine:{attribute}", sample_problem(), {})


def test_a_module_that_is_not_installed() -> None:
    with pytest.raises(ConfigError, match="no_such_module"):
        open_search("no_such_module:Search", sample_problem(), {})
