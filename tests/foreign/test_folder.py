"""Reading foreign folders; nothing in them is run."""

import shutil

import pytest

from adrs import foreign
from adrs.config import Written
from adrs.errors import PackError, UnknownProblem
from adrs.problem import load, open_pack
from tests.foreign.conftest import NAMES, PROBLEMS

FULL = """
max_iterations: 40
random_seed: 3
llm: {primary_model: some-model, api_key: "${KEY}", max_tokens: 9000}
prompt: {system_message: Improve the answer.}
database: {feature_dimensions: [length]}
evaluator: {timeout: 12, cascade_thresholds: [0.1], memory_limit_mb: 512, evaluator_args: {scale: 2}}
"""
STAGES = "def evaluate_stage1(path): ...\ndef evaluate_stage2(path): ...\ndef evaluate_stage3(path): ...\n"


@pytest.mark.parametrize("name", NAMES)
def test_the_peers_folders_are_problems(name):
    problem = load(str(PROBLEMS / name))
    assert problem.name == name
    assert problem.pack.self_scored
    assert problem.label == "self-scored"
    assert problem.judged == "train"
    assert problem.objective.name == "combined_score"
    assert problem.objective.direction == "max"
    assert [stage.split for stage in problem.pack.stages] == ["train"]
    assert problem.complaint(problem.seed) is None
    assert problem.seed.frozen


def test_a_pack_is_not_marked_and_cannot_ask_for_it(tmp_path):
    assert load("queues").label == ""
    assert load("queues").judged == "validation"
    folder = shutil.copytree(load("queues").folder, tmp_path / "queues")
    (folder / "problem.toml").write_text("self_scored = true\n" + (folder / "problem.toml").read_text())
    with pytest.raises(PackError, match="self_scored"):
        open_pack(folder)


def test_the_configuration_becomes_limits_and_defaults(write):
    found = open_pack(write(STAGES + "def evaluate(path): ...", config=FULL)).pack
    assert found.campaign == {"trials": 40, "seed": 3, "max_tokens": 9000}
    assert found.limits.call_seconds == 12
    assert found.limits.memory_mb == 512


def test_the_configuration_says_how_the_evaluator_is_run(write):
    settings = foreign.read(write(STAGES + "def evaluate(path): ...", config=FULL)).settings
    assert settings.kind == "function"
    assert settings.stages == ("evaluate_stage1", "evaluate_stage2")  # one threshold, so two stages
    assert settings.thresholds == (0.1,)
    assert settings.arguments == {"scale": 2}
    assert settings.features == ("length",)


@pytest.mark.parametrize(
    ("config", "thresholds"),
    [("max_iterations: 5", (0.5, 0.75)), ("diff_based_generation: true", (0.3, 0.6)), (None, (0.5, 0.75))],
)
def test_thresholds_that_are_not_given_are_the_frameworks_own(write, config, thresholds):
    assert foreign.read(write(STAGES, config=config)).settings.thresholds == thresholds


@pytest.mark.parametrize(
    ("evaluator", "config"),
    [
        ("def evaluate(path): ...", ""),
        ("def evaluate_stage2(path): ...", ""),
        (STAGES, "evaluator: {cascade_evaluation: false}"),
    ],
)
def test_without_a_cascade_there_is_one_objective(write, evaluator, config):
    problem = open_pack(write(evaluator, config=config))
    assert [objective.name for objective in problem.pack.objectives] == ["combined_score"]


def test_a_stage_that_was_not_reached_ranks_behind():
    problem = load(str(PROBLEMS / "openevolve_cascade"))
    reached = problem.pack.objectives[1]
    assert (reached.name, reached.bound) == ("cascade_stage", 3)
    assert reached.excess(1) > reached.excess(2) > reached.excess(3) == 0


def test_the_statement_is_the_system_message_else_the_readme(write):
    assert "Improve the answer." in open_pack(write(config=FULL)).statement
    told = {"config": "prompt: {system_message: system_message}", "README.md": "# Answers\n\nGive a good one."}
    assert "Give a good one." in open_pack(write(**told)).statement


