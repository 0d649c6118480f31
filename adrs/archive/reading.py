"""Rows of the archive as values."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, case, func, literal_column, select

from adrs.archive import codec
from adrs.archive.open import trial_of
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
            row.worked,
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


def noted(connection: Connection, campaign: int, kind: str, *, after: int) -> list[tuple[int, Mapping[str, Any]]]:
    """Return (number, data) of the campaign's events of a kind that were noted after event `after`, oldest first."""
    mine = (events.c.campaign == campaign) & (events.c.kind == kind) & (events.c.id > after)
    rows = connection.execute(select(events.c.id, events.c.data).where(mine).order_by(events.c.id))
    return [(row.id, row.data) for row in rows]


def hints_of(connection: Connection, campaign: int, number: int) -> tuple[int, ...]:
    """Return the numbers of the hints that a trial was planned with."""
    mine = (trials.c.campaign == campaign) & (trials.c.number == number)
    return tuple(connection.scalar(select(trials.c.hints).where(mine)) or ())


def trials_of(
    connection: Connection, campaign: int, *, after: int = -1, most: int | None = None, number: int | None = None
) -> list[Trial]:
    """Return the finished trials (one, or some after a position) in the order in which the search heard of them."""
    mine = (trials.c.campaign == campaign) & (trials.c.told > after)
    if most is not None:
        mine &= trials.c.told <= after + most
    if number is not None:
        mine &= trials.c.number == number
    rows = connection.execute(_with_programs().where(mine).order_by(trials.c.told)).all()
    trained = _trained(connection, mine)
    spent = _spend_by_trial(connection, mine)
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
    ours = completions.c.campaign == campaign
    calls = [Spend(*row[1:]) for row in connection.execute(_spend_by_state(ours))]
    ended = connection.scalar(select(func.sum(evaluations.c.seconds)).where(evaluations.c.campaign == campaign))
    cut = sum(data["seconds"] for _, _, data in events_of(connection, campaign, "cut"))
    return sum(calls, Spend(seconds=float(ended or 0.0) + cut))


def _spend_by_trial(connection: Connection, mine: ColumnElement[bool]) -> dict[int, Spend]:
    found: dict[int, Spend] = {}
    query = _spend_by_state(mine).join(trials, _same_trial(completions)).group_by(completions.c.trial)
    for row in connection.execute(query.add_columns(completions.c.trial)):
        found[row.trial] = found.get(row.trial, Spend()) + Spend(row.dollars, row.tokens)
    return found


def _spend_by_state(mine: ColumnElement[bool]) -> Select[Any]:
    """Return a query for the cost of requests in either state that costs, each in a row of its own."""
    answered = completions.c.state == "answered"
    used = completions.c.prompt_tokens + completions.c.completion_tokens
    return (
        select(
            completions.c.state,
            func.sum(case((answered, completions.c.dollars), else_=completions.c.reserved_dollars)).label("dollars"),
            func.sum(case((answered, used), else_=completions.c.reserved_tokens)).label("tokens"),
        )
        .where(mine & completions.c.state.in_(("answered", "unknown")))
        .group_by(completions.c.state)
    )


def _trained(connection: Connection, mine: ColumnElement[bool]) -> dict[int, Evaluation]:
    query = select(evaluations).join(trials, _same_trial(evaluations)).where(mine & (evaluations.c.split == "train"))
    return {row.trial: _evaluation(row, results=False) for row in connection.execute(query)}


def _same_trial(table: Table) -> ColumnElement[bool]:
    return (trials.c.campaign == table.c.campaign) & (trials.c.number == table.c.trial)


def _with_programs() -> Any:
    return select(trials, texts.c.content.label("source")).outerjoin(texts, texts.c.hash == trials.c.program)


def _trial(row: Row[Any], trained: Evaluation | None, spent: Spend) -> Trial:
    proposal = _proposal(row)
    assert proposal is not None  # the search hears of nothing else
    return trial_of(row.number, (tuple(row.parents), tuple(row.inspirations)), proposal, trained, spent)


def _proposal(row: Row[Any]) -> Proposal | None:
    if not row.proposed:
        return None
    program = Program.known(row.source, row.meaning) if row.source is not None else None
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
    return Call(*sent, completion, reserved, row.error or "", row.seed, row.arrived, row.attempts)


def _completion(row: Row[Any]) -> Completion:
    usage = Usage(row.prompt_tokens, row.completion_tokens, row.cached_tokens, row.estimated)
    return Completion(row.text, row.model, usage, row.dollars, row.seconds, row.finish, row.attempts)
