"""What a model is told, to the letter."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.errors import ConfigError
from adrs.evaluation import Evaluation, Result, Status
from adrs.problem import Limits, Objective, PackFile, Problem, Stage
from adrs.program import Program
from adrs.prompting import ClassMeans, Context, Prompts, changes, classes, clipped, fenced, number, ranking, scores
from adrs.resources import folder
from adrs.trial import Parents, Trial

SEED = Program("def order(p, d):\n    return sorted(range(len(p)), key=lambda j: d[j])\n")
MARKED = Program(f"# EVOLVE-BLOCK-START\n{SEED.source}# EVOLVE-BLOCK-END\n")
BETTER = Program(SEED.source.replace("d[j])", "d[j] + p[j])"))
WORSE = Program(SEED.source.replace("d[j])", "d[j] * p[j])"))
GAP = Objective(name="gap", description="Mean gap to the optimum.", direction="min", unit="%", low=0, high=1e9)
RATE = Objective(name="rate", description="Jobs in time.", direction="max", unit="", low=0, high=1, bound=0.5)
SPAN = Objective(name="span", description="Last completion.", direction="min", unit="h", low=0, high=1e9)
PACK = PackFile(
    name="toy",
    title="One machine",
    functions=("order", "start"),
    packages=("numpy",),
    objectives=(GAP, RATE, SPAN),
    limits=Limits(seconds=30, call_seconds=0.5, cpu_seconds=60),
    stages=(Stage(name="all", split="train"),),
)
PROBLEM = Problem(Path("toy"), PACK, "\nOrder the jobs: `p` in hours, {{ braces }} and all.\n\n", MARKED)
RESULTS = tuple(Result(f"i{k}", group, {"late": k + 0.5, "gap": k / 7}) for k, group in enumerate("aab"))


def valid(gap: float, rate: float, feedback: str = "", results: tuple[Result, ...] = ()) -> Evaluation:
    return Evaluation(
        Status.VALID, "train", scores={"gap": gap, "rate": rate, "span": 7.0}, feedback=feedback, results=results
    )


FIRST = Trial(0, (), (), SEED, valid(44.123456, 0.4, results=RESULTS), "seed")
SECOND = Trial(
    12, (0,), (), BETTER, valid(11.0, 0.75, "Class a: {{ 3 }} % above the optimum.\n"), "m", note="Add work."
)
UNPARSED = Trial(13, (12,), (), None, Evaluation(Status.UNPARSED, message="Block 1: not there."), "m", note="Mend it.")
CRASHED = Trial(14, (12,), (), WORSE, Evaluation(Status.CRASHED, message="a ``` b\nIndexError: 3"), "m")
BEHIND = Trial(15, (12,), (), WORSE, valid(19.0, 0.5), "m", note="Multiply.")
FULL = Context(
    PROBLEM,
    Parents((SECOND, FIRST), (FIRST,), (UNPARSED, CRASHED, BEHIND)),
    {"EDD": {"gap": 44.1, "rate": 0.4}, "MDD": {"gap": 1.5}},
    ("Try less.",),
)

TASK = """\
# One machine

Order the jobs: `p` in hours, {{ braces }} and all.

# Objectives

- gap [%], smaller is better, ranks the programs: Mean gap to the optimum.
- rate, larger is better: Jobs in time.
  Required: at least 0.5. A program that misses it ranks behind every program that meets it.
- span [h], smaller is better, reported only: Last completion.

Known programs on the same instances:

- EDD: gap = 44.1 %, rate = 0.4
- MDD: gap = 1.5 %

# What a program must keep to

- It is one Python module that defines `order`, `start` with `def` at its top level.
- It imports no third-party module but numpy. It runs alone: no files, no network, no other processes.
- It remembers nothing from one call to the next, unless the problem above says how. The same call always gets the same answer: no randomness without a fixed seed.
- Only the lines between `# EVOLVE-BLOCK-START` and `# EVOLVE-BLOCK-END` may change. Leave the marker lines and everything outside them as they are.
- Limits: 0.5 s for one call, 30 s and 60 s of CPU time for all instances together, 1024 MiB of memory, 64 KiB of source.
"""  # noqa: E501 - a snapshot

TRIAL = """
# The program to change: trial 12