@pytest.mark.parametrize(
    ("script", "mode_first"),
    [
        ('PROGRAM="$1"\nMODE="$2"', False),
        ('PROGRAM="$1"\nMODE="${2:-train}"', False),
        ('python run.py "$1"', False),
        ('MODE="$1"\nPROGRAM="$2"', True),
        ('PROGRAM="$2"', True),
        ("mode=${1}", True),
    ],
)
def test_the_order_of_a_scripts_arguments_is_read_from_it(write, script, mode_first):
    folder = write(**{"evaluator/evaluate.sh": script})
    (folder / "evaluator.py").unlink()
    settings = foreign.read(folder).settings
    assert (settings.kind, settings.file, settings.mode_first) == ("script", "evaluator/evaluate.sh", mode_first)


def test_packages_come_from_requirements_dockerfile_and_imports(write):
    folder = write(
        "import sklearn.tree, os, helper\nimport unknown_to_us\ntry:\n    import torch\nexcept ImportError: ...",
        **{
            "helper.py": "",
            "requirements.txt": "networkx == 3.4.2  # graphs\nnumpy>=1.2\n-e .\nopenevolve\n",
            "Dockerfile": "FROM x\nRUN pip install -q -r more.txt \\\n    'tqdm>=4' ./local && pip3 install sympy\n",
        },
    )
    assert foreign.read(folder).settings.packages == ("networkx==3.4.2", "scikit-learn", "sympy", "tqdm>=4")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"seed": None, "initial_program.cpp": "int main;"}, "initial_program.cpp"),
        ({"seed": None, "initial_prompt.txt": "Say something."}, "initial_prompt.txt"),
        ({"seed": None}, "lacks initial_program.py"),
        ({"seed": "# EVOLVE-BLOCK-END\n"}, "EVOLVE-BLOCK"),
        ({"config": "a: [1"}, "not YAML"),
        ({"config": "evaluator: {timeout: soon}"}, "evaluator.timeout"),
        ({"config": "evaluator: {timeout: -1}"}, "evaluator.timeout"),
        ({"config": "just text"}, "config.yaml"),
    ],
)
def test_what_cannot_be_used_is_one_clear_error(write, files, message):
    with pytest.raises(PackError, match=message):
        open_pack(write(**files))


@pytest.mark.parametrize("config", ["", "evaluator:\n", "# nothing\n", "unheard_of: 1\n"])
def test_a_configuration_may_say_little(write, config):
    assert open_pack(write(config=config)).pack.limits.call_seconds == 300


def test_the_evaluators_own_folder_names_the_one_above(write):
    folder = write(**{"evaluator/evaluate.sh": "echo"})
    with pytest.raises(PackError) as raised:
        open_pack(folder / "evaluator")
    assert str(folder) in raised.value.todo


def test_a_folder_of_something_else_is_no_problem(tmp_path):
    with pytest.raises(UnknownProblem, match=r"evaluator\.py"):
        load(str(tmp_path))


@pytest.mark.parametrize(
    ("parents", "name"),
    [("Circle Packing-26", "circle_packing_26"), ("hexagon/11", "hexagon_11"), ("01_ab", "ab"), ("ünïcode", "n_code")],
)
def test_the_folders_name_is_made_a_name(write, tmp_path, parents, name):
    folder = tmp_path / "named" / parents
    folder.parent.mkdir(parents=True)
    write().rename(folder)
    assert open_pack(folder).name.endswith(name)


def test_the_hash_is_that_of_the_problem_and_not_of_its_runs(write):
    folder = write()
    before = open_pack(folder).hash
    for name in ("runs/a/archive.db", "runs/a/best.py", "__pycache__/x.pyc", "openevolve_output/log", ".git/HEAD"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    assert open_pack(folder).hash == before
    (folder / "data.json").write_text("1")
    assert open_pack(folder).hash != before


def test_runs_from_before_there_was_a_mark_still_load():
    facts = {"adrs": "0.1.0", "python": "3", "platform": "x", "packages": {}, "problem_hash": "", "sandbox": "local"}
    assert Written.model_validate(facts).self_scored is False
