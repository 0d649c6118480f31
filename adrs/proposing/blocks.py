"""SEARCH/REPLACE blocks: read strictly, matched in exactly one place, and told apart from what nearly matches.

Blocks have the common form, each marker alone on its line at the left margin::

    <<<<<<< SEARCH
    lines of the program
    =======
    lines to stand in their place
    >>>>>>> REPLACE

They are applied in order, each to the result of the one before. SEARCH holds whole lines and is never empty.
Tolerated, and nothing else:

- text and fences around the blocks;
- white space at the end of lines and other line endings in what SEARCH must match;
- one and the same indentation missing from, or added to, every line of SEARCH: REPLACE is shifted back alike.

Code that itself holds a line like a marker cannot be sent in blocks.
"""

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

_SEARCH, _DIVIDER, _REPLACE = "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE"
_FOLLOWER = {_SEARCH: _DIVIDER, _DIVIDER: _REPLACE, _REPLACE: _SEARCH}
_LIKE_A_MARKER = re.compile(r"[ \t]*(<{5,}[ \t]*(SEARCH|ORIGINAL|HEAD)|>{5,}[ \t]*(REPLACE|UPDATED))\b", re.IGNORECASE)

# Bounds that keep the work linear in the reply, whatever a model sends.
_MOST_BLOCKS = 100
_MOST_PLACES = 50
_COMPARED_LINES = 200
_COMPARED_CHARACTERS = 200
_GUESSED_LINES = 5000

_SHOWN_LINES = 12
_SHOWN_CHARACTERS = 160


class Unparsed(Exception):
    """A reply holds no edit that can be applied; the message says to a model what did not match."""


def hold_blocks(reply: list[str]) -> bool:
    """Return whether any line of the reply is, or is meant as, the first or last line of a block."""
    return any(_LIKE_A_MARKER.match(line) for line in reply)


def apply(reply: list[str], source: str) -> str:
    """Return `source` with the reply's blocks applied.

    Raises:
        Unparsed: The blocks are malformed, or one of them does not fit in exactly one place.
    """
    lines = source.split("\n")
    for block in _blocks(reply):
        at, replacement = _place(block, lines)
        lines[at : at + len(block.search)] = replacement
    return "\n".join(lines)


def short(line: str) -> str:
    """Return the line as it is shown in messages."""
    return line if len(line) <= _SHOWN_CHARACTERS else line[:_SHOWN_CHARACTERS] + "…"


@dataclass(frozen=True)
class _Block:
    number: int
    search: list[str]
    replace: list[str]


