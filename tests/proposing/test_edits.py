"""Replies that apply, replies that do not, and what the model is told about them."""

import time
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adrs.problem import Limits, Objective, PackFile, Problem, Stage
from adrs.program import Program
from adrs.prompting import fenced
from adrs.proposing.edits import Unparsed, check, edit, idea

PARENT = Program('''\
import math


def weight(p, t):
    """Return the weight."""
    return p + t


def order(p, d):
    jobs = list(range(len(p)))
    t = 0
    for j in jobs:
        t = t + p[j]
    for j in jobs:
        t = t - p[j]
    return sorted(jobs, key=lambda j: d[j])
''')
FROZEN = Program("""\
import math

# EVOLVE-BLOCK-START
def key(j):
    return j
# EVOLVE-BLOCK-END


def order(p, d):
    return sorted(range(len(p)), key=key)
""")
PACK = PackFile(
    name="toy",
    title="Toy",
    functions=("order",),
    objectives=(Objective(name="gap", description="Gap.", direction="min", unit="%", low=0, high=100),),
    limits=Limits(source_kb=2),
    stages=(Stage(name="all", split="train"),),
)
PROBLEM = Problem(Path("toy"), PACK, "Order the jobs.", PARENT)
OTHER = "def order(p, d):\n    return sorted(range(len(p)), key=lambda j: p[j])\n"


def block(search: str, replace: str) -> str:
    middle = f"{replace}\n" if replace else ""
    return f"<<<<<<< SEARCH\n{search}\n=======\n{middle}>>>>>>> REPLACE\n"


def edited(reply: str, parent: Program = PARENT) -> str:
    return edit(reply, parent, PROBLEM).program.source


class TestBlocks:
    def test_they_are_applied(self) -> None:
        reply = f"IDEA: start later\n\n```python\n{block('    t = 0', '    t = 1')}```"
        assert edited(reply) == PARENT.source.replace("t = 0", "t = 1")

    def test_line_endings_are_tolerated(self) -> None:
        reply = block("    t = 0\n    for j in jobs:", "    t = 1\n    for j in jobs:").replace("\n", "\r\n")
        assert edited(reply) == PARENT.source.replace("t = 0", "t = 1")

    def test_a_quoted_fragment_beside_them_is_no_second_edit(self) -> None:
        assert "t = 1" in edited(f"Instead of\n```python\nt = 0\n```\n{block('    t = 0', '    t = 1')}")


class TestWholeFile:
    @pytest.mark.parametrize("language", ["python", "Python", "py", ""])
    def test_the_one_fence_is_the_program(self, language: str) -> None:
        assert edited(f"IDEA: new\n\n```{language}\n{OTHER}```\nThat is all.") == OTHER

    def test_among_several_fences_the_only_complete_program_is_taken(self) -> None:
        reply = f"```python\nt = 0\n```\nbecomes\n```python\n{OTHER}```\n```\n1 2 3\n```\n```text\nhello\n```"
        assert edited(reply) == OTHER

    def test_backticks_in_the_program_are_found_out(self) -> None:
        program = f'"""Use:\n```\norder(p, d)\n```\n"""\n{OTHER}'
        assert edited(f"```python\n{program}```") == program
        assert edited(f"````python\n{program}````") == program
        single = f'"""A fence:\n```\n"""\n{OTHER}'
        assert edited(f"```python\n{single}```") == single

    def test_white_space_at_the_end_is_that_of_the_parent(self) -> None:
        assert edited(f"```python\n{OTHER}\n\n```", Program(PARENT.source.rstrip())) == OTHER.rstrip()

    def test_line_endings_are_tolerated(self) -> None:
        assert edited(f"```python\n{OTHER}```".replace("\n", "\r\n")) == OTHER

    def test_thoughts_are_no_edit(self) -> None:
        thoughts = f"<think>\nMaybe\n```python\n{PARENT.source}```\n{block('a', 'b')}</think>\n"
        assert edited(f"{thoughts}IDEA: new\n```python\n{OTHER}```") == OTHER

    def test_a_line_of_equal_signs_is_no_marker_in_a_file(self) -> None:
        program = f'"""Heading\n=======\n"""\n{OTHER}'
        assert edited(f"```python\n{program}```") == program


