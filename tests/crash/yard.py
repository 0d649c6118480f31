"""A campaign that is killed and resumed, and what must hold of it whenever it lies dead."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.testing.samples import write_pack
from tests.campaign.world import limit_of
from tests.cli.command import CLEAN
from tests.crash.shop import PRICE, key_of, sale_of

_MARKS = '''

import os
from pathlib import Path

_judge_all = run


def run(policy, instances):
    """Note which program is judged on what, then judge it."""
    yard = Path(__file__).parent.parent
    if yard.with_name(f"{yard.name}-broken").exists():
        raise RuntimeError("the simulator is broken")
    name = policy.call("choose", list(range(200, -1, -1)))
    split = instances[0].name.split("-")[0]
    with open(yard.with_name(f"{yard.name}-evaluated"), "a") as log:
        log.write(f"{split} {len(instances)} {name}\\n")
    return _judge_all(policy, instances)
'''


class Nursery:
    """The process that forks sessions; a context manager.

    Attributes:
        pid: Its process id; what it has mounted is seen through `/proc/PID/root`.
    """

    def __init__(self, *before):
        """Let it be started by the command `before`, if given."""
        command = [*before, sys.executable, "-m", "tests.crash.nursery"]
        environment = {**CLEAN, "PYTHONPATH": str(Path.cwd())}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)
        assert self._process.stdin
        assert self._process.stdout
        self._orders, self._answers = self._process.stdin, self._process.stdout
        self.pid = self._process.pid

    def tell(self, **order):
        self._orders.write(json.dumps(order) + "\n")
        self._orders.flush()
        return json.loads(self._answers.readline())

    def shell(self, command):
        """Run a command where the nursery is; assert that it succeeds."""
        done = self.tell(do="shell", command=command)
        assert done["code"] == 0, (command, done["said"])
        return done["said"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._orders.close()
        self._process.wait()
        self._answers.close()


@dataclass(frozen=True)
class Ended:
    """How a session ended: its exit code (-9 if killed), and what it said."""

    code: int
    out: str
    err: str


@dataclass
class Yard:
    """A folder with a pack of its own, in which campaigns run; `settings` are options of `adrs run`.

    Attributes:
        folder: Where the sessions run.
        root: What the nursery's file system is seen under from here: another, where it mounts what nobody else sees.
    """

    nursery: Nursery
    folder: Path
    url: str
    settings: tuple[object, ...] = ()
    root: Path = Path("/")
    constants: dict[str, float] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    pid: int = 0

    @classmethod
    def of(cls, nursery, folder, url, *, constants=None, **settings):
        """Return a yard whose campaigns have these settings."""
        options = [(f"--{name.replace('_', '-')}", value) for name, value in settings.items()]
        return cls(nursery, folder, url, tuple(itertools.chain(*options)), constants=constants or {})

    def __post_init__(self):
        pack = write_pack(self.folder)
        evaluator = pack / "evaluator.py"
        evaluator.write_text(evaluator.read_text() + _MARKS)

    @property
    def run(self):
        return self.root / (self.folder / "runs" / "x").relative_to("/")

    def beside(self, name):
        """Return where something about this yard lies that must not lie in it, for its disk may be full."""
        return self.folder.with_name(f"{self.folder.name}-{name}")

    @property
    def archive(self):
        return self.run / "archive.db"

    def begin(self, *faults, extra=()):
        """Start the campaign, or go on with it."""
        if self.archive.exists():
            return self.start("resume", "x", *extra, faults=faults)
        paid = ("--model", "served", "--base-url", self.url, "--price", PRICE, "--max-tokens", 200)
        named = ("--name", "x", "--seed", 7, "--on", "local", "--no-audit")
        return self.start("run", "./queues", *paid, *named, *self.settings, *extra, faults=faults)

    def start(self, *arguments, faults=()):
        plain = [str(argument) for argument in arguments]
        armed = [fault.data() for fault in faults]
        order = {
            "cwd": str(self.folder),
            "env": self.environment,
            "log": str(self.beside("said")),
            "constants": self.constants,
        }
        self.pid = self.nursery.tell(do="start", arguments=plain, faults=armed, **order)["pid"]
        return self.pid

    def wait(self):
        """Return how the session ended, or None if it was stopped; nothing that it started may outlive it."""
        found = self.nursery.tell(do="wait", pid=self.pid)
        if found["stopped"]:
            return None
        assert found["left"] == 0, "processes outlived their session"
        out, err = (self.beside(f"said.{name}").read_text() for name in ("out", "err"))
        assert "Traceback" not in err, err
        return Ended(found["code"], out, err)

    def session(self, *faults, extra=()):
        """Run one session to its end; nothing that was evaluated before may be evaluated in it."""
        with self.watched():
            self.begin(*faults, extra=extra)
            return self.wait()

    def end(self, stopped):
        """End a session that was stopped."""
        self.pid = stopped
        os.kill(stopped, signal.SIGKILL)
        self.wait()

    def pause(self, seconds):
        """Let it work for so long; it must not end."""
        time.sleep(seconds)

    def killed_after(self, seconds):
        """Run one session and kill it so long after its start."""
        with self.watched():
            self.begin()
            self.pause(seconds)
            os.kill(self.pid, signal.SIGKILL)
            assert self.wait().code == -9

    @contextmanager
    def watched(self):
        """Assert that sessions in the block evaluate nothing that the archive has evaluations of."""
        done, before = set(), len(self.judged())
        if self.archive.exists():
            with self.opened() as archive:
                done = finished(archive)
        yield
        assert not done & set(self.judged()[before:]), "evaluated again"

    def check(self, shop, *, ended=False):
        """Assert what must hold of the archive of a campaign that nobody runs; see `audit`."""
        with self.opened() as archive:
            audit(archive, shop, ended=ended)
        if ended:
            verdict = self.adrs("archive", "check", "x")
            assert verdict.code == 0, verdict.out

    def adrs(self, *arguments):
        """Run another command to its end."""
        self.start(*arguments)
        return self.wait()

    def go_on(self, stopped):
        """Let a session that was stopped go on."""
        self.pid = stopped
        os.kill(stopped, signal.SIGCONT)

    @contextmanager
    def opened(self):
        """Yield a copy of the archive as it lies: opening it where it is would fold the log of a dead session in."""
        with TemporaryDirectory() as folder:
            for name in ("archive.db", "archive.db-wal"):
                with suppress(FileNotFoundError):
                    shutil.copy(self.archive.with_name(name), folder)
            archive = Archive.open(sqlite_url(Path(folder) / "archive.db"))
            try:
                yield archive
            finally:
                archive.close()

    def judged(self):
        """Return (split, program) of each evaluation that began, in order; a program is called by what it chose."""
        log = self.beside("evaluated")
        lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        return [(split, int(name)) for split, count, name in lines if split != "train" or count == "2"]


def finished(archive):
    """Return (split, program) of each evaluation that is in the archive, called as in `Yard.judged`."""
    programs = {plan.number: plan.proposal.program for plan in archive.plans() if plan.proposal is not None}
    return {
        (split, _name(programs[number])) for split in ("train", "validation") for number in archive.evaluations(split)
    }


def _name(program):
    limit = limit_of(program)
    return -1 - limit if "-1 - LIMIT" in program.source else 200 - limit


def audit(archive, shop, *, ended=False):
    """Assert that the ledger tells of every sale, and of nothing else, and that no trial is a hole.

    Args:
        archive: Of a campaign that nobody runs.
        shop: Where it bought.
        ended: Whether the last session ended in order, so that nothing may be open.
    """
    calls = archive.calls()
    states = {call.state for call in calls}
    assert states <= ({"answered", "unknown", "failed"} if ended else {"answered", "unknown", "failed", "sent"})
    _counted(calls, shop)
    _bought_once(calls)
    spend = archive.spend()
    assert spend.tokens == sum(call.spent.tokens for call in calls)
    assert spend.dollars == pytest.approx(sum(call.spent.dollars for call in calls))
    numbers = [*(trial.number for trial in archive.trials()), *(plan.number for plan in archive.planned())]
    assert sorted(numbers) == list(range(len(numbers)))


def _counted(calls, shop):
    asked: Counter[int] = Counter(map(_key, calls))
    answered: Counter[int] = Counter()
    for call in calls:
        if call.state == "answered":
            sale = sale_of(_key(call))
            assert call.completion.text == sale.text
            assert call.completion.usage.total == sale.tokens
            assert call.completion.dollars == pytest.approx(sale.dollars)
            answered[_key(call)] += 1
    unsure = Counter(_key(call) for call in calls if call.state in {"sent", "unknown"})
    sold = shop.sold
    assert all(count <= asked[key] for key, count in sold.items()), "sold, and not in the ledger"
    assert all(count <= sold[key] for key, count in answered.items()), "in the ledger, and never sold"
    assert all(count - answered[key] <= unsure[key] for key, count in sold.items()), "paid for and lost"


def _bought_once(calls):
    requests: dict[tuple[int, int], list[str]] = {}
    for call in calls:
        requests.setdefault((call.trial, call.call), []).append(call.state)
    for states in requests.values():
        assert states.count("answered") <= 1
        assert set(states[:-1]) <= {"unknown", "failed"}


def _key(call):
    messages = [{"role": message.role, "content": message.content} for message in call.prompt.messages]
    return key_of(messages, call.seed)
