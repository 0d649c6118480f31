import json

import pytest

from adrs.testing.samples import PACK
from tests.cli.command import adrs

BASELINE = PACK / "baselines" / "two_choices.py"


def test_a_program_is_scored_per_objective_and_class(tmp_path):
    out = json.loads(adrs("eval", "queues", BASELINE, "--on", "local", "--json", cwd=tmp_path, check=0).stdout)
    assert (out["schema"], out["status"], out["split"]) == (1, "valid", "train")
    assert out["objectives"]["regret"] == pytest.approx(18.416667)
    assert [group["name"] for group in out["groups"]] == ["few", "many"]
    assert len(out["results"]) == 6
    plain = adrs("eval", "queues", BASELINE, "--on", "local", "--repeat", 2, cwd=tmp_path, check=0).stdout
    assert "18.4167" in plain
    assert "the same scores every time" in plain


def test_a_program_is_compared_with_a_baseline_on_the_same_instances(tmp_path):
    command = ("eval", "queues", PACK / "seed.py", "--on", "local", "--against", "two_choices")
    out = json.loads(adrs(*command, "--json", cwd=tmp_path, check=0).stdout)
    difference = out["against"]["difference"]
    assert difference["low"] <= difference["estimate"] <= difference["high"]
    assert difference["estimate"] == pytest.approx(out["objectives"]["regret"] - out["against"]["score"])
    assert "against two_choices (18.4167 min): +6.575 min" in adrs(*command, cwd=tmp_path, check=0).stdout
    refused = adrs(*command[:-1], "three_choices", cwd=tmp_path, check=2)
    assert "two_choices" in refused.stderr


def test_opening_the_sealed_split_is_noted_before_it_is_read(tmp_path):
    for time in (1, 2):
        done = adrs("eval", "queues", BASELINE, "--on", "local", "--split", "test", cwd=tmp_path, check=0)
        assert f"opened, time {time} here" in done.stderr
    log = [json.loads(line) for line in (tmp_path / "runs" / "unsealed.jsonl").read_text().splitlines()]
    assert [entry["problem"] for entry in log] == ["queues", "queues"]


def test_a_program_that_fails_says_so_in_json_too(tmp_path):
    (tmp_path / "bad.py").write_text("def choose(waiting):\n    return 1 / 0\n")
    done = adrs("eval", "queues", "bad.py", "--on", "local", "--json", cwd=tmp_path, check=3)
    out = json.loads(done.stdout)
    assert out["status"] == "crashed"
    assert "ZeroDivisionError" in out["message"]
    assert "line 2, in choose" in done.stderr