Its idea: Add work.
Its scores: gap = 11 %, rate = 0.75, span = 7 h

Class a: {{ 3 }} % above the optimum.

```python
def order(p, d):
    return sorted(range(len(p)), key=lambda j: d[j] + p[j])
```

# Another good program, to combine it with: trial 0

Its scores: gap = 44.1235 %, rate = 0.4, span = 7 h
It misses what is required of rate.

By class of n instances, on average:

- a (n = 2): late = 1, gap = 0.0714286
- b (n = 1): late = 2.5, gap = 0.285714

```python
def order(p, d):
    return sorted(range(len(p)), key=lambda j: d[j])
```

# Other programs, to learn from

Your edit does not apply to them. Take what is good in them, and do not copy one whole.

## Trial 0: gap = 44.1235 %, rate = 0.4

```python
def order(p, d):
    return sorted(range(len(p)), key=lambda j: d[j])
```

# What was tried on trial 12 and did not help

Oldest first; a diff is against the program of trial 12. Do not try the same again: avoid the mistake, or take another direction.

## Trial 13: its edit could not be applied

Its idea: Mend it.

```
Block 1: not there.
```

## Trial 14: crashed

````
a ``` b
IndexError: 3
````

```diff
@@ -1,2 +1,2 @@
 def order(p, d):
-    return sorted(range(len(p)), key=lambda j: d[j] + p[j])
+    return sorted(range(len(p)), key=lambda j: d[j] * p[j])
```

## Trial 15: no better, gap = 19 %, rate = 0.5

Its idea: Multiply.

```diff
@@ -1,2 +1,2 @@
 def order(p, d):
-    return sorted(range(len(p)), key=lambda j: d[j] + p[j])
+    return sorted(range(len(p)), key=lambda j: d[j] * p[j])
```

# Wishes of the person who runs this search

- Try less.

# Your turn

Change the program of trial 12 so that its gap gets smaller. Begin with `IDEA:`, then give the edit."""  # noqa: E501


def test_the_first_message_to_the_letter() -> None:
    assert Prompts().user(FULL) == TASK + TRIAL


def test_what_there_is_nothing_of_is_not_mentioned() -> None:
    plain = Problem(
        Path("toy"), PACK.model_copy(update={"deterministic": False}), "Order.", Program("def order(): ...")
    )
    text = Prompts().user(Context(plain, Parents((SECOND,))))
    headings = [line for line in text.split("\n") if line.startswith("# ") and "EVOLVE" not in line]
    assert headings == [
        "# One machine",
        "# Objectives",
        "# What a program must keep to",
        "# The program to change: trial 12",
        "# Your turn",
    ]
    assert "EVOLVE-BLOCK-START` and" not in text
    assert "Known programs" not in text
    assert "randomness" not in text


def test_a_statement_with_a_heading_of_its_own_gets_no_second_one() -> None:
    headed = Problem(Path("toy"), PACK, "\n# Jobs\n\nOrder.", SEED)
    assert Prompts().user(Context(headed, Parents((SECOND,)))).startswith("# Jobs\n\nOrder.\n\n# Objectives\n")


def test_trials_share_all_that_does_not_depend_on_them() -> None:
    other = Context(PROBLEM, Parents((FIRST,), (), ()), FULL.references)
    hinted = replace(other, hints=("Try more.",))
    contexts = (FULL, other, hinted)
    texts = [Prompts().user(context) for context in contexts]
    assert all(text.startswith(TASK) for text in texts)
    assert {Prompts().stable(context) for context in contexts} == {len(TASK.rstrip())}
    assert texts[2].startswith(texts[1][: texts[1].index("# Your turn")])  # a hint changes only what follows
    assert Prompts().system() == Prompts().system()


def test_the_system_message_explains_both_forms_exactly() -> None:
    lines = Prompts().system().split("\n")
    begin = lines.index("<<<<<<< SEARCH")
    assert lines[begin + 2] == "======="
    assert lines[begin + 4] == ">>>>>>> REPLACE"
    assert "```python" in lines
    assert "IDEA: what you change and why it should help, in one sentence" in lines


def test_a_repair_says_what_did_not_match_as_it_is() -> None:
    assert "\n\nBlock 1: <{{ x }}> &\n\n" in Prompts().repair(PROBLEM, "Block 1: <{{ x }}> &")


