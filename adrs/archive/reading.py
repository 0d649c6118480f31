"""Rows of the archive as values."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, literal_column, select

from adrs.archive import codec
from adrs.archive.records import Call, CampaignRecord, Planned, Session
from adrs.archive.states import TrialState
from adrs.archive.tables import campaigns, completions, evaluations, events, references, sessions, texts, trials
from adrs.evaluation import Evaluation, Status
from adrs.llm import Completion, Message, Prompt, Usage
from adrs.program import Program
from adrs.trial import Proposal, Spend, Trial


def record(connection: Connection, campaign: int) -> CampaignRecord:
    """Return the campaign's row."""
    row = connection.execute(select(campaigns).where(campaigns.c.id == campaign)).one()
    return CampaignRecord(row.name, row.created, row.config, row.written)


def sessions_of(connection: Connection, campaign: int, *, now: float) -> list[Session]:
    """Return the campaign's sessions as of `now`, oldest first."""
    query = select(sessions).where(sessions.c.campaign == campaign).order_by(sessions.c.number)
    return [
        Session(
            row.number,
            row.controller,
            row.started,
            row.heartbeat,
            row.ended,
            row.reason or "",
            row.finished,
            age=now - row.heartbeat,
        )
        for row in connection.execute(query)
    ]


def events_of(connection: Connection, campaign: int, kind: str | None) -> list[tuple[float, str, Mapping[str, Any]]]:
    """Return (time, kind, data) of the campaign's events, oldest first."""
    query = select(events).where(events.c.campaign == campaign).order_by(events.c.id)
    if kind is not None:
        query = query.where(events.c.kind == kind)
    return [(row.at, row.kind, row.data) for row in connection.execute(query)]


def trials_of(connection: Connection, campaign: int, *, after: int = -1, number: int | None = None) -> list[Trial]:
    """Return the finished trials (one, or those after a position) in the order in which the search heard of them."""
    mine = (trials.c.campaign == campaign) & (trials.c.told > after)
    if number is not None:
        mine &= trials.c.number == number
    rows = connection.execute(_with_programs().where(mine).order_by(trials.c.told)).all()
    trained = evaluations_of(connection, campaign, "train", number, results=False)
    spent = _spend_by_trial(connection, campaign, number)
    return [_trial(row, trained.get(row.number), spent.get(row.number, Spend())) for row in rows]


def plans_of(connection: Connection, campaign: int, *, unfinished: bool) -> list[Planned]:
    """Return the trials as they were planned, all or those that the search has not heard of, by number."""
    query = _with_programs().where(trials.c.campaign == campaign).order_by(trials.c.number)
    rows = connection.execute(query.where(trials.c.told.is_(None)) if unfinished else query)
    return [
        Planned(
            row.number,
            tuple(row.parents),
            tuple(row.inspirations),
            tuple(row.failed),
            _proposal(row),
            row.planned_after,
            row.arrived,
            row.told,
            TrialState(row.state),
            tuple(row.hints or ()),
        )
        for row in rows
    ]


def arrivals_of(connection: Connection, campaign: int, split: str) -> dict[int, int | None]:
    """Return the position of each trial's evaluation on a split among all evaluations; None if it is not recorded."""
    query = select(evaluations.c.trial, evaluations.c.arrived).where(evaluations.c.campaign == campaign)
    rows = connection.execute(query.where(evaluations.c.split == split).order_by(evaluations.c.trial))
    return {row.trial: row.arrived for row in rows}


def evaluations_of(
    connection: Connection, campaign: int, split: str, number: int | None, *, results: bool
) -> dict[int, Evaluation]:
    """Return the evaluations on a split by trial, of one trial or of all."""
    query = select(evaluations, texts.c.content.label("listing")).outerjoin(
        texts, texts.c.hash == evaluations.c.instances
    )
    query = query.where((evaluations.c.campaign == campaign) & (evaluations.c.split == split))
    if number is not None:
        query = query.where(evaluations.c.trial == number)
    rows = connection.execute(query.order_by(evaluations.c.trial))
    return {row.trial: _evaluation(row, results=results) for row in rows}


def references_of(connection: Connection, campaign: int, split: str) -> dict[str, Evaluation]:
    """Return the evaluations of the baselines on a split by name, with per-instance results."""
    query = select(references, texts.c.content.label("listing")).outerjoin(
        texts, texts.c.hash == references.c.instances
    )
    query = query.where((references.c.campaign == campaign) & (references.c.split == split))
    query = query.order_by(
        literal_column('"references".rowid' if connection.dialect.name == "sqlite" else '"references".ctid')
    )
    return {row.name: _evaluation(row, results=True) for row in connection.execute(query)}