class TestNote:
    @pytest.mark.parametrize(
        ("reply", "note"),
        [
            ("IDEA: sort by work\n```python\n", "sort by work"),
            ("Sure.\n**IDEA:** sort by  work\n", "sort by work"),
            ("**IDEA: sort by work**", "sort by work"),
            ("IDEA:\nsort by work\nmore", "sort by work"),
            ("<think>\nIDEA: no\n</think>\nIDEA: sort by work", "sort by work"),
            ("  IDEA : sort by work\r\nmore", "sort by work"),
            ("The IDEA: is no line of its own", ""),
            ("# IDEA: a comment", ""),
            ("IDEA:", ""),
            ("", ""),
        ],
    )
    def test_it_is_what_follows_idea(self, reply: str, note: str) -> None:
        assert idea(reply) == note

    def test_it_is_kept_short(self) -> None:
        assert len(idea("IDEA: " + "x" * 5000)) == 300

    def test_it_comes_with_the_edit(self) -> None:
        assert edit(f"IDEA: new\n```python\n{OTHER}```", PARENT, PROBLEM).note == "new"


MALFORMED = {
    "empty": ("", "holds no edit"),
    "prose": ("I would sort by work.", "holds no edit"),
    "code without a fence": (OTHER, "holds no edit"),
    "fence in another language": ("```diff\n-    t = 0\n+    t = 1\n```", "holds no edit"),
    "indented fence": (f"    ```python\n{OTHER}    ```", "holds no edit"),
    "unclosed fence": (f"text\n\n```python\n{OTHER}", "The fence that opens in line 3 of the reply is never closed"),
    "complete program, then an unclosed fence": (
        f"```python\n{OTHER}```\n```python\nt =",
        "line 5 of the reply is never",
    ),
    "fence closed by fewer backticks": (f"````python\n{OTHER}```", "never closed"),
    "two programs": (f"```python\n{OTHER}```\n```python\n{OTHER}```", "2 of them are complete programs"),
    "two fragments": ("```python\nt = 1\n```\n```python\nt = 2\n```", "none of them is a complete program"),
    "fragment": ("```python\nt = 1\n```", "does not define order at its top level"),
    "function in a class": ("```python\nclass A:\n    def order(p, d): ...\n```", "does not define order"),
    "lambda instead of a function": ("```python\norder = lambda p, d: p\n```", "does not define order"),
    "syntax error": (
        "```python\ndef order(p, d):\n    return (p\n```",
        "line 2: '(' was never closed\n    2 |     return (p",
    ),
    "null byte": (f"```python\n{OTHER}x = '\0'\n```", "does not parse"),
    "too long": (f"```python\n{OTHER}# {'x' * 2048}\n```", "longer than 2048 bytes"),
    "unchanged file": (f"```python\n{PARENT.source}```", "changes nothing"),
    "other comments only": (f"```python\n# mine\n{PARENT.source}```", "changes nothing"),
    "unchanged block": (block("    t = 0", "    t = 0  # zero"), "changes nothing"),
    "blocks and a program": (f"{block('    t = 0', '    t = 1')}```python\n{OTHER}```", "Send one of the two"),
    "result does not parse": (
        block("    t = 0", "    t = (0"),
        "does not parse: line 11: '(' was never closed\n   11 |",
    ),
    "result loses the function": (block("def order(p, d):", "def sequence(p, d):"), "does not define order"),
}


class TestStrictness:
    @pytest.mark.parametrize(("reply", "message"), MALFORMED.values(), ids=MALFORMED.keys())
    def test_a_malformed_reply_is_told_what_is_wrong(self, reply: str, message: str) -> None:
        with pytest.raises(Unparsed) as caught:
            edited(reply)
        assert message in str(caught.value)

    def test_a_reply_that_was_cut_off_is_never_applied(self) -> None:
        with pytest.raises(Unparsed, match="cut off at the length limit"):
            edit(f"```python\n{OTHER}```", PARENT, PROBLEM, finish="length")

    @pytest.mark.parametrize(
        "source",
        [f"x = {'(' * 60000}", f"x = {'-' * 60000}1", f"x = 1{'+1' * 5000}\n{OTHER}", f"x = y{'.a' * 20000}\n{OTHER}"],
        ids=["brackets", "signs", "sum", "attributes"],
    )
    def test_nesting_without_end_is_no_crash(self, source: str) -> None:
        wide = Problem(Path("toy"), PACK.model_copy(update={"limits": Limits()}), "", PARENT)
        try:
            edit(f"```python\n{source}\n```", PARENT, wide)
        except Unparsed as error:
            message = str(error)
        else:
            message = "edited"
        assert message == "edited" or "does not parse" in message

    def test_a_program_that_can_be_run_passes(self) -> None:
        check(PARENT, PROBLEM)


