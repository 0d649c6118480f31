"""Making a long campaign of a short one: its trials again and again, under other numbers and with other programs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from sqlalchemy import Table, insert, select

from adrs.archive.connection import Database, sqlite_url
from adrs.archive.tables import completions, evaluations, texts, trials
from adrs.llm import Message, Prompt
from adrs.program import Program
from tests.benchmarks.campaigns import valid

Row: TypeAlias = dict[str, Any]
_WEIGHT = re.compile(r"\d\.\d{6}")


def multiply(archive: Path, count: int) -> None:
    """Add trials to the finished campaign in `archive` until it has `count`, straight into its tables.

    A copy has the prompts and replies of its original with a line more, its program with other weights, and other
    scores and features, so that it takes as much room, in the archive, in memory and in the search, as a trial that
    was run. Only its row on the validation split is left out. Columns that are not named here are copied as they are.
    """
    with closing(Database(sqlite_url(archive))) as database:
        with database.transaction() as connection:
            rows = {table.name: _rows(connection, table) for table in (completions, trials, evaluations)}
            known = {row["hash"]: row["content"] for row in _rows(connection, texts)}
        size = len(rows["trials"]) - 1
        for shift in range(size, count - 1, size):
            copy = _Copy(shift, known)
            fresh = {name: list(copy.of(name, rows[name], most=count - shift)) for name in rows}
            with database.transaction() as connection:
                connection.execute(
                    insert(texts), [{"hash": name, "content": text} for name, text in copy.texts.items()]
                )
                for table in (trials, completions, evaluations):
                    connection.execute(insert(table), fresh[table.name])


def _rows(connection: Any, table: Table) -> list[Row]:
    return [dict(row) for row in connection.execute(select(table)).mappings()]


class _Copy:
    """The rows of one copy; `texts` are those that it adds."""

    def __init__(self, shift: int, known: Mapping[str, str]) -> None:
        self.texts: dict[str, str] = {}
        self._shift = shift
        self._known = known
        self._programs: dict[int, Program] = {}
        self._prompts: dict[str, str] = {}
        self._rng = Random(shift)

    def of(self, table: str, rows: Sequence[Row], *, most: int) -> Iterator[Row]:
        make = {"completions": self._completion, "trials": self._trial, "evaluations": self._evaluation}[table]
        key = "number" if table == "trials" else "trial"
        return (make(dict(row)) for row in rows if 0 < row[key] < most and row.get("split") != "validation")

    def _trial(self, row: Row) -> Row:
        row |= {name: self._moved(row[name]) for name in ("number", "told", "arrived", "planned_after")}
        row |= {name: [self._moved(each) for each in row[name]] for name in ("parents", "inspirations", "failed")}
        if row["program"] is not None:
            source = _WEIGHT.sub(lambda _: f"{self._rng.random():.6f}", self._known[row["program"]])
            self._programs[row["number"]] = Program(source)
            row["program"] = self._text(source)
            row["meaning"] = self._programs[row["number"]].meaning
        row["prompt"] = self._prompts[row["prompt"]]
        return row

    def _completion(self, row: Row) -> Row:
        row["trial"] = self._moved(row["trial"])
        row["prompt"] = [[role, self._said(role, name)] for role, name in row["prompt"]]
        messages = (Message(role, self.texts.get(name) or self._known[name]) for role, name in row["prompt"])
        original, row["prompt_hash"] = row["prompt_hash"], Prompt(tuple(messages)).hash
        self._prompts[original] = row["prompt_hash"]
        row["text"] = f"{row['text']}\n{self._shift}"
        row["arrived"] += self._shift
        return row

    def _evaluation(self, row: Row) -> Row:
        row["trial"] = self._moved(row["trial"])
        row["arrived"] += self._shift
        if row["status"] == "valid":
            fresh = valid(self._programs[row["trial"]], row["split"])
            row |= {"scores": fresh.scores, "features": fresh.features, "feedback": fresh.feedback}
        return row

    def _moved(self, number: int) -> int:
        return number + self._shift if number > 0 else number

    def _said(self, role: str, name: str) -> str:
        return name if role == "system" else self._text(f"{self._known[name]}\n{self._shift}")

    def _text(self, content: str) -> str:
        name = sha256(content.encode()).hexdigest()
        self.texts[name] = content
        return name
