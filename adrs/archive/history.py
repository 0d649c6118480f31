"""The history of one campaign up to a trial, taken over by another one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from adrs.archive.tables import completions, evaluations, events, references, texts, trials

Rows: TypeAlias = list[dict[str, Any]]

_OF_A_SESSION = frozenset({"asked", "paused", "continued", "forked"})
_ROWS = 500


@dataclass(frozen=True)
class History:
    """The rows of a campaign's trials up to one of them, positions without holes, and the texts that they name."""

    trials: Rows
    completions: Rows
    evaluations: Rows
    references: Rows
    events: Rows
    texts: Mapping[str, str]


def cut(connection: Connection, campaign: int, trial: int) -> History:
    """Return the history of a campaign up to and including a trial; all of these trials have been told.

    What is read first may refer to what is read later, so that a controller may go on meanwhile.
    """
    noted = _rows(connection, events, campaign)
    tried = [row for row in _rows(connection, trials, campaign) if row["number"] <= trial]
    asked = [row for row in _rows(connection, completions, campaign) if row["trial"] <= trial]
    evaluated = [row for row in _rows(connection, evaluations, campaign) if row["trial"] <= trial]
    measured = _rows(connection, references, campaign)
    places = sorted(row["arrived"] for row in evaluated if row["arrived"] is not None)
    for order, rows in (("told", tried), ("arrived", tried), ("arrived", asked), ("arrived", evaluated)):
        _close_up(rows, order)
    for row in asked:
        row["state"] = "unknown" if row["state"] == "sent" else row["state"]  # nobody will hear its answer
    kept = _kept(noted, tried, trial)
    for row in kept:
        if "after" in row["data"]:  # how many evaluations there were
            row["data"] = {**row["data"], "after": sum(place < row["data"]["after"] for place in places)}
    return History(
        tried, asked, evaluated, measured, kept, _texts(connection, _named(tried, asked, evaluated, measured))
    )


def paste(connection: Connection, campaign: int, history: History) -> None:
    """Add a history to a campaign that has none."""
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    rows = [{"hash": digest, "content": content} for digest, content in history.texts.items()]
    for start in range(0, len(rows), _ROWS):
        connection.execute(insert_new(texts).on_conflict_do_nothing(), rows[start : start + _ROWS])
    tables = (trials, completions, evaluations, references, events)
    for table in tables:
        held: Rows = getattr(history, table.name)
        for row in held:
            row["campaign"] = campaign
        if held:
            connection.execute(insert(table), held)


def _rows(connection: Connection, table: Table, campaign: int) -> Rows:
    query = select(table).where(table.c.campaign == campaign).order_by(*table.primary_key)
    return [dict(row) for row in connection.execute(query).mappings()]


def _close_up(rows: Rows, order: str) -> None:
    """Number the places of an order from 0 without holes; rows without a place have none after it."""
    placed = sorted((row for row in rows if row[order] is not None), key=lambda row: int(row[order]))
    for place, row in enumerate(placed):
        row[order] = place


def _kept(noted: Rows, tried: Rows, trial: int) -> Rows:
    """Return the events about the trials, and what else had happened when the last of them was told."""
    end = max(row["told_at"] or 0.0 for row in tried)
    hints = max((number + 1 for row in tried for number in row["hints"] or ()), default=0)
    kept, steered = [], 0
    for row in noted:
        about, known = row["data"].get("trial"), row["at"] <= end
        if row["kind"] == "steered":
            known |= steered < hints
            steered += 1
        if row["kind"] not in _OF_A_SESSION and (known if about is None else about <= trial):
            kept.append({name: value for name, value in row.items() if name != "id"})
    return kept


def _named(tried: Rows, asked: Rows, evaluated: Rows, measured: Rows) -> set[str]:
    """Return the hashes of all texts that the rows name."""
    found = {row["program"] for row in tried} | {row["instances"] for row in [*evaluated, *measured]}
    return {digest for digest in found if digest} | {digest for row in asked for _, digest in row["prompt"]}


def _texts(connection: Connection, hashes: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in _batches(sorted(hashes)):
        rows = connection.execute(select(texts).where(texts.c.hash.in_(some)))
        found |= {row.hash: row.content for row in rows}
    return found


def _batches(hashes: list[str]) -> Iterable[list[str]]:
    return (hashes[start : start + _ROWS] for start in range(0, len(hashes), _ROWS))