@given(st.text(alphabet="ab{}%# \n`", min_size=1))
def test_code_stands_in_a_prompt_to_the_byte(source: str) -> None:
    trial = Trial(1, (), (), Program(source), valid(1, 1), "m")
    assert fenced(source, "python") in PROMPTS.user(Context(PROBLEM, Parents((trial,))))


PROMPTS = Prompts()


class TestFolder:
    def test_a_file_of_the_user_hides_the_shipped_one(self, tmp_path: Path) -> None:
        (tmp_path / "answer.md.j2").write_text("Answer in Latin.")
        assert Prompts(tmp_path).system().endswith("Answer in Latin.")
        assert Prompts(tmp_path).user(FULL) == Prompts().user(FULL)

    def test_a_section_may_be_emptied(self, tmp_path: Path) -> None:
        (tmp_path / "failed.md.j2").write_text("")
        assert "did not help" not in Prompts(tmp_path).user(FULL)

    def test_a_folder_that_does_not_exist_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="nowhere' does not exist"):
            Prompts(tmp_path / "nowhere")

    def test_a_value_that_does_not_exist_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "ask.md.j2").write_text("Spend {{ budget }}.")
        with pytest.raises(ConfigError, match=r"'ask.md.j2' cannot be rendered: 'budget' is undefined"):
            Prompts(tmp_path).user(FULL)

    def test_a_broken_template_is_an_error_that_names_the_line(self, tmp_path: Path) -> None:
        (tmp_path / "answer.md.j2").write_text("Answer\n{% if %}")
        with pytest.raises(ConfigError, match=r"line 2 of the prompt template 'answer.md.j2' is broken"):
            Prompts(tmp_path).system()

    def test_every_shipped_template_is_listed_in_the_readme(self) -> None:
        readme = (folder("prompts") / "README.md").read_text()
        names = [path.name for path in folder("prompts").glob("*.j2")]
        assert len(names) == 9
        assert all(f"`{name}`" in readme for name in names)


class TestFigures:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (0.0, "0"),
            (1.5, "1.5"),
            (44.123456, "44.1235"),
            (1234567.8, "1234568"),
            (-3e-9, "-3e-09"),
            (99999.9, "99999.9"),
        ],
    )
    def test_number(self, value: float, text: str) -> None:
        assert number(value) == text

    def test_scores_follow_the_objectives_and_skip_what_is_missing(self) -> None:
        assert scores({"rate": 0.5, "gap": 1, "else": 3}, (GAP, RATE)) == "gap = 1 %, rate = 0.5"
        assert scores({"rate": 0.5}, (GAP, RATE)) == "rate = 0.5"

    def test_the_first_objective_and_the_bounded_ones_rank(self) -> None:
        assert ranking((GAP, SPAN, RATE)) == [GAP, RATE]

    def test_classes_average_what_all_results_of_a_class_have(self) -> None:
        results = [Result("1", "b", {"x": 1, "y": 2}), Result("2", "a", {"x": 5}), Result("3", "b", {"x": 2})]
        assert classes(results) == [ClassMeans("b", 2, {"x": 1.5}), ClassMeans("a", 1, {"x": 5})]
        assert classes([]) == []


class TestText:
    def test_clipped_loses_its_middle(self) -> None:
        assert clipped("abcdef", 6) == "abcdef"
        assert clipped("abcdefg", 4) == "ab\n[…]\nfg"

    def test_changes_are_a_diff_of_limited_length(self) -> None:
        long = Program("".join(f"x{i} = 0\n" for i in range(100)))
        diff = changes(long, Program("y = 0\n"), lines=10).split("\n")
        assert diff[:3] == ["@@ -1 +1,100 @@", "-y = 0", "+x0 = 0"]
        assert len(diff) == 11
        assert diff[-1] == "[…]"
        assert changes(long, long) == ""

    @pytest.mark.parametrize(("text", "ticks"), [("a", 3), ("a `b` c", 3), ("``` x", 4), ("x\n`````\ny", 6)])
    def test_a_fence_is_longer_than_any_run_in_the_text(self, text: str, ticks: int) -> None:
        assert fenced(text, "py") == f"{'`' * ticks}py\n{text}\n{'`' * ticks}"
