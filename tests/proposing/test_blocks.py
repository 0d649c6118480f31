"""SEARCH/REPLACE blocks: what applies, what does not, and what the model is told about it."""

import difflib
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adrs.proposing.blocks import Unparsed, apply, hold_blocks

PARENT = """\
import math


def weight(p, t):
    # in hours
    return p + t


def order(p, d):
    jobs = list(range(len(p)))
    t = 0
    for j in jobs:
        t = t + p[j]
    for j in jobs:
        t = t - p[j]
    return sorted(jobs, key=lambda j: d[j])
"""
S, M, E = "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE"


def block(search: str, replace: str) -> str:
    middle = f"{replace}\n" if replace else ""
    return f"{S}\n{search}\n{M}\n{middle}{E}\n"


def applied(reply: str, parent: str = PARENT) -> str:
    return apply(reply.split("\n"), parent)


class TestMatching:
    def test_a_line_is_replaced_and_the_rest_stays_to_the_byte(self) -> None:
        assert applied(block("    t = 0", "    t = 1")) == PARENT.replace("t = 0", "t = 1")

    def test_text_and_fences_around_blocks_are_ignored(self) -> None:
        reply = f"IDEA: start later\n\nWhy\n=======\n```python\n{block('    t = 0', '    t = 1')}```\nDone."
        assert applied(reply) == PARENT.replace("t = 0", "t = 1")

    def test_blocks_apply_in_order_each_to_the_result_of_the_one_before(self) -> None:
        reply = block("    t = 0", "    t = 1") + block("    t = 1", "    t = 2")
        assert applied(reply) == PARENT.replace("t = 0", "t = 2")

    def test_an_empty_second_half_deletes(self) -> None:
        assert applied(block("import math", "")) == PARENT.replace("import math\n", "")

    def test_the_last_line_of_a_file_without_a_final_newline_can_be_replaced(self) -> None:
        assert applied(block("b", "c"), "a\nb") == "a\nc"

    def test_white_space_at_line_ends_and_line_endings_are_tolerated(self) -> None:
        assert applied(block("a \nb", "c"), "a\nb\t\nd") == "c\nd"
        assert applied(block("b", "c"), "a\r\nb\r\nd") == "a\r\nc\nd"

    def test_indentation_that_is_missing_everywhere_is_put_back(self) -> None:
        reply = block("t = 0\nfor j in jobs:\n    t = t + p[j]", "t = 1\n\nfor j in jobs:\n    t += p[j]")
        assert "    t = 1\n\n    for j in jobs:\n        t += p[j]\n" in applied(reply)

    def test_indentation_that_is_too_much_everywhere_is_taken_away(self) -> None:
        assert applied(block("        t = 0", "        t = 1")) == PARENT.replace("t = 0", "t = 1")

    def test_an_exact_match_is_preferred_to_a_shifted_one(self) -> None:
        assert (
            applied(block("    x = 1", "    x = 2"), "if a:\n        x = 1\n    x = 1")
            == "if a:\n        x = 1\n    x = 2"
        )

    def test_backticks_in_the_code_do_no_harm(self) -> None:
        assert applied(block("b", "```\nc\n```"), "a\nb") == "a\n```\nc\n```"


MALFORMED = {
    "no divider": (f"{S}\n    t = 0\n    t = 1\n{E}", f"Line 4 of the reply is `{E}` where block 1 needs `{M}`"),
    "divider of another length": (f"{S}\n    t = 0\n======\n    t = 1\n{E}", f"`{E}` where block 1 needs `{M}`"),
    "no end": (f"{S}\n    t = 0\n{M}\n    t = 1\n", f"Block 1 is not finished: the reply ends before its line `{E}`"),
    "no end before the next block": (
        f"{S}\na\n{M}\nb\n{block('c', 'd')}",
        f"Line 5 of the reply is `{S}` where block 1",
    ),
    "only the beginning": (S, f"Block 1 is not finished: the reply ends before its line `{M}`"),
    "only the end": (f"text\n{E}", f"Line 2 of the reply is `{E}` where block 1 needs `{S}`"),
    "second block unfinished": (block("    t = 0", "    t = 1") + S, "Block 2 is not finished"),
    "divider in the code": (f"{S}\na\n{M}\nTitle\n{M}\n{E}", f"Line 5 of the reply is `{M}` where block 1 needs `{E}`"),
    "marker in other words": (
        "<<<<<<< ORIGINAL\na\n=======\nb\n>>>>>>> UPDATED",
        "Line 1 of the reply is `<<<<<<< ORIG",
    ),
    "marker in small letters": (block("a", "b").lower(), f"`<<<<<<< search` where block 1 needs `{S}`"),
    "marker with too few signs": (block("a", "b").replace("<<<<<<<", "<<<<<<"), f"where block 1 needs `{S}`"),
    "marker with a tail": (block("a", "b").replace(S, f"{S} (1)"), f"`{S} (1)` where block 1 needs `{S}`"),
    "indented markers": ("  " + block("a", "b").replace("\n", "\n  "), f"is `  {S}` where block 1 needs"),
    "empty search": (f"{S}\n{M}\n    t = 1\n{E}", "Block 1 has an empty SEARCH"),
    "blank search": (f"{S}\n\n  \n{M}\n    t = 1\n{E}", "Block 1 has an empty SEARCH"),
    "search is not there": (block("    z = 17 ** 4", "    z = 0"), "No line of the program is like it"),
    "search differs a little": (
        block("    t = 0\n    for i in jobs:", ""),
        "   11 |     t = 0\n   12 |     for j in jobs:\nSEARCH (-) differs from them (+) in:\n"
        "-    for i in jobs:\n+    for j in jobs:",
    ),
    "only a similar line": (block("    jobs = list(range(len(d)))", ""), "   10 |     jobs = list(range(len(p)))"),
    "search abbreviates": (
        block("    t = 0\n    ...\n    return t", "    pass"),
        "-    ...\n-    return t\n+    for j in",
    ),
    "half a line": (block("t = t +", "t = t *"), "its SEARCH text is not in the program"),
    "search stands twice": (block("    for j in jobs:", "    for i in jobs:"), "more than once, from lines 12, 14"),
    "shifted search stands twice": (block("for j in jobs:", "for i in jobs:"), "more than once, from lines 12, 14"),
    "uneven indentation": (
        block("    for j in jobs:\n    t = t + p[j]", "    pass"),
        "in its indentation, and not alike on every line:\n-    t = t + p[j]\n+        t = t + p[j]",
    ),
    "replacement cannot be shifted": (block("        t = 0", "  t = 1"), "SEARCH is indented by 4 characters more"),
    "second block does not match": (
        block("    t = 0", "    t = 1") + block("    t = 0", "    t = 2"),
        "Block 2: its SEARCH",
    ),
    "an earlier block took the text": (
        block("    t = 0", "    t = 1") + block("    t = 0\n    for j in jobs:", ""),
        "as the blocks before leave it, are:\n   11 |     t = 1",
    ),
    "too many blocks": (block("    t = 0", "    t = 0") * 101, "more than 100"),
}


