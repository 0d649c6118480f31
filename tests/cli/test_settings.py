import tomllib
from pathlib import Path

import pytest

from adrs.config import CampaignConfig, resolve
from adrs.testing.samples import PACK
from tests.report.command import adrs


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CampaignConfig.model_fields:
        monkeypatch.delenv(f"ADRS_{name.upper()}", raising=False)


def test_what_is_shown_is_a_file_of_the_same_settings(tmp_path: Path) -> None:
    ran = adrs("config", "show", str(PACK), "--origins")
    assert ran.code == 0
    file = tmp_path / "campaign.toml"
    file.write_text(ran.out)
    assert resolve(flags={}, file=file).config == resolve(flags={"problem": str(PACK)}).config


def test_each_setting_has_its_meaning_above_it() -> None:
    lines = adrs("config", "show").out.splitlines()
    assert lines[lines.index("seed = 0") - 1] == "# All randomness of the campaign follows from it."
    assert "# problem =" in lines


def test_origins_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text("trials = 5\n")
    monkeypatch.setenv("ADRS_SEED", "6")
    lines = adrs("config", "show", "-c", str(file), "--origins").out.splitlines()
    assert f"trials = 5  # {file}" in lines
    assert "seed = 6  # ADRS_SEED" in lines
    assert 'model = "mutator"  # built in' in lines
    assert "# problem =  # not set" in lines


def test_settings_as_json(tmp_path: Path) -> None:
    told = adrs("config", "show", str(PACK), "--json").json()["settings"]
    assert told.keys() == CampaignConfig.model_fields.keys()
    assert told["problem"] == {"value": str(PACK), "origin": "flag", "meaning": "A pack's name or path."}
    assert told["target"]["value"] is None
    assert tomllib.loads(adrs("config", "show", str(PACK)).out)["seed"] == told["seed"]["value"]


@pytest.mark.parametrize(
    ("content", "what"), [("trails = 5", "'trails' is no setting"), ("trials = -1", "trials: "), ("x", "is not TOML")]
)
def test_a_wrong_file_is_a_usage_error(tmp_path: Path, content: str, what: str) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text(content)
    ran = adrs("config", "show", "-c", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert what in ran.err


def test_an_unknown_problem_is_a_usage_error() -> None:
    ran = adrs("config", "show", "nosuch")
    assert (ran.code, ran.out) == (2, "")
    assert "no problem is called 'nosuch'" in ran.err
