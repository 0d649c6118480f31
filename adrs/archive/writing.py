"""What is added to a campaign: one function for each thing that can happen, each inside one transaction."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Update, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from adrs.archive import codec, lease, states
from adrs.archive.states import TrialState
from adrs.archive.tables import campaigns, completions, evaluations, events, references, texts, trials, underway
from adrs.evaluation import Evaluation
from adrs.llm import Completion, Prompt, Quote
from adrs.trial import Parents, Proposal


class Writer:
    """Adds to one campaign. Positions in its orders are counted here, since only one session writes at a time."""

    def __init__(self, campaign: int) -> None:
        self._campaign = campaign
        self._positions: dict[str, int] = {}

    def forget(self) -> None:
        """Read all positions anew: a transaction was not kept."""
        self._positions.clear()

    # --- trials

    def plan(self, connection: Connection, number: int, parents: Parents | None, hints: Sequence[int]) -> None:
        chosen = parents or Parents(())
        numbers = {
            "parents": [trial.number for trial in chosen.parents],
            "inspirations": [trial.number for trial in chosen.inspirations],
            "failed": [trial.number for trial in chosen.failed],
        }
        row = {"campaign": self._campaign, "number": number, "proposed": False, "state": str(TrialState.PLANNED)}
        row |= {"planned_after": self._position(connection, trials.c.told), "hints": list(hints) or None}
        connection.execute(insert(trials).values(**row, **numbers))

    def propose(self, connection: Connection, number: int, proposal: Proposal) -> None:
        program = proposal.program
        row: dict[str, Any] = {"proposed": True, "status": str(proposal.status), "message": proposal.message}
        row |= {"model": proposal.model, "prompt": proposal.prompt, "note": proposal.note}
        if program is not None:
            row |= {"program": self._text(connection, program.source), "meaning": program.meaning}
        row["arrived"] = self._take(connection, trials.c.arrived)
        states.move(connection, self._campaign, number, TrialState.EDITED, **row)

    def begin_evaluation(self, connection: Connection, number: int, split: str) -> None:
        at = lease.now(connection)
        mine = (underway.c.campaign == self._campaign) & (underway.c.trial == number) & (underway.c.split == split)
        since = connection.scalar(select(underway.c.since).where(mine))
        if since is not None:
            lease.cut(connection, self._campaign, number, split, seconds=max(0.0, at - since))
        connection.execute(insert(underway).values(campaign=self._campaign, trial=number, split=split, since=at))
        if split == "train":
            states.move(connection, self._campaign, number, TrialState.EVALUATING)

    def add_evaluation(self, connection: Connection, number: int, evaluation: Evaluation) -> None:
        row = {"campaign": self._campaign, "trial": number} | self._outcome(connection, evaluation)
        connection.execute(insert(evaluations).values(arrived=self._take(connection, evaluations.c.arrived), **row))
        connection.execute(lease.over(self._campaign, number, evaluation.split))
        if evaluation.split == "train":
            states.move(connection, self._campaign, number, TrialState.EVALUATED)

    def tell(self, connection: Connection, number: int) -> None:
        told = self._take(connection, trials.c.told)
        states.move(connection, self._campaign, number, TrialState.TOLD, told=told, told_at=time.time())

    def add_reference(self, connection: Connection, name: str, evaluation: Evaluation) -> None:
        row = {"campaign": self._campaign, "name": name} | self._outcome(connection, evaluation)
        connection.execute(insert(references).values(row))

    # --- model calls

    def send(self, connection: Connection, number: int, call: int, prompt: Prompt, *, seed: int, quote: Quote) -> int:
        mine = completions.c.campaign == self._campaign
        same = mine & (completions.c.trial == number) & (completions.c.call == call)
        request = int(connection.scalar(select(func.count()).where(same)) or 0)
        row: dict[str, Any] = {"campaign": self._campaign, "trial": number, "call": call, "request": request}
        row |= {"state": "sent", "prompt_hash": prompt.hash, "seed": seed, "sent": time.time()}
        row["prompt"] = [[message.role, self._text(connection, message.content)] for message in prompt.messages]
        row |= {"reserved_dollars": quote.dollars, "reserved_tokens": quote.tokens}
        connection.execute(insert(completions).values(row))
        states.follow(connection, self._campaign, number, TrialState.PROMPTED)
        return request

    def answer(self, connection: Connection, number: int, call: int, request: int, completion: Completion) -> None:
        usage = completion.usage
        row: dict[str, Any] = {"state": "answered", "text": completion.text, "model": completion.model}
        row |= {"prompt_tokens": usage.prompt, "completion_tokens": usage.completion, "cached_tokens": usage.cached}
        row |= {"estimated": usage.estimated, "dollars": completion.dollars, "seconds": completion.seconds}
        row |= {"finish": completion.finish, "attempts": completion.attempts}
        row["arrived"] = self._take(connection, completions.c.arrived)
        connection.execute(self._request(number, call, request).values(row))
        states.follow(connection, self._campaign, number, TrialState.ANSWERED)

    def fail(
        self, connection: Connection, number: int, call: int, request: int, error: str, *, billed: bool = False
    ) -> None:
        state = "unknown" if billed else "failed"
        connection.execute(self._request(number, call, request).values(state=state, error=error))
        states.settle(connection, self._campaign, number)

    # --- the campaign

    def reconfigure(self, connection: Connection, config: Mapping[str, Any]) -> None:
        mine = campaigns.c.id == self._campaign
        before = connection.scalar(select(campaigns.c.config).where(mine)) or {}
        changed = {name: [before.get(name), value] for name, value in config.items() if before.get(name) != value}
        connection.execute(update(campaigns).where(mine).values(config=dict(config)))
        self.add_event(connection, "extended", changed)

    def add_event(self, connection: Connection, kind: str, data: Mapping[str, Any]) -> None:
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
        digest = hashlib.sha256(content.encode()).hexdigest()
        if connection.scalar(select(texts.c.hash).where(texts.c.hash == digest)) is None:
            insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            # Another campaign may add the same text at this moment.
            connection.execute(insert_new(texts).values(hash=digest, content=content).on_conflict_do_nothing())
        return digest

    def _outcome(self, connection: Connection, evaluation: Evaluation) -> dict[str, Any]:
        row: dict[str, Any] = {"split": evaluation.split, "status": str(evaluation.status)}
        row |= {"message": evaluation.message, "feedback": evaluation.feedback, "seconds": evaluation.seconds}
        row |= {"scores": dict(evaluation.scores), "features": dict(evaluation.features)}
        if evaluation.conditions:
            row["conditions"] = dict(evaluation.conditions)
        if evaluation.results:
            row["instances"] = self._text(connection, codec.listing(evaluation.results))
            row["columns"] = codec.columns(evaluation.results)
        return row

    def _request(self, number: int, call: int, request: int) -> Update:
        same_trial = (completions.c.campaign == self._campaign) & (completions.c.trial == number)
        return update(completions).where(same_trial & (completions.c.call == call) & (completions.c.request == request))
