"""A model's reply turned into a program: SEARCH/REPLACE blocks or one whole file, read strictly.

`adrs.proposing.blocks` says how blocks are read. A reply without any is a whole file in a fence. Tolerated there,
and nothing else:

- text before and after the fence, and a leading ``<think>`` section;
- a fence that names no language;
- several fences, if exactly one of them is a complete program;
- lines of three backticks inside the program, if only the whole stretch from first to last fence is complete;
- other white space at the end of the file than the parent's, which is restored.
"""

import re
from dataclasses import dataclass
from itertools import zip_longest

from adrs.problem import Problem
from adrs.program import Program
from adrs.proposing.blocks import Unparsed, apply, hold_blocks, short

__all__ = ["Edited", "Unparsed", "check", "edit", "idea"]

_FENCE = re.compile(r"(`{3,})[ \t]*([\w+#.-]*)[^`]*$")
_LANGUAGES = ("", "python", "py", "python3")
_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_LINE = re.compile(r"\bline (\d+)")
_IDEA = re.compile(r"^[*_ \t]*IDEA[*_ \t]*:[*_\s]*(\S.{0,299})", re.MULTILINE)


@dataclass(frozen=True)
class Edited:
    """A child, and the one line that its writer said about it (empty if nothing)."""

    program: Program
    note: str


def edit(reply: str, parent: Program, problem: Problem, *, finish: str = "stop") -> Edited:
    """Return the program that `reply` makes of `parent`.

    Args:
        reply: The model's words, of any length; the time taken grows with the length, not with its square.
        parent: The program that was shown.
        problem: Says what a program must define and how long it may be.
        finish: Why the reply ended, as `Completion.finish`; a reply that was cut off is never applied.

    Raises:
        Unparsed: No edit, one that does not apply, or one that makes no program or no difference.
    """
    if finish == "length":
        raise Unparsed(
            "The reply was cut off at the length limit, so nothing of it was applied. Answer in fewer words."
        )
    lines = _lines(reply)
    source = _edited(lines, parent, problem) if hold_blocks(lines) else _whole(lines, parent, problem)
    child = Program(source)
    _check_markers(child, parent)
    check(child, problem)
    if child.meaning == parent.meaning:
        raise Unparsed("The edit changes nothing: but for comments, docstrings and layout, the program is the same.")
    return Edited(child, idea(reply))


def check(program: Program, problem: Problem) -> None:
    """Do nothing if `program` could be run.

    Raises:
        Unparsed: It is too long, does not parse, or does not define the problem's functions at its top level.
    """
    if complaint := problem.complaint(program):
        raise Unparsed(f"With the edit applied, {complaint}{_named_line(complaint, program.source)}")


def idea(reply: str) -> str:
    """Return what follows `IDEA:` in the reply, on one line; empty if it says nothing."""
    found = _IDEA.search("\n".join(_lines(reply)))
    return " ".join(found[1].replace("\0", "\ufffd").split()).rstrip("*_ ") if found else ""


def _lines(reply: str) -> list[str]:
    """Return the reply's lines; thoughts become empty lines, so that line numbers stay true."""
    said = _THOUGHTS.sub(lambda thoughts: "\n" * thoughts[0].count("\n"), reply.replace("\r\n", "\n"))
    return said.split("\n")


def _edited(reply: list[str], parent: Program, problem: Problem) -> str:
    if _complete(reply, _fences(reply), problem):
        raise Unparsed("The reply holds both SEARCH/REPLACE blocks and a whole program. Send one of the two.")
    return apply(reply, parent.source)


# A whole file


@dataclass(frozen=True)
class _Fence:
    """A fenced stretch of the reply: its first line, and its closing line (None if it has none), by index."""

    begin: int
    end: int | None