def _blocks(reply: list[str]) -> list[_Block]:
    cuts: list[int] = []
    expected = _SEARCH
    for index, line in enumerate(reply):
        marker = line.rstrip()
        if marker == _DIVIDER and expected == _SEARCH:
            continue  # an underlined heading in the text between blocks
        if marker == expected:
            cuts.append(index)
            expected = _FOLLOWER[expected]
        elif marker in _FOLLOWER or _LIKE_A_MARKER.match(line):
            raise Unparsed(_misplaced(marker, expected, index, len(cuts) // 3 + 1))
    if expected != _SEARCH:
        raise Unparsed(f"Block {len(cuts) // 3 + 1} is not finished: the reply ends before its line `{expected}`.")
    if len(cuts) > 3 * _MOST_BLOCKS:
        raise Unparsed(f"The reply holds {len(cuts) // 3} blocks, more than {_MOST_BLOCKS}. Send the whole program.")
    triples = zip(count(1), cuts[::3], cuts[1::3], cuts[2::3], strict=False)
    return [_Block(number, reply[a + 1 : b], reply[b + 1 : c]) for number, a, b, c in triples]


def _misplaced(marker: str, expected: str, index: int, number: int) -> str:
    return (
        f"Line {index + 1} of the reply is `{short(marker)}` where block {number} needs `{expected}`. The lines "
        f"`{_SEARCH}`, `{_DIVIDER}` and `{_REPLACE}` follow each other in every block, each alone on its line, at the "
        "left margin, spelled exactly so. Code that holds such a line itself can only be sent as a whole program."
    )


def _place(block: _Block, lines: list[str]) -> tuple[int, list[str]]:
    """Return where in `lines` the block belongs, and what to put there."""
    if not any(line.strip() for line in block.search):
        raise Unparsed(
            f"Block {block.number} has an empty SEARCH. To insert lines, put a neighbouring line into SEARCH and "
            "repeat it in REPLACE; to write everything anew, send the whole program."
        )
    exact = _find([line.rstrip() for line in block.search], [line.rstrip() for line in lines])
    if exact:
        return _only(exact, block), block.replace
    places = _find(_bare(block.search), _bare(lines))
    shifts = {at: _shift(block.search, lines[at : at + len(block.search)]) for at in places}
    uniform = {at: shift for at, shift in shifts.items() if shift is not None}
    if not uniform:
        raise Unparsed(f"Block {block.number}: its SEARCH text is not in the program. {_nearest(block, lines)}")
    at = _only(list(uniform), block)
    return at, _shifted(block, uniform[at])


def _find(wanted: Sequence[str], lines: Sequence[str]) -> list[int]:
    """Return the first places at which `wanted` stands in `lines`, by index."""
    text, part = "\n".join(["", *lines, ""]), "\n".join(["", *wanted, ""])
    places: list[int] = []
    position = text.find(part)
    while position >= 0 and len(places) < _MOST_PLACES:
        places.append(text.count("\n", 0, position))
        position = text.find(part, position + 1)
    return places


def _only(places: list[int], block: _Block) -> int:
    if len(places) == 1:
        return places[0]
    where = ", ".join(str(place + 1) for place in places[:_SHOWN_LINES])
    more = ", …" if len(places) > _SHOWN_LINES else ""
    raise Unparsed(
        f"Block {block.number}: its SEARCH text stands in the program more than once, from lines {where}{more}. "
        "Add neighbouring lines to SEARCH until it fits only one of them."
    )


def _bare(lines: Sequence[str]) -> list[str]:
    return [line.strip() for line in lines]


@dataclass(frozen=True)
class _Shift:
    """What every line of SEARCH lacks on its left, and what it has too much there; one of them is empty."""

    lacks: str
    excess: str


def _shift(search: list[str], lines: list[str]) -> _Shift | None:
    """Return the shift from SEARCH to the lines it was found in; None if it is not the same on every line."""
    shifts = {_indentation(line, wanted) for line, wanted in zip(lines, search, strict=True) if wanted.strip()}
    return shifts.pop() if len(shifts) == 1 else None


def _indentation(line: str, wanted: str) -> _Shift | None:
    have, said = (text[: len(text) - len(text.lstrip())] for text in (line, wanted))
    if have.endswith(said):
        return _Shift(have.removesuffix(said), "")
    return _Shift("", said.removesuffix(have)) if said.endswith(have) else None


def _shifted(block: _Block, shift: _Shift) -> list[str]:
    if any(line.strip() and not line.startswith(shift.excess) for line in block.replace):
        raise Unparsed(
            f"Block {block.number}: SEARCH is indented by {len(shift.excess)} characters more than the program, but "
            "not every line of REPLACE is. Copy the program's indentation."
        )
    return [shift.lacks + line.removeprefix(shift.excess) if line.strip() else line for line in block.replace]


# What a block that does not match should have been


def _nearest(block: _Block, lines: list[str]) -> str:
    """Return the program's lines nearest to SEARCH, numbered, and how they differ."""
    begin = _closest(block.search, lines)
    if begin is None:
        return "No line of the program is like it."
    window = [line.rstrip() for line in lines[begin : begin + len(block.search)]]
    wanted = [line.rstrip() for line in block.search]
    numbered = [f"{number:5} | {short(line)}" for number, line in enumerate(window[:_SHOWN_LINES], begin + 1)]
    said = ["The nearest lines of the program are:", *numbered, "SEARCH (-) differs from them (+) in:"]
    if _bare(window) == _bare(wanted):
        said[-1] = "SEARCH (-) differs from them (+) in its indentation, and not alike on every line:"
    elif block.number > 1:
        said[0] = "The nearest lines of the program, as the blocks before leave it, are:"
    changes = difflib.unified_diff(wanted[:_COMPARED_LINES], window[:_COMPARED_LINES], lineterm="", n=0)
    differences = [short(line) for line in list(changes)[2:] if not line.startswith("@@")]
    return "\n".join([*said, *differences[: 2 * _SHOWN_LINES]])


def _closest(search: list[str], lines: list[str]) -> int | None:
    """Return where most lines of SEARCH would find their like, else where its longest line would nearly."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        places[line.strip()].append(index)
    bare = _bare(search[:_COMPARED_LINES])
    votes = Counter(at - j for j, line in enumerate(bare) if line for at in places.get(line, [])[:_MOST_PLACES])
    if votes:
        return max(0, votes.most_common(1)[0][0])
    longest = max(range(len(bare)), key=lambda j: len(bare[j]))
    wanted = bare[longest][:_COMPARED_CHARACTERS]
    like = difflib.get_close_matches(wanted, list(places)[:_GUESSED_LINES], n=1, cutoff=0.5)
    return max(0, places[like[0]][0] - longest) if like else None
