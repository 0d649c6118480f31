"""What is added to a campaign: one function for each thing that can happen, each inside one transaction."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from adrs.archive import codec, lease, states
from adrs.archive.open import OpenTrials
from adrs.archive.statements import Prepared
from adrs.archive.states import TrialState
from adrs.archive.tables import campaigns, completions, evaluations, events, references, texts, trials, underway
from adrs.evaluation import Evaluation
from adrs.llm import Completion, Message, Prompt, Quote
from adrs.trial import Parents, Proposal, Trial

_PLANNED = ("campaign", "number", "parents", "inspirations", "failed", "proposed", "state", "planned_after", "hints")
_SENT = ("state", "prompt", "prompt_hash", "seed", "sent", "reserved_dollars", "reserved_tokens")
_TOKENS = ("prompt_tokens", "completion_tokens", "cached_tokens", "estimated")
_ANSWERED = ("state", "text", "model", *_TOKENS, "dollars", "seconds", "finish", "attempts", "arrived")
_OUTCOME = (
    "split",
    "status",
    "message",
    "scores",
    "features",
    "feedback",
    "seconds",
    "instances",
    "columns",
    "conditions",
)
_CALL = (
    (completions.c.campaign == bindparam("of"))
    & (completions.c.trial == bindparam("for"))
    & (completions.c.call == bindparam("in"))
)
_OPEN = (completions.c.state == "sent") | (completions.c.state == "unknown")
_REQUEST = _CALL & (completions.c.request == bindparam("this")) & _OPEN

_plan = Prepared(insert(trials), *_PLANNED)
_send = Prepared(insert(completions), "campaign", "trial", "call", "request", *_SENT)
_sent = Prepared(select(func.count()).select_from(completions).where(_CALL))
_answer = Prepared(update(completions).where(_REQUEST), *_ANSWERED)
_fail = Prepared(update(completions).where(_REQUEST), "state", "error", "attempts")
_since = Prepared(
    select(underway.c.since).where(
        (underway.c.campaign == bindparam("of"))
        & (underway.c.trial == bindparam("trial"))
        & (underway.c.split == bindparam("on"))
    )
)
_begin = Prepared(insert(underway), "campaign", "trial", "split", "since")
_evaluate = Prepared(insert(evaluations), "campaign", "trial", *_OUTCOME, "arrived")
_refer = Prepared(insert(references), "campaign", "name", *_OUTCOME)
_text = {
    # Another campaign may add the same text at this moment.
    "sqlite": Prepared(sqlite.insert(texts).on_conflict_do_nothing(), "hash", "content"),
    "postgresql": Prepared(postgresql.insert(texts).on_conflict_do_nothing(), "hash", "content"),
}


class Writer:
    """Adds to one campaign. Positions in its orders are counted here, since only one session writes at a time."""

    def __init__(self, campaign: int) -> None:
        self._campaign = campaign
        self._positions: dict[str, int] = {}
        self._kept: dict[str, str] = {}
        self._open = OpenTrials()

    def forget(self) -> None:
        """Read everything anew: a transaction was not kept."""
        self._positions.clear()
        self._kept.clear()
        self._open.clear()

    # --- trials

    def plan(self, connection: Connection, number: int, parents: Parents | None, hints: Sequence[int]) -> None:
        chosen = parents or Parents(())
        _plan.run(
            connection,
            campaign=self._campaign,
            number=number,
            parents=[trial.number for trial in chosen.parents],
            inspirations=[trial.number for trial in chosen.inspirations],
            failed=[trial.number for trial in chosen.failed],
            proposed=False,
            state=str(TrialState.PLANNED),
            planned_after=self._position(connection, trials.c.told),
            hints=list(hints) or None,
        )
        self._open.planned(number, chosen, hints)

    def propose(self, connection: Connection, number: int, proposal: Proposal) -> None:
        program = proposal.program
        states.move(
            connection,
            self._campaign,
            number,
            TrialState.EDITED,
            proposed=True,
            program=None if program is None else self._text(connection, program.source),
            meaning=None if program is None else program.meaning,
            status=str(proposal.status),
            message=proposal.message,
            model=proposal.model,
            prompt=proposal.prompt,
            note=proposal.note,
            arrived=self._take(connection, trials.c.arrived),
        )
        self._open.proposed(number, proposal)

    def begin_evaluation(self, connection: Connection, number: int, split: str) -> None:
        at = lease.now(connection)
        if _since.run(connection, of=self._campaign, trial=number, on=split).fetchone() is not None:
            lease.cut(connection, self._campaign, number, split, until=at)
        _begin.run(connection, campaign=self._campaign, trial=number, split=split, since=at)
        if split == "train":
            states.move(connection, self._campaign, number, TrialState.EVALUATING)

    def add_evaluation(self, connection: Connection, number: int, evaluation: Evaluation) -> None:
        row = self._outcome(connection, evaluation)
        arrived = self._take(connection, evaluations.c.arrived)
        _evaluate.run(connection, campaign=self._campaign, trial=number, arrived=arrived, **row)
        lease.over.run(connection, of=self._campaign, on=evaluation.split, trial=number)
        if evaluation.split == "train":
            states.move(connection, self._campaign, number, TrialState.EVALUATED)
        self._open.evaluated(number, evaluation)

    def tell(self, connection: Connection, number: int) -> Trial | None:
        """Note that the search hears of a trial; return it if all of it happened here, else it is to be read."""
        told = self._take(connection, trials.c.told)
        states.move(connection, self._campaign, number, TrialState.TOLD, told=told, told_at=time.time())
        trial = self._open.told(number)
        return trial if connection.dialect.name == "sqlite" else None  # a server may have kept another text: see tables

    def add_reference(self, connection: Connection, name: str, evaluation: Evaluation) -> None:
        _refer.run(connection, campaign=self._campaign, name=name, **self._outcome(connection, evaluation))

    def hints(self, number: int) -> tuple[int, ...] | None:
        """Return the hints that a trial was planned with; None if that is to be read."""
        return self._open.hints(number)

    # --- model calls

    def unasked(self, number: int) -> bool:
        """Return whether it is known that no model was asked for a trial."""
        return self._open.unasked(number)

    def send(self, connection: Connection, number: int, call: int, prompt: Prompt, *, seed: int, quote: Quote) -> int:
        request = 0
        if not self._open.unasked(number):
            request = int(_sent.run(connection, **{"of": self._campaign, "for": number, "in": call}).fetchone()[0])
        _send.run(
            connection,
            campaign=self._campaign,
            trial=number,
            call=call,
            request=request,
            state="sent",
            prompt=[[message.role, self._said(connection, message)] for message in prompt.messages],
            prompt_hash=prompt.hash,
            seed=seed,
            sent=time.time(),
            reserved_dollars=quote.dollars,
            reserved_tokens=quote.tokens,
        )
        states.follow(connection, self._campaign, number, TrialState.PROMPTED)
        self._open.sent(number)
        return request

    def answer(self, connection: Connection, number: int, call: int, request: int, completion: Completion) -> None:
        usage = completion.usage
        self._change(
            _answer,
            connection,
            (number, call, request),
            state="answered",
            text=completion.text,
            model=completion.model,
            prompt_tokens=usage.prompt,
            completion_tokens=usage.completion,
            cached_tokens=usage.cached,
            estimated=usage.estimated,
            dollars=completion.dollars,
            seconds=completion.seconds,
            finish=completion.finish,
            attempts=completion.attempts,
            arrived=self._take(connection, completions.c.arrived),
        )
        states.follow(connection, self._campaign, number, TrialState.ANSWERED)
        self._open.spent(number, completion.dollars, usage.total)

    def fail(
        self,
        connection: Connection,
        number: int,
        call: int,
        request: int,
        error: str,
        *,
        billed: bool,
        attempts: int,
    ) -> None:
        facts = {"state": "unknown" if billed else "failed", "error": error, "attempts": attempts}
        self._change(_fail, connection, (number, call, request), **facts)
        states.settle(connection, self._campaign, number)
        self._open.drop(number)

    # --- the campaign

    def reconfigure(self, connection: Connection, config: Mapping[str, Any]) -> None:
        mine = campaigns.c.id == self._campaign
        before = connection.scalar(select(campaigns.c.config).where(mine)) or {}
        changed = {name: [before.get(name), value] for name, value in config.items() if before.get(name) != value}
        connection.execute(update(campaigns).where(mine).values(config=dict(config)))
        self.add_event(connection, "extended", changed)

    def add_event(self, connection: Connection, kind: str, data: Mapping[str, Any]) -> None:
        if connection.dialect.name != "sqlite":  # events must be seen in the order of their numbers
            connection.execute(select(campaigns.c.id).where(campaigns.c.id == self._campaign).with_for_update())
        row = {"campaign": self._campaign, "at": time.time(), "kind": kind, "data": json.loads(json.dumps(data))}
        connection.execute(insert(events).values(row))

    # --- below: parts of rows

    def _position(self, connection: Connection, order: Column[Any]) -> int:
        """Return the first free place in an order."""
        key = str(order)
        if key not in self._positions:
            last = connection.scalar(select(func.max(order)).where(order.table.c.campaign == self._campaign))
            self._positions[key] = 0 if last is None else int(last) + 1
        return self._positions[key]

    def _take(self, connection: Connection, order: Column[Any]) -> int:
        """Return the first free place in an order, which is taken now."""
        place = self._position(connection, order)
        self._positions[str(order)] = place + 1
        return place

    def _text(self, connection: Connection, content: str) -> str:
        """Keep a text; return its hash."""
        digest = hashlib.sha256(content.encode()).hexdigest()
        _text[connection.dialect.name].run(connection, hash=digest, content=content)
        return digest

    def _said(self, connection: Connection, message: Message) -> str:
        keep = self._shared if message.role == "system" else self._text
        return keep(connection, message.content)

    def _shared(self, connection: Connection, content: str) -> str:
        """Keep a text that many rows name; return its hash."""
        if content not in self._kept:
            self._kept[content] = self._text(connection, content)
        return self._kept[content]

    def _outcome(self, connection: Connection, evaluation: Evaluation) -> dict[str, Any]:
        results = evaluation.results
        return {
            "split": evaluation.split,
            "status": str(evaluation.status),
            "message": evaluation.message,
            "scores": dict(evaluation.scores),
            "features": dict(evaluation.features),
            "feedback": evaluation.feedback,
            "seconds": evaluation.seconds,
            "instances": self._shared(connection, codec.listing(results)) if results else None,
            "columns": codec.columns(results) if results else None,
            "conditions": dict(evaluation.conditions) or None,
        }

    def _change(self, change: Prepared, connection: Connection, which: tuple[int, int, int], **facts: object) -> None:
        """Note what came of a request (trial, call, request) of which nothing has come yet."""
        names = dict(zip(("for", "in", "this"), which, strict=True))
        if change.run(connection, of=self._campaign, **names, **facts).rowcount != 1:
            raise RuntimeError(f"trial {which[0]}, call {which[1]} waits for no answer to request {which[2]}")