def _fences(reply: list[str]) -> list[_Fence]:
    """Return the fences that may hold a program; a fence is closed by at least as many backticks as opened it."""
    fences: list[_Fence] = []
    opening: re.Match[str] | None = None
    begin = 0
    for index, line in enumerate(reply):
        if opening is None:
            opening, begin = _FENCE.match(line), index + 1
        elif _closes(line, opening[1]):
            fences += [_Fence(begin, index)] if opening[2].lower() in _LANGUAGES else []
            opening = None
    return fences if opening is None else [*fences, _Fence(begin, None)]


def _complete(reply: list[str], fences: list[_Fence], problem: Problem) -> list[str]:
    """Return the programs among the closed fences."""
    texts = ("\n".join(reply[fence.begin : fence.end]) for fence in fences if fence.end is not None)
    return [text for text in texts if problem.complaint(Program(text)) is None]


def _whole(reply: list[str], parent: Program, problem: Problem) -> str:
    text = _only_program(reply, problem)
    return text.rstrip() + parent.source[len(parent.source.rstrip()) :]


def _only_program(reply: list[str], problem: Problem) -> str:
    fences = _fences(reply)
    if not fences:
        raise Unparsed("The reply holds no edit: neither a SEARCH/REPLACE block nor a program in a ```python fence.")
    complete = _complete(reply, fences, problem)
    if not complete and (around := _complete(reply, [_around(reply, fences)], problem)):
        return around[0]
    unclosed = [fence for fence in fences if fence.end is None]
    if unclosed:
        raise Unparsed(f"The fence that opens in line {unclosed[0].begin} of the reply is never closed.")
    if not complete and len(fences) == 1:
        return "\n".join(reply[fences[0].begin : fences[0].end])  # `check` will name what it lacks
    if len(complete) != 1:
        number = f"{len(complete)} of them are complete programs" if complete else "none of them is a complete program"
        raise Unparsed(f"The reply holds {len(fences)} fences, and {number}. Send the whole program in one fence.")
    return complete[0]


def _around(reply: list[str], fences: list[_Fence]) -> _Fence:
    """Return the stretch from the first opening to the last line that could close it."""
    begin = fences[0].begin
    ticks = reply[begin - 1][: len(reply[begin - 1]) - len(reply[begin - 1].lstrip("`"))]
    return _Fence(begin, max((index for index, line in enumerate(reply) if _closes(line, ticks)), default=begin))


def _closes(line: str, ticks: str) -> bool:
    return line.startswith(ticks) and not line.rstrip().strip("`")


# What must stay as it is


def _check_markers(child: Program, parent: Program) -> None:
    """Do nothing if all that stands outside the parent's EVOLVE-BLOCK markers stands in the child, unchanged."""
    was = parent.frozen or ()
    try:
        now = child.frozen or ()
    except ValueError as error:
        raise Unparsed(f"With the edit applied, {error}. Leave the marker lines as they are.") from None
    if len(was) != len(now):
        raise Unparsed(
            f"The program has {max(0, len(was) - 1)} EVOLVE-BLOCKs, and {max(0, len(now) - 1)} with the edit applied. "
            "Neither add nor remove marker lines."
        )
    position = 0
    for before, after in zip(was, now, strict=True):
        position = parent.source.index(before, position)
        if before != after:
            raise Unparsed(_touched(before, after, parent.source.count("\n", 0, position) + 1))


def _touched(before: str, after: str, first: int) -> str:
    pairs = enumerate(zip_longest(before.split("\n"), after.split("\n")), first)
    number, (old, new) = next((number, pair) for number, pair in pairs if pair[0] != pair[1])
    change = "is gone" if new is None else f"became `{short(new)}`"
    what = f"a line was added after line {number - 1}" if old is None else f"line {number}, `{short(old)}`, {change}"
    return f"Only lines between the EVOLVE-BLOCK markers may change, but {what}."


def _named_line(complaint: str, source: str) -> str:
    """Return the line that the complaint names, to end it with; a full stop if it names none."""
    named = _LINE.search(complaint)
    if named is None:
        return "."
    lines = source.split("\n")
    number = min(int(named[1]), len(lines))
    return f"\n{number:5} | {short(lines[number - 1])}"
