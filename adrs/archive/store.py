"""The archive of one campaign: what happened is added; nothing is rewritten but a trial's progress."""

import hashlib
import json
import os
import platform
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Update, func, insert, select, update

from adrs.archive import codec, reading, schema
from adrs.archive.connection import Database
from adrs.archive.records import Call, CampaignRecord, Planned, Session
from adrs.archive.tables import campaigns, completions, evaluations, events, references, sessions, texts, trials
from adrs.errors import ArchiveError, UsageError
from adrs.evaluation import Evaluation
from adrs.llm import Completion, Prompt, Quote
from adrs.trial import Parents, Proposal, Spend, Trial


class Archive:
    """One campaign in a database. Safe to use from the threads of one process."""

    def __init__(self, database: Database, campaign: int) -> None:
        self._database = database
        self._campaign = campaign

    @classmethod
    def create(cls, url: str, *, name: str, config: Mapping[str, Any], written: Mapping[str, Any]) -> "Archive":
        """Return a new campaign's archive in the database at `url`, which is made if it does not exist.

        Raises:
            UsageError: The database holds a campaign of this name.
            ArchiveError: The database cannot be written.
        """
        database = Database(url)
        with database.transaction() as connection:
            schema.upgrade(connection)
        with database.transaction() as connection:
            if connection.scalar(select(campaigns.c.id).where(campaigns.c.name == name)) is not None:
                raise UsageError(f"there is a run called {name!r} already", f"`adrs resume {name}`, or another --name.")
            now = datetime.now(UTC).isoformat(timespec="seconds")
            row = {"name": name, "created": now, "config": dict(config), "written": dict(written)}
            created = connection.execute(insert(campaigns).values(row)).inserted_primary_key
        return cls(database, int(created[0]) if created else 0)

    @classmethod
    def open(cls, url: str, *, name: str | None = None) -> "Archive":
        """Return the archive of the campaign `name` (the only one, if absent) in the database at `url`.

        Raises:
            ArchiveOutdated: Another version of adrs wrote it.
            ArchiveError: There is no such campaign, or the database cannot be read.
        """
        database = Database(url)
        with database.transaction() as connection:
            schema.check(connection, url=database.url)
        with database.transaction() as connection:
            query = select(campaigns.c.id)
            found = connection.scalars(query if name is None else query.where(campaigns.c.name == name)).all()
        if len(found) != 1:
            raise ArchiveError(f"{database.url!r} holds {len(found)} campaigns of that name", "See `adrs status`.")
        return cls(database, found[0])

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    # --- the campaign and its sessions

    def record(self) -> CampaignRecord:
        with self._database.transaction() as connection:
            return reading.record(connection, self._campaign)

    def reconfigure(self, config: Mapping[str, Any]) -> None:
        """Replace the settings, as an extended budget does; what they were is kept as an event."""
        before = self.record().config
        changed = {name: [before.get(name), value] for name, value in config.items() if before.get(name) != value}
        with self._database.transaction() as connection:
            connection.execute(update(campaigns).where(campaigns.c.id == self._campaign).values(config=dict(config)))
            self._add_event(connection, "extended", changed)

    def begin_session(self) -> int:
        """Note that a controller starts, settle what a dead one left open, and return the session's number.

        A request that a dead session sent and that was never answered may have been billed: it becomes
        `unknown`, and its reservation counts as spent.
        """
        now = time.time()
        with self._database.transaction() as connection:
            mine = sessions.c.campaign == self._campaign
            number = (connection.scalar(select(func.max(sessions.c.number)).where(mine)) or 0) + 1
            row = {"campaign": self._campaign, "number": number, "started": now, "heartbeat": now}
            connection.execute(insert(sessions).values(**row, controller=f"{platform.node()}:{os.getpid()}"))
            open_calls = (completions.c.campaign == self._campaign) & (completions.c.state == "sent")
            connection.execute(update(completions).where(open_calls).values(state="unknown"))
        return number

    def beat(self, session: int) -> None:
        """Note that the controller of `session` is alive."""
        with self._database.transaction() as connection:
            connection.execute(self._session(session).values(heartbeat=time.time()))

    def end_session(self, session: int, *, reason: str, finished: bool) -> None:
        """Note that the controller of `session` ends, and why."""
        now = time.time()
        with self._database.transaction() as connection:
            connection.execute(
                self._session(session).values(heartbeat=now, ended=now, reason=reason, finished=finished)
            )

    def sessions(self) -> list[Session]:
        with self._database.transaction() as connection:
            return reading.sessions_of(connection, self._campaign)

    def add_event(self, kind: str, data: Mapping[str, Any]) -> None:
        """Note something that happened to the campaign."""
        with self._database.transaction() as connection:
            self._add_event(connection, kind, data)

    def events(self, kind: str | None = None) -> list[tuple[float, str, Mapping[str, Any]]]:
        """Return (seconds since 1970, kind, data) of all events, oldest first."""
        with self._database.transaction() as connection:
            return reading.events_of(connection, self._campaign, kind)

    # --- trials

    def plan(self, number: int, parents: Parents | None) -> None:
        """Note that trial `number` learns from `parents` (None for the seed program)."""
        chosen = parents or Parents(())
        numbers = {
            "parents": [trial.number for trial in chosen.parents],
            "inspirations": [trial.number for trial in chosen.inspirations],
            "failed": [trial.number for trial in chosen.failed],
        }
        with self._database.transaction() as connection:
            row = {"campaign": self._campaign, "number": number, "proposed": False, **numbers}
            connection.execute(insert(trials).values(planned_after=self._next(connection, trials.c.told), **row))

    def propose(self, number: int, proposal: Proposal) -> None:
        """Note what was proposed for a planned trial."""
        with self._database.transaction() as connection:
            program = self._text(connection, proposal.program.source) if proposal.program else None
            row = {"proposed": True, "program": program, "status": str(proposal.status), "message": proposal.message}
            row |= {"model": proposal.model, "prompt": proposal.prompt, "note": proposal.note}
            arrived = self._next(connection, trials.c.arrived)
            connection.execute(self._trial(number).values(arrived=arrived, **row))

    def add_evaluation(self, number: int, evaluation: Evaluation) -> None:
        """Note how a trial's program did on a split."""
        with self._database.transaction() as connection:
            row = {"campaign": self._campaign, "trial": number} | self._outcome(connection, evaluation)
            row["arrived"] = reading.counts(connection, self._campaign)[1]
            connection.execute(insert(evaluations).values(row))

    def add_reference(self, name: str, evaluation: Evaluation) -> None:
        """Note how a published baseline did on a split."""
        with self._database.transaction() as connection:
            row = {"campaign": self._campaign, "name": name} | self._outcome(connection, evaluation)
            connection.execute(insert(references).values(row))

    def references(self, split: str) -> dict[str, Evaluation]:
        """Return the baselines' evaluations on a split, with per-instance results, in the order of measuring."""
        with self._database.transaction() as connection:
            return reading.references_of(connection, self._campaign, split)

    def tell(self, number: int) -> Trial:
        """Note that the search hears of a trial now, and return what it is to hear."""
        with self._database.transaction() as connection:
            told = self._next(connection, trials.c.told)
            connection.execute(self._trial(number).values(told=told, told_at=time.time()))
            return reading.trials_of(connection, self._campaign, number=number)[0]

    def trials(self, *, after: int = -1) -> list[Trial]:
        """Return the finished trials in the order in which the search heard of them, without per-instance results.

        Args:
            after: Skip those up to this position.
        """
        with self._database.transaction() as connection:
            return reading.trials_of(connection, self._campaign, after=after)

    def trial(self, number: int) -> Trial | None:
        """Return one finished trial, without per-instance results; None if there is none of this number."""
        with self._database.transaction() as connection:
            return next(iter(reading.trials_of(connection, self._campaign, number=number)), None)

    def planned(self) -> list[Planned]:
        """Return the unfinished trials, by number."""
        with self._database.transaction() as connection:
            return reading.plans_of(connection, self._campaign, unfinished=True)

    def plans(self) -> list[Planned]:
        """Return all trials as they were planned and proposed, by number."""
        with self._database.transaction() as connection:
            return reading.plans_of(connection, self._campaign, unfinished=False)

    def arrivals(self, split: str) -> dict[int, int | None]:
        """Return the position of each trial's evaluation on `split` among all evaluations; None if not recorded."""
        with self._database.transaction() as connection:
            return reading.arrivals_of(connection, self._campaign, split)

    def evaluations(self, split: str, *, results: bool = False) -> dict[int, Evaluation]:
        """Return the evaluations on `split` by trial; with per-instance results if asked for."""
        with self._database.transaction() as connection:
            return reading.evaluations_of(connection, self._campaign, split, None, results=results)

    def evaluation(self, number: int, split: str) -> Evaluation | None:
        """Return one evaluation with its per-instance results, if it exists."""
        with self._database.transaction() as connection:
            return reading.evaluations_of(connection, self._campaign, split, number, results=True).get(number)

    def counts(self) -> tuple[int, int]:
        """Return how many trials were planned, and how many evaluations were made."""
        with self._database.transaction() as connection:
            return reading.counts(connection, self._campaign)

    # --- model calls

    def send(self, number: int, call: int, prompt: Prompt, *, seed: int, quote: Quote) -> int:
        """Note, before it is sent, a request and the most that it can cost; return the request's number."""
        with self._database.transaction() as connection:
            mine = completions.c.campaign == self._campaign
            same = mine & (completions.c.trial == number) & (completions.c.call == call)
            request = int(connection.scalar(select(func.count()).where(same)) or 0)
            row: dict[str, Any] = {"campaign": self._campaign, "trial": number, "call": call, "request": request}
            row |= {"state": "sent", "prompt_hash": prompt.hash, "seed": seed, "sent": time.time()}
            row["prompt"] = [[message.role, self._text(connection, message.content)] for message in prompt.messages]
            row |= {"reserved_dollars": quote.dollars, "reserved_tokens": quote.tokens}
            connection.execute(insert(completions).values(row))
        return request

    def answer(self, number: int, call: int, request: int, completion: Completion) -> None:
        """Keep a completion verbatim, before anything is done with it."""
        usage = completion.usage
        row: dict[str, Any] = {"state": "answered", "text": completion.text, "model": completion.model}
        row |= {"prompt_tokens": usage.prompt, "completion_tokens": usage.completion, "cached_tokens": usage.cached}
        row |= {"estimated": usage.estimated, "dollars": completion.dollars, "seconds": completion.seconds}
        row |= {"finish": completion.finish, "attempts": completion.attempts}
        with self._database.transaction() as connection:
            connection.execute(self._request(number, call, request).values(row))

    def fail(
        self, number: int, call: int, request: int, error: str, *, billed: bool = False, attempts: int = 1
    ) -> None:
        """Note that a request failed; its reservation is released, or counts as spent if it may have been billed."""
        state = "unknown" if billed else "failed"
        with self._database.transaction() as connection:
            connection.execute(self._request(number, call, request).values(state=state, error=error, attempts=attempts))

    def calls(self, number: int | None = None) -> list[Call]:
        """Return the requests of a trial, or of all trials, in the order in which they were sent."""
        with self._database.transaction() as connection:
            return reading.calls_of(connection, self._campaign, number)

    def spend(self) -> Spend:
        """Return what the campaign has cost: settled calls, unknown ones at their reservation, evaluator seconds."""
        with self._database.transaction() as connection:
            return reading.spend(connection, self._campaign)

    # --- below: one row each

    def _next(self, connection: Connection, position: Column[Any]) -> int:
        """Return the first free place in an order of trials."""
        last = connection.scalar(select(func.max(position)).where(trials.c.campaign == self._campaign))
        return 0 if last is None else int(last) + 1

    def _text(self, connection: Connection, content: str) -> str:
        digest = hashlib.sha256(content.encode()).hexdigest()
        if connection.scalar(select(texts.c.hash).where(texts.c.hash == digest)) is None:
            connection.execute(insert(texts).values(hash=digest, content=content))
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

    def _add_event(self, connection: Connection, kind: str, data: Mapping[str, Any]) -> None:
        row = {"campaign": self._campaign, "at": time.time(), "kind": kind, "data": json.loads(json.dumps(data))}
        connection.execute(insert(events).values(row))

    def _session(self, number: int) -> Update:
        return update(sessions).where((sessions.c.campaign == self._campaign) & (sessions.c.number == number))

    def _trial(self, number: int) -> Update:
        return update(trials).where((trials.c.campaign == self._campaign) & (trials.c.number == number))

    def _request(self, number: int, call: int, request: int) -> Update:
        same_trial = (completions.c.campaign == self._campaign) & (completions.c.trial == number)
        return update(completions).where(same_trial & (completions.c.call == call) & (completions.c.request == request))