def counts(connection: Connection, campaign: int) -> tuple[int, int]:
    """Return how many trials were planned, and how many evaluations were made."""
    planned = select(func.count()).where(trials.c.campaign == campaign)
    made = select(func.count()).where(evaluations.c.campaign == campaign)
    return int(connection.scalar(planned) or 0), int(connection.scalar(made) or 0)


def calls_of(connection: Connection, campaign: int, number: int | None) -> list[Call]:
    """Return the requests of one trial or of all, in the order in which they were sent."""
    query = select(completions).where(completions.c.campaign == campaign)
    if number is not None:
        query = query.where(completions.c.trial == number)
    rows = connection.execute(
        query.order_by(completions.c.sent, completions.c.trial, completions.c.call, completions.c.request)
    ).all()
    known = _texts(connection, {digest for row in rows for _, digest in row.prompt})
    return [_call(row, known) for row in rows]


def spend(connection: Connection, campaign: int) -> Spend:
    """Return what the campaign has cost so far; evaluations that were cut off count with their time up to then."""
    total = sum(_spend_by_trial(connection, campaign).values(), Spend())
    ended = connection.scalar(select(func.sum(evaluations.c.seconds)).where(evaluations.c.campaign == campaign))
    cut = sum(data["seconds"] for _, _, data in events_of(connection, campaign, "cut"))
    return total + Spend(seconds=float(ended or 0.0) + cut)


def _spend_by_trial(connection: Connection, campaign: int, number: int | None = None) -> dict[int, Spend]:
    settled = select(
        completions.c.trial,
        func.sum(completions.c.dollars).label("dollars"),
        func.sum(completions.c.prompt_tokens + completions.c.completion_tokens).label("tokens"),
    ).where((completions.c.campaign == campaign) & (completions.c.state == "answered"))
    lost = select(
        completions.c.trial,
        func.sum(completions.c.reserved_dollars).label("dollars"),
        func.sum(completions.c.reserved_tokens).label("tokens"),
    ).where((completions.c.campaign == campaign) & (completions.c.state == "unknown"))
    found: dict[int, Spend] = {}
    for query in (settled, lost):
        if number is not None:
            query = query.where(completions.c.trial == number)  # noqa: PLW2901
        for row in connection.execute(query.group_by(completions.c.trial)):
            found[row.trial] = found.get(row.trial, Spend()) + Spend(row.dollars, row.tokens)
    return found


def _with_programs() -> Any:
    return select(trials, texts.c.content.label("source")).outerjoin(texts, texts.c.hash == trials.c.program)


def _trial(row: Row[Any], trained: Evaluation | None, spent: Spend) -> Trial:
    evaluation = trained or Evaluation(Status(row.status), message=row.message or "")
    program = Program(row.source) if row.source is not None else None
    chosen = tuple(row.parents), tuple(row.inspirations)
    spent += Spend(seconds=evaluation.seconds)
    return Trial(row.number, *chosen, program, evaluation, row.model, row.prompt or "", row.note or "", spent)


def _proposal(row: Row[Any]) -> Proposal | None:
    if not row.proposed:
        return None
    program = Program(row.source) if row.source is not None else None
    return Proposal(program, row.model, Status(row.status), row.message or "", row.prompt or "", row.note or "")


def _evaluation(row: Row[Any], *, results: bool) -> Evaluation:
    per_instance = codec.results(row.listing, row.columns) if results and row.columns is not None else ()
    named = row.scores, per_instance, row.features, row.feedback, row.seconds, row.conditions or {}
    return Evaluation(Status(row.status), row.split, row.message, *named)


def _texts(connection: Connection, hashes: set[str]) -> dict[str, str]:
    ordered, found = sorted(hashes), {}
    for start in range(0, len(ordered), 500):  # databases limit the length of a list
        rows = connection.execute(select(texts).where(texts.c.hash.in_(ordered[start : start + 500])))
        found.update({row.hash: row.content for row in rows})
    return found


def _call(row: Row[Any], known: Mapping[str, str]) -> Call:
    prompt = Prompt(tuple(Message(role, known[digest]) for role, digest in row.prompt))
    reserved = Spend(row.reserved_dollars, row.reserved_tokens)
    completion = _completion(row) if row.state == "answered" else None
    sent = row.trial, row.call, row.request, row.state, prompt
    return Call(*sent, completion, reserved, row.error or "", row.seed, row.arrived)


def _completion(row: Row[Any]) -> Completion:
    usage = Usage(row.prompt_tokens, row.completion_tokens, row.cached_tokens, row.estimated)
    return Completion(row.text, row.model, usage, row.dollars, row.seconds, row.finish, row.attempts)
