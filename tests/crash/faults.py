"""Faults in a session: something happens at the n-th time that it writes to its archive."""

import functools
import importlib
import itertools
import os
import signal
import threading
import time
from dataclasses import asdict, dataclass
from inspect import getmembers, isfunction

from sqlalchemy import Engine, event

from adrs.archive import Archive

_READERS = {"record", "sessions", "events", "references", "trials", "trial", "planned", "plans", "arrivals"}
_READERS |= {"evaluations", "evaluation", "counts", "calls", "spend", "close", "stream", "noted", "hints"}
_ELSEWHERE = {"inherit"}  # of a fork, which no session makes
WRITERS = sorted(
    name
    for name, _ in getmembers(Archive, isfunction)
    if not name.startswith("_") and name not in _READERS | _ELSEWHERE
)
"""Whatever an archive offers that is not known to read only: what comes anew is a writer until it is named above."""


@dataclass(frozen=True)
class Fault:
    """What happens, and when.

    Attributes:
        method: A writing method of the archive.
        when: `enter`, before it does anything; `commit`, when all is written and nothing is kept; `after`.
        nth: At which call within the session, from 1 on; for `create`, at which of its commits.
        action: `kill` the controller with -9, `group` with all of its process group, `stop` it until it is told to
            go on, `interrupt`, `terminate`, or `clock`, which sets it by `seconds`.
        seconds: How far the clock jumps.
    """

    method: str
    when: str = "after"
    nth: int = 1
    action: str = "kill"
    seconds: float = 0.0

    def data(self):
        return asdict(self)


def arm(faults):
    """Make the archive of this process fail so."""
    for data in faults:
        _arm(Fault(**data))


def settle(constants):
    """Set constants of modules, such as `adrs.campaign.session._BEAT_SECONDS`."""
    for name, value in constants.items():
        module, _, constant = name.rpartition(".")
        found = importlib.import_module(module)
        assert hasattr(found, constant), name
        setattr(found, constant, value)


def _arm(fault):
    if fault.method == "create":
        commits = itertools.count(1)
        event.listen(Engine, "commit", lambda _: _act(fault) if next(commits) == fault.nth else None)
        return
    written, here = getattr(Archive, fault.method), threading.local()
    calls: list[None] = []

    @functools.wraps(written)
    def faulty(*arguments, **options):
        calls.append(None)
        due = len(calls) == fault.nth
        if due and fault.when == "enter":
            _act(fault)
        here.due = due and fault.when == "commit"
        try:
            return written(*arguments, **options)
        finally:
            here.due = False
            if due and fault.when == "after":
                _act(fault)

    def committing(connection):
        if getattr(here, "due", False):
            _act(fault)

    setattr(Archive, fault.method, faulty)
    event.listen(Engine, "commit", committing)


def _act(fault):
    if fault.action == "clock":
        true = time.time
        time.time = lambda: true() + fault.seconds
    elif fault.action == "group":
        os.killpg(0, signal.SIGKILL)
    else:
        numbers = {"kill": "SIGKILL", "stop": "SIGSTOP", "interrupt": "SIGINT", "terminate": "SIGTERM"}
        os.kill(os.getpid(), getattr(signal, numbers[fault.action]))
