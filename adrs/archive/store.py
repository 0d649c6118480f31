"""The archive of one campaign: what happened is added; nothing is rewritten but a trial's progress."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from adrs.archive import history, lease, reading, schema
from adrs.archive.connection import Database
from adrs.archive.records import Call, CampaignRecord, Planned, Session
from adrs.archive.server import Attempts
from adrs.archive.shared import find, taken
from adrs.archive.tables import campaigns
from adrs.archive.writing import Writer
from adrs.evaluation import Evaluation
from adrs.llm import Completion, Prompt, Quote
from adrs.trial import Parents, Proposal, Spend, Trial

_P = ParamSpec("_P")
_R = TypeVar("_R")
_BATCH = 500


class Archive:
    """One campaign in a database. Safe to use from the threads of one process.

    Once it has begun a session, it writes for that session alone, and refuses to when another one has taken over.
    """

    def __init__(self, database: Database, campaign: int) -> None:
        self._database = database
        self._campaign = campaign
        self._writer = Writer(campaign)
        self._session: int | None = None

    @classmethod
    def create(cls, url: str, *, name: str, config: Mapping[str, Any], written: Mapping[str, Any]) -> "Archive":
        """Return a new campaign's archive in the database at `url`, which is made if it does not exist.

        Raises:
            UsageError: The database holds a campaign of this name.
            ArchiveError: The database cannot be written.
        """
        database = Database(url)
        try:
            return cls(database, _create(database, name, config, written))
        except BaseException:
            database.close()
            raise

    @classmethod
    def open(cls, url: str, *, name: str | None = None) -> "Archive":
        """Return the archive of the campaign `name` (the only one, if absent) in the database at `url`.

        Raises:
            ArchiveOutdated: Another version of adrs wrote it.
            ArchiveError: There is no such campaign, or the database cannot be read.
        """
        database = Database(url)
        try:
            return cls(database, find(database, name))
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    # --- the campaign and its sessions

    def record(self) -> CampaignRecord:
        return self._read(reading.record)

    def reconfigure(self, config: Mapping[str, Any]) -> None:
        """Replace the settings, as an extended budget does; what they were is kept as an event."""
        self._write(self._writer.reconfigure, config)

    def begin_session(self) -> int:
        """Note that a controller starts, settle what a dead one left open, and return the session's number.

        A request that a dead session sent and that was never answered may have been billed: it becomes
        `unknown`, and its reservation counts as spent.

        Raises:
            UsageError: Another controller is at work on the campaign.
        """
        name = self.record().name
        began = Attempts(lambda connection, number: lease.began(connection, self._campaign, number))
        self._session = self._database.run(lambda each: lease.begin(each, self._campaign, name), began)
        self._writer.forget()
        return self._session

    def beat(self, worked: float | None = None) -> None:
        """Note that the controller of the session is alive, and how many seconds it has worked."""
        self._write(lease.beat, self._campaign, self._began, worked)

    def end_session(self, *, reason: str, finished: bool, worked: float | None = None) -> None:
        """Note that the controller of the session ends, why, and how many seconds it has worked."""
        self._write(lease.end, self._campaign, self._began, reason=reason, finished=finished, worked=worked)

    def sessions(self) -> list[Session]:
        return self._database.run(
            lambda connection: reading.sessions_of(connection, self._campaign, now=lease.now(connection))
        )

    def add_event(self, kind: str, data: Mapping[str, Any]) -> None:
        """Note something that happened to the campaign."""
        self._write(self._writer.add_event, kind, data)

    def events(self, kind: str | None = None) -> list[tuple[float, str, Mapping[str, Any]]]:
        """Return (seconds since 1970, kind, data) of all events, oldest first."""
        return self._read(reading.events_of, kind)

    def noted(self, kind: str, *, after: int = 0) -> list[tuple[int, Mapping[str, Any]]]:
        """Return (number, data) of the events of a kind that were noted after event `after`, oldest first."""
        return self._read(reading.noted, kind, after=after)

    def inherit(self, source: "Archive", trial: int) -> None:
        """Take over, whole or not at all, the history of another campaign up to a trial; this one has none yet."""
        self._write(history.paste, self._campaign, source._read(history.cut, trial))

    # --- trials

    def plan(self, number: int, parents: Parents | None, *, hints: Sequence[int] = ()) -> None:
        """Note that trial `number` learns from `parents` (None for the seed program), and which hints it is given."""
        self._write_soon(self._writer.plan, number, parents, hints)

    def propose(self, number: int, proposal: Proposal) -> None:
        """Note what was proposed for a planned trial."""
        self._write_soon(self._writer.propose, number, proposal)

    def begin_evaluation(self, number: int, split: str) -> None:
        """Note that a trial's program begins to run on a split."""
        self._write_soon(self._writer.begin_evaluation, number, split)

    def add_evaluation(self, number: int, evaluation: Evaluation) -> None:
        """Note how a trial's program did on a split."""
        self._write_soon(self._writer.add_evaluation, number, evaluation)

    def add_reference(self, name: str, evaluation: Evaluation) -> None:
        """Note how a published baseline did on a split."""
        self._write(self._writer.add_reference, name, evaluation)

    def references(self, split: str) -> dict[str, Evaluation]:
        """Return the baselines' evaluations on a split, with per-instance results, in the order of measuring."""
        return self._read(reading.references_of, split)

    def tell(self, number: int) -> Trial:
        """Note that the search hears of a trial now, and return what it is to hear."""
        trial = self._write_soon(self._writer.tell, number) or self.trial(number)
        assert trial is not None
        return trial

    def trials(self, *, after: int = -1) -> list[Trial]:
        """Return the finished trials in the order in which the search heard of them, without per-instance results.

        Args:
            after: Skip those up to this position.
        """
        return list(self.stream(after=after))

    def stream(self, *, after: int = -1) -> Iterator[Trial]:
        """Yield what `trials` returns, and hold no more than a few hundred at a time."""
        while batch := self._read(reading.trials_of, after=after, most=_BATCH):
            yield from batch
            after += len(batch)

    def trial(self, number: int) -> Trial | None:
        """Return one finished trial, without per-instance results; None if there is none of this number."""
        return next(iter(self._read(reading.trials_of, number=number)), None)

    def planned(self) -> list[Planned]:
        """Return the unfinished trials, by number."""
        return self._read(reading.plans_of, unfinished=True)

    def plans(self) -> list[Planned]:
        """Return all trials as they were planned and proposed, by number."""
        return self._read(reading.plans_of, unfinished=False)

    def hints(self, number: int) -> tuple[int, ...]:
        """Return the numbers of the hints that a trial was planned with."""
        known = self._writer.hints(number)
        return self._read(reading.hints_of, number) if known is None else known

    def arrivals(self, split: str) -> dict[int, int | None]:
        """Return the position of each trial's evaluation on `split` among all evaluations; None if not recorded."""
        return self._read(reading.arrivals_of, split)

    def evaluations(self, split: str, *, results: bool = False) -> dict[int, Evaluation]:
        """Return the evaluations on `split` by trial; with per-instance results if asked for."""
        return self._read(reading.evaluations_of, split, None, results=results)

    def evaluation(self, number: int, split: str) -> Evaluation | None:
        """Return one evaluation with its per-instance results, if it exists."""
        return self._read(reading.evaluations_of, split, number, results=True).get(number)

    def counts(self) -> tuple[int, int]:
        """Return how many trials were planned, and how many evaluations were made."""
        return self._read(reading.counts)

    # --- model calls

    def send(self, number: int, call: int, prompt: Prompt, *, seed: int, quote: Quote) -> int:
        """Note, before it is sent, a request and the most that it can cost; return the request's number."""
        return self._write(self._writer.send, number, call, prompt, seed=seed, quote=quote)

    def answer(self, number: int, call: int, request: int, completion: Completion) -> None:
        """Keep a completion verbatim, before anything is done with it."""
        self._write(self._writer.answer, number, call, request, completion)

    def fail(
        self, number: int, call: int, request: int, error: str, *, billed: bool = False, attempts: int = 1
    ) -> None:
        """Note that a request failed; its reservation is released, or counts as spent if it may have been billed."""
        self._write(self._writer.fail, number, call, request, error, billed=billed, attempts=attempts)

    def calls(self, number: int | None = None) -> list[Call]:
        """Return the requests of a trial, or of all trials, in the order in which they were sent."""
        if number is not None and self._writer.unasked(number):
            return []
        return self._read(reading.calls_of, number)

    def spend(self) -> Spend:
        """Return what the campaign has cost: settled calls, unknown ones at their reservation, evaluator seconds."""
        return self._read(reading.spend)

    # --- below: one transaction each

    @property
    def _began(self) -> int:
        assert self._session is not None, "no session was begun"
        return self._session

    def _read(self, query: Callable[Concatenate[Connection, int, _P], _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        return self._database.run(lambda connection: query(connection, self._campaign, *args, **kwargs))

    def _write(self, add: Callable[Concatenate[Connection, _P], _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        return self._run(lambda connection: add(connection, *args, **kwargs), lasting=True)

    def _write_soon(self, add: Callable[Concatenate[Connection, _P], _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """As `_write`, for what costs no money to do again: a power cut may lose it, until the next `_write`."""
        return self._run(lambda connection: add(connection, *args, **kwargs), lasting=False)

    def _run(self, add: Callable[[Connection], _R], *, lasting: bool) -> _R:
        held = lease.Held(self._campaign, self._session) if self._session is not None else None

        def body(connection: Connection) -> _R:
            if held is not None:
                held.require(connection)
            return add(connection)

        def kept(connection: Connection, _: object) -> bool:
            return held is not None and held.kept(connection)

        return self._database.run(body, Attempts(kept, self._writer.forget), lasting=lasting)


def _create(database: Database, name: str, config: Mapping[str, Any], written: Mapping[str, Any]) -> int:
    with database.transaction() as connection:
        schema.make(connection, url=database.url)
    with database.transaction() as connection:
        if connection.scalar(select(campaigns.c.id).where(campaigns.c.name == name)) is not None:
            raise taken(database, name)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        row = {"name": name, "created": now, "config": dict(config), "written": dict(written)}
        try:
            created = connection.execute(insert(campaigns).values(row)).inserted_primary_key
        except IntegrityError:  # by another one, at this moment
            raise taken(database, name) from None
    return int(created[0]) if created else 0