@pytest.mark.parametrize(("reply", "message"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_reply_is_told_what_is_wrong(reply: str, message: str) -> None:
    assert hold_blocks(reply.split("\n"))
    with pytest.raises(Unparsed) as caught:
        applied(reply)
    assert message in str(caught.value)


@pytest.mark.parametrize("reply", ["", "text\n=======", ">>> search(x)", "x << 5 > SEARCH", "a <<<<<<< SEARCH"])
def test_other_text_holds_no_blocks(reply: str) -> None:
    assert not hold_blocks(reply.split("\n"))


def rendered(parent: list[str], child: list[str]) -> str:
    """Write the edit from one text to the other as blocks, each widened until it fits one place only."""
    now, shift, blocks = list(parent), 0, ""
    for kind, a, b, c, d in difflib.SequenceMatcher(None, parent, child, autojunk=False).get_opcodes():
        if kind != "equal":
            begin, end = widened(now, a + shift, b + shift)
            replace = [*now[begin : a + shift], *child[c:d], *now[b + shift : end]]
            blocks += "\n".join([S, *now[begin:end], M, *replace, E, "", ""])
            now[begin:end] = replace
            shift += (d - c) - (b - a)
    return blocks


def widened(lines: list[str], begin: int, end: int) -> tuple[int, int]:
    bare = [line.rstrip() for line in lines]
    assume(any(bare))
    while not any(bare[begin:end]) or sum(bare[i : i + end - begin] == bare[begin:end] for i in range(len(bare))) > 1:
        begin, end = max(0, begin - 1), min(len(bare), end + 1)
    return begin, end


TEXT = st.text(alphabet="ab \t`=<>#\\'é", max_size=5).filter(
    lambda line: line.rstrip() != M and not hold_blocks([line])
)
TEXTS = st.lists(TEXT, min_size=1, max_size=12).filter(lambda lines: any(line.strip() for line in lines))


@given(TEXTS, TEXTS)
def test_any_text_becomes_any_other_through_blocks(parent: list[str], child: list[str]) -> None:
    reply = rendered(parent, child)
    assert apply(reply.split("\n"), "\n".join(parent)) == "\n".join(child)


@given(TEXTS, st.data())
def test_a_block_without_its_indentation_gives_the_same(lines: list[str], data: st.DataObject) -> None:
    indent = data.draw(st.sampled_from(["  ", "    ", "\t"]))
    parent = ["start", *(indent + line if line.strip() else line for line in lines), "end"]
    child = data.draw(TEXTS)
    reply = "\n".join([S, *lines, M, *child, E])
    expected = ["start", *(indent + line if line.strip() else line for line in child), "end"]
    assert apply(reply.split("\n"), "\n".join(parent)) == "\n".join(expected)


@pytest.mark.parametrize(
    "reply",
    [
        block("t = 0\n" * 80_000, "t = 1\n" * 80_000),
        block("    for j in jobs:", "") * 14_000,
        block("\n".join(f"line {i}" for i in range(90_000)), ""),
        block("x" * 1_000_000, ""),
    ],
    ids=["search", "blocks", "distinct", "line"],
)
def test_blocks_of_a_megabyte_are_read_quickly(reply: str) -> None:
    start = time.perf_counter()
    with pytest.raises(Unparsed):
        applied(reply)
    assert time.perf_counter() - start < 5


def test_a_long_program_of_equal_lines_is_searched_quickly() -> None:
    start = time.perf_counter()
    with pytest.raises(Unparsed, match="more than once"):
        applied(block("x\n" * 15_000 + "x", "y"), "x\n" * 30_000)
    with pytest.raises(Unparsed, match="is not in the program"):
        applied(block("x\n" * 15_000 + "z", "y"), "x\n" * 30_000)
    assert time.perf_counter() - start < 5
