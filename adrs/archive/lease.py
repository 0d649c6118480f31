"""Who may write to a campaign: one session at a time, for as long as its heart beats."""

import os
import platform
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Update, bindparam, delete, func, insert, select, text, update

from adrs.archive import reading, states
from adrs.archive.records import Session
from adrs.archive.statements import Prepared, driver
from adrs.archive.states import TrialState
from adrs.archive.tables import campaigns, completions, events, sessions, trials, underway
from adrs.errors import ArchiveError, UsageError

STALE_SECONDS = 60.0
"""A controller elsewhere that has not been heard of for so long is dead."""
_holder = Prepared(
    select(campaigns.c.session)
    .join(sessions, (sessions.c.campaign == campaigns.c.id) & (sessions.c.number == campaigns.c.session))
    .where((campaigns.c.id == bindparam("of")) & sessions.c.ended.is_(None))
)
# A session that takes over waits until this transaction has ended, or this one sees that it did. The heartbeat is
# also what tells the transaction from all others of the session.
_HOLDS = text("""
WITH held AS (SELECT session FROM campaigns WHERE id = :campaign FOR SHARE)
UPDATE sessions SET heartbeat = extract(epoch FROM clock_timestamp()) FROM held
WHERE campaign = :campaign AND number = :session AND number = held.session AND ended IS NULL RETURNING heartbeat
""")
over = Prepared(
    delete(underway).where(
        (underway.c.campaign == bindparam("of"))
        & (underway.c.trial == bindparam("trial"))
        & (underway.c.split == bindparam("on"))
    )
)
"""Takes an evaluation off those under way."""
_HEARD = text("SELECT heartbeat FROM sessions WHERE campaign = :campaign AND number = :session FOR SHARE")


class LeaseLost(ArchiveError):
    """Another controller has taken the campaign over; this one may write no more."""


def now(connection: Connection) -> float:
    """Return the time by the clock that all controllers of a database share, in seconds since 1970, UTC."""
    if connection.dialect.name == "sqlite":
        return time.time()
    return float(connection.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0.0)


def running(found: Sequence[Session]) -> bool:
    """Return whether a controller is at work.

    One among the processes that are seen from here is as long as it lives, whatever the clock says; any other one as
    long as its heart beats. A heartbeat from the future was made before the clock was set back, and says nothing.
    """
    if not found or found[-1].ended is not None:
        return False
    host, pid, start = (*found[-1].controller.split(":"), "", "")[:3]
    if host == platform.node() and start.rpartition(".")[0] == _place():
        return _start_of(pid) == start
    beating = abs(found[-1].age) <= STALE_SECONDS
    return beating and (host != platform.node() or start != "" or _start_of(pid) != "")


def begin(connection: Connection, campaign: int, name: str) -> int:
    """Take the lease, settle what a dead session left open, and return the number of the session that begins.

    Raises:
        UsageError: Another controller is at work.
    """
    mine = campaigns.c.id == campaign
    connection.execute(update(campaigns).where(mine).values(session=campaigns.c.session))  # whoever else begins waits
    before = reading.sessions_of(connection, campaign, now=now(connection))
    if running(before) and before[-1].controller != controller():
        raise already_running(name, before[-1])
    number, at = (before[-1].number if before else 0) + 1, now(connection)
    row = {"campaign": campaign, "number": number, "started": at, "heartbeat": at, "controller": controller()}
    connection.execute(insert(sessions).values(row))
    connection.execute(update(campaigns).where(mine).values(session=number))
    _settle(connection, campaign, heard=before[-1].heartbeat if before else at)
    return number


def already_running(name: str, session: Session) -> UsageError:
    """Return the error that another controller is at work."""
    host, pid = (*session.controller.split(":"), "?")[:2]
    return UsageError(
        f"{name!r} is running already: process {pid} on {host}, heard of {max(0.0, session.age):.0f} s ago",
        f"`adrs watch {name}`, or `adrs stop` it first.",
    )


