import json

from adrs.testing.samples import write_pack
from tests.cli.command import adrs


def test_the_shipped_problems_are_listed_and_shown(tmp_path):
    listed = json.loads(adrs("problems", "list", "--json", cwd=tmp_path, check=0).stdout)["problems"]
    assert {"queues", "smtt", "smtt_sequence"} <= {problem["name"] for problem in listed}
    shown = adrs("problems", "show", "smtt", cwd=tmp_path, check=0).stdout
    assert "lower is better" in shown
    assert "mddc" in shown
    assert json.loads(adrs("problems", "show", "smtt", "--json", cwd=tmp_path, check=0).stdout)["pack"]["objectives"]


def test_a_new_pack_runs_at_once(tmp_path):
    made = adrs("problems", "new", "parking", cwd=tmp_path, check=0).stdout
    assert "adrs problems check evaluators/parking" in made
    checked = adrs("problems", "check", "parking", "--on", "local", cwd=tmp_path, check=0).stdout
    assert "FAIL" not in checked
    assert "cheat negative_index: invalid" in checked
    run = ("run", "parking", "--on", "local", "--trials", 3, "--seed", 1, "--name", "first")
    assert "def choose(waiting)" in adrs(*run, cwd=tmp_path, check=0).stdout
    again = adrs("problems", "new", "parking", cwd=tmp_path, check=2).stderr
    assert "exists already" in again
    assert "cannot name a pack" in adrs("problems", "new", "Car Park", cwd=tmp_path, check=2).stderr


def test_a_pack_that_lets_a_cheat_gain_fails_its_check(tmp_path):
    pack = write_pack(tmp_path / "evaluators")
    evaluator = pack / "evaluator.py"
    evaluator.write_text(evaluator.read_text().replace("not 0 <= answer < len(waiting)", "answer >= len(waiting)"))
    done = adrs("problems", "check", "queues", "--on", "local", "--json", cwd=tmp_path, check=3)
    failed = [check["what"] for check in json.loads(done.stdout)["checks"] if not check["passed"]]
    assert failed in ([], ["cheat negative_index"])
    assert failed or "checks of 'queues' failed" in done.stderr


def test_doctor_says_what_works(tmp_path):
    checks = json.loads(adrs("doctor", "--json", cwd=tmp_path, check=0).stdout)["checks"]
    found = {check["what"]: check["works"] for check in checks}
    assert found["local sandbox"]
    assert found["archive"]
    assert found["problem smtt"]


def test_the_prompt_is_shown_word_for_word_with_its_tokens(tmp_path):
    done = adrs("prompts", "show", "queues", "--on", "local", cwd=tmp_path, check=0)
    assert "# The program to change: trial 0" in done.stdout
    assert "two_choices: regret = 18.4167 min" in done.stdout
    assert "tokens for openai/gpt-5" in done.stderr
    shown = json.loads(adrs("prompts", "show", "queues", "--on", "local", "--json", cwd=tmp_path, check=0).stdout)
    assert [message["role"] for message in shown["messages"]] == ["system", "user"]
    assert shown["tokens"] > 500
