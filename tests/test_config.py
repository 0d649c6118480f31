import pytest

from adrs.config import DEFAULT_TRIALS, resolve
from adrs.errors import ConfigError


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch):
    import os

    for name in list(os.environ):
        if name.startswith("ADRS_"):
            monkeypatch.delenv(name)


def test_the_nearest_origin_holds(tmp_path, monkeypatch):
    file = tmp_path / "campaign.toml"
    file.write_text("trials = 5\nseed = 5\nworkers = 5\n")
    monkeypatch.setenv("ADRS_SEED", "6")
    monkeypatch.setenv("ADRS_WORKERS", "6")
    found = resolve(
        flags={"problem": "smtt", "workers": 7, "name": None}, file=file, problem={"trials": 4, "repairs": 2}
    )
    config = found.config
    assert (config.repairs, config.trials, config.seed, config.workers) == (2, 5, 6, 7)
    names = ("repairs", "trials", "seed", "workers", "search")
    assert [found.origins[name] for name in names] == ["problem", str(file), "ADRS_SEED", "flag", "built in"]


@pytest.mark.parametrize(
    ("content", "message", "todo"),
    [
        ("trails = 5", "'trails' is no setting", "'trials'"),
        ("trials = -1", "trials: ", "config show"),
        ("trials = [", "is not TOML", "line"),
        ('on = "moon"', "on: ", "config show"),
    ],
)
def test_a_wrong_file_is_refused_with_a_way_out(tmp_path, content, message, todo):
    file = tmp_path / "campaign.toml"
    file.write_text(content)
    with pytest.raises(ConfigError, match=message) as caught:
        resolve(flags={"problem": "smtt"}, file=file)
    assert todo in caught.value.todo
    assert str(file) in str(caught.value)


def test_a_missing_file_and_an_unknown_variable_are_refused(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="no file"):
        resolve(flags={"problem": "smtt"}, file=tmp_path / "none.toml")
    monkeypatch.setenv("ADRS_TRAILS", "6")
    with pytest.raises(ConfigError, match="trails"):
        resolve(flags={"problem": "smtt"})


def test_a_free_campaign_has_a_default_limit_and_a_paid_one_has_none():
    assert resolve(flags={"problem": "smtt"}).config.trials == DEFAULT_TRIALS
    assert resolve(flags={"problem": "smtt", "seconds": 9}).config.trials is None
    assert resolve(flags={"problem": "smtt", "model": "openai/gpt-5"}).config.trials is None


def test_one_worker_waits_for_one_model_call():
    assert resolve(flags={"problem": "smtt", "workers": 1, "model": "openai/gpt-5"}).config.threads() == 1
    assert resolve(flags={"problem": "smtt", "workers": 2, "model": "openai/gpt-5"}).config.threads() == 8
    assert resolve(flags={"problem": "smtt", "workers": 2}).config.threads() == 1