def at_work(connection: Connection) -> dict[str, bool]:
    """Return for each campaign of a database, of any schema, whether a controller is at work; none begins meanwhile."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE campaigns, sessions IN ACCESS EXCLUSIVE MODE"))
    at, last = now(connection), {}
    query = select(campaigns.c.name, sessions.c.controller, sessions.c.heartbeat, sessions.c.ended)
    joined = query.outerjoin(sessions, sessions.c.campaign == campaigns.c.id).order_by(sessions.c.number)
    for row in connection.execute(joined):
        at_all = row.controller is not None
        beaten = row.heartbeat or 0.0
        last[row.name] = (
            [Session(0, row.controller, 0.0, beaten, row.ended, "", finished=False, age=at - beaten)] if at_all else []
        )
    return {name: running(found) for name, found in last.items()}


def began(connection: Connection, campaign: int, number: int) -> bool:
    """Return whether this process has begun the session `number`."""
    mine = (sessions.c.campaign == campaign) & (sessions.c.number == number)
    connection.execute(update(campaigns).where(campaigns.c.id == campaign).values(session=campaigns.c.session))
    return bool(connection.scalar(select(sessions.c.controller).where(mine)) == controller())


class Held:
    """The lease, as one transaction of a session needs it."""

    def __init__(self, campaign: int, session: int) -> None:
        self._names = {"campaign": campaign, "session": session}
        self._heartbeat: float | None = None

    def require(self, connection: Connection) -> None:
        """Refuse to write for a session that does not hold the lease any more; nobody takes it over meanwhile.

        Raises:
            LeaseLost: Another has it.
        """
        if connection.dialect.name == "sqlite":
            driver(connection).execute("BEGIN IMMEDIATE")  # what is read next holds until the commit
            holds = _holder.run(connection, of=self._names["campaign"]).fetchone() == (self._names["session"],)
        else:
            self._heartbeat = connection.scalar(_HOLDS, self._names)
            holds = self._heartbeat is not None
        if not holds:
            raise LeaseLost(
                "this session has ended, or another controller has taken this campaign over while it was not heard of",
                "Leave it to the other: `adrs status` shows how it is doing.",
            )

    def kept(self, connection: Connection) -> bool:
        """Return whether the transaction that `require` began was kept; it waits until that has ended."""
        return bool(connection.scalar(_HEARD, self._names) == self._heartbeat)


def beat(connection: Connection, campaign: int, session: int, worked: float | None) -> None:
    """Note that a session is alive, and how long it has worked."""
    connection.execute(_row(campaign, session).values(heartbeat=now(connection), worked=worked))


def end(
    connection: Connection, campaign: int, session: int, *, reason: str, finished: bool, worked: float | None
) -> None:
    """Note that a session ends, why, and how long it has worked."""
    facts = {"reason": reason, "finished": finished, "worked": worked}
    at = now(connection)
    connection.execute(_row(campaign, session).values(heartbeat=at, ended=at, **facts))


def controller() -> str:
    """Return what this process is called in the archive: host, pid and what tells processes of one pid apart."""
    return f"{platform.node()}:{os.getpid()}:{_start_of(str(os.getpid()))}"


def _start_of(pid: str) -> str:
    """Return when a process that is seen from here was started, with where that is; empty if it is not alive."""
    try:
        fields = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else f"{_place()}.{fields[19]}"


@cache
def _place() -> str:
    """Return which processes are seen from here: those of one boot, and of one namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
        return f"{boot}.{Path('/proc/self/ns/pid').readlink().name[5:-1]}"
    except OSError:
        return ""


def _settle(connection: Connection, campaign: int, *, heard: float) -> None:
    """Settle what a session left open that was last heard of at `heard`.

    A request that was sent and never answered may have been billed: it becomes `unknown`, and its reservation counts
    as spent. An evaluation that was cut off used its time up to then, and will run again.
    """
    left = (completions.c.campaign == campaign) & (completions.c.state == "sent")
    connection.execute(update(completions).where(left).values(state="unknown"))
    prompted = select(trials.c.number).where((trials.c.campaign == campaign) & (trials.c.state == TrialState.PROMPTED))
    for number in connection.scalars(prompted).all():
        states.settle(connection, campaign, number)
    for row in connection.execute(select(underway).where(underway.c.campaign == campaign)).all():
        cut(connection, campaign, row.trial, row.split, until=heard)
    evaluating = (trials.c.campaign == campaign) & (trials.c.state == TrialState.EVALUATING)
    connection.execute(update(trials).where(evaluating).values(state=str(TrialState.EDITED)))


def cut(connection: Connection, campaign: int, number: int, split: str, *, until: float) -> None:
    """Note that an evaluation under way was cut off; its time up to `until` counts as spent."""
    mine = (underway.c.campaign == campaign) & (underway.c.trial == number) & (underway.c.split == split)
    since = connection.scalar(select(underway.c.since).where(mine)) or until
    over.run(connection, of=campaign, trial=number, on=split)
    data = {"trial": number, "split": split, "seconds": max(0.0, until - since)}
    row = {"campaign": campaign, "at": now(connection), "kind": "cut", "data": data}
    connection.execute(insert(events).values(row))


def _row(campaign: int, session: int) -> Update:
    return update(sessions).where((sessions.c.campaign == campaign) & (sessions.c.number == session))
