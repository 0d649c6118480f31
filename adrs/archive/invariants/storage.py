"""The file and its texts."""

import hashlib
from collections.abc import Iterator

from adrs.archive.invariants.facts import Facts
from adrs.llm import Message, Prompt


def intact(facts: Facts) -> Iterator[str]:
    """Yield what SQLite finds wrong with the file."""
    for (said,) in facts.raw.connection.execute("PRAGMA integrity_check(20)"):
        if said != "ok":
            yield str(said)


def referred(facts: Facts) -> Iterator[str]:
    """Yield the rows that refer to rows that are not there."""
    for table, row, parent, _ in facts.raw.connection.execute("PRAGMA foreign_key_check"):
        yield f"row {row} of {table} refers to {parent} that are not there"


def typed(facts: Facts) -> Iterator[str]:
    """Yield the values that are not of their column's type, or whose JSON has another shape."""
    facts.load()
    yield from facts.mistyped


def one_campaign(facts: Facts) -> Iterator[str]:
    """Yield how many campaigns there are, unless there is one."""
    if len(facts.campaigns) != 1:
        yield f"there are {len(facts.campaigns)} campaigns"


def hashed(facts: Facts) -> Iterator[str]:
    """Yield the texts whose hash is another than their name."""
    for digest, content in facts.raw.connection.execute("SELECT hash, CAST(inflate(content) AS BLOB) FROM texts"):
        found = hashlib.sha256(content).hexdigest()
        if found != digest:
            yield f"text {digest!r:.14}… has the hash {found:.12}…"


def present(facts: Facts) -> Iterator[str]:
    """Yield the rows that name a text that is not there."""
    for where, digest in _references(facts):
        if digest not in facts.hashes:
            yield f"{where} needs text {digest:.12}…"


def needed(facts: Facts) -> Iterator[str]:
    """Yield the texts that no row names."""
    used = {digest for _, digest in _references(facts)}
    yield from (f"text {digest:.12}…" for digest in sorted(facts.hashes - used))


def prompts_hashed(facts: Facts) -> Iterator[str]:
    """Yield the requests whose prompt has another hash than they say."""
    for row in facts.completions:
        contents = [(role, facts.text(digest)) for role, digest in row["prompt"]]
        messages = tuple(Message(role, content) for role, content in contents if content is not None)
        if len(messages) == len(contents) and Prompt(messages).hash != row["prompt_hash"]:
            yield f"trial {row['trial']}, call {row['call']}, request {row['request']}"


def _references(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield who names which text."""
    for number, row in facts.trials.items():
        if row["program"] is not None:
            yield f"trial {number}", row["program"]
    for row in facts.completions:
        yield from ((f"the prompt of trial {row['trial']}", digest) for _, digest in row["prompt"])
    for (number, split), row in facts.evaluations.items():
        if row["instances"] is not None:
            yield f"trial {number} on {split}", row["instances"]
    for row in facts.references:
        if row["instances"] is not None:
            yield f"reference {row['name']} on {row['split']}", row["instances"]