class TestMarkers:
    def test_between_them_all_may_change(self) -> None:
        assert edited(block("    return j", "    return -j"), FROZEN) == FROZEN.source.replace("return j", "return -j")

    @pytest.mark.parametrize(
        ("reply", "message"),
        [
            (block("import math", "import cmath"), "line 1, `import math`, became `import cmath`"),
            (block("import math", "import math\nimport cmath"), "line 2, ``, became `import cmath`"),
            (
                block("def order(p, d):", "def order(p, d):\n    p = d"),
                "line 10, `    return sorted(range(len(p)), key=key)`,",
            ),
            (block("# EVOLVE-BLOCK-END", "x = 1\n# EVOLVE-BLOCK-END v2"), "line 6, `# EVOLVE-BLOCK-END`, became"),
            (block("# EVOLVE-BLOCK-END", ""), "must alternate START and END. Leave the marker lines"),
            (
                block("    return j", "    return j\n# EVOLVE-BLOCK-END\n# EVOLVE-BLOCK-START"),
                "has 1 EVOLVE-BLOCKs, and 2",
            ),
            (f"```python\n{OTHER}```", "has 1 EVOLVE-BLOCKs, and 0 with the edit applied"),
            (f"```python\n{FROZEN.source}x = 1\n```", "became `x = 1`"),
        ],
    )
    def test_outside_them_nothing_may(self, reply: str, message: str) -> None:
        with pytest.raises(Unparsed) as caught:
            edited(reply, FROZEN)
        assert message in str(caught.value)

    def test_a_program_without_them_gets_none(self) -> None:
        with pytest.raises(Unparsed, match="has 0 EVOLVE-BLOCKs, and 1 with the edit applied"):
            edited(block("    t = 0", "    # EVOLVE-BLOCK-START\n    t = 1\n    # EVOLVE-BLOCK-END"))


STATEMENT = st.sampled_from(["t = 0", "# note", "", "if t:\n        t = 2", "s = '```'", "p = d  "])
BODY = st.lists(STATEMENT, max_size=8).map(lambda body: "\n".join(f"    {line}" if line else "" for line in body))
SOURCE = BODY.map(lambda body: f"import math\n\n\ndef order(p, d):\n    t = 1\n{body}\n    return p\n")


@given(SOURCE, SOURCE, st.sampled_from(["", "IDEA: x\n\n", "Text\n====\n"]), st.sampled_from(["\n", "\r\n"]))
def test_a_program_becomes_any_other_in_both_forms(parent: str, child: str, before: str, newline: str) -> None:
    assume(Program(parent).meaning != Program(child).meaning)
    for reply in (block(parent.rstrip(), child.rstrip()), fenced(child, "python") + "\nDone."):
        assert edited((before + reply).replace("\n", newline), Program(parent)) == child


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from([*block("t = 0", "").split("\n"), "```python", "```"])).map("\n".join)
)
def test_any_reply_is_an_edit_or_told_why_not(reply: str) -> None:
    try:
        outcome = edited(reply)
    except Unparsed as error:
        outcome = str(error)
    assert outcome not in ("", PARENT.source)


@pytest.mark.parametrize(
    "reply",
    [
        "<think>" + "a " * 500_000,
        "x = 1\n" * 170_000,
        f"```\n{'x' * 40}\n" * 22_000,
        "```python\n" + "x = 1\n" * 170_000 + "```",
        "IDEA: " + "* " * 500_000,
        "IDEA:\n" * 170_000,
        " " * 1_000_000,
    ],
    ids=["thoughts", "lines", "fences", "file", "idea", "ideas", "blank"],
)
def test_a_reply_of_a_megabyte_is_read_quickly(reply: str) -> None:
    start = time.perf_counter()
    idea(reply)
    with pytest.raises(Unparsed):
        edited(reply)
    assert time.perf_counter() - start < 5
