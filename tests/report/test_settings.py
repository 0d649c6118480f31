import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.config import CampaignConfig, resolve
from adrs.report.settings import Described, settings

VALUES = (
    st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CampaignConfig.model_fields:
        monkeypatch.delenv(f"ADRS_{name.upper()}", raising=False)


@given(value=VALUES)
def test_a_value_survives_being_written(*, value: bool | int | float | str) -> None:
    assert tomllib.loads(Described("x", value, "", "").toml()) == {"x": value}


def test_a_table_is_written_inline_and_what_is_not_set_as_a_comment() -> None:
    table: dict[str, int | float | str] = {"islands": 3, "share": 0.5, "how": "ring"}
    assert tomllib.loads(Described("x", table, "", "").toml()) == {"x": table}
    assert tomllib.loads(Described("x", {}, "", "").toml()) == {"x": {}}
    assert tomllib.loads(Described("x", None, "", "").toml()) == {}


def test_every_setting_has_a_meaning() -> None:
    found = settings(resolve(flags={"problem": "smtt"}))
    assert [row.name for row in found] == list(CampaignConfig.model_fields)
    assert [row.name for row in found if not row.meaning] == []
    assert {row.name: row.meaning for row in found}["trials"] == "Attempts, failed ones and the seed program included."


def test_origins_are_those_of_the_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text("dollars = 2.5\n")
    monkeypatch.setenv("ADRS_SEED", "6")
    found = {row.name: (row.value, row.origin) for row in settings(resolve(flags={"problem": "smtt"}, file=file))}
    assert found["problem"] == ("smtt", "flag")
    assert found["dollars"] == (2.5, str(file))
    assert found["seed"] == (6, "ADRS_SEED")
    assert found["model"] == ("mutator", "built in")
    assert found["tokens"] == (None, "not set")
