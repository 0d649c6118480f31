"""Campaigns with real searches and proposers, over a bench whose scores follow from the program's hash."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from adrs.campaign.ledger import Ledgered
from adrs.campaign.models import Proposers
from adrs.campaign.replay import read, replay
from adrs.evaluation import Audit, Evaluation, Finding, Result, Status
from adrs.llm.scripted import Scripted
from adrs.testing.samples import sample_problem
from tests.campaign.world import World

REPLIES = (
    "IDEA: lower\n<<<<<<< SEARCH\nLIMIT = 80\n=======\nLIMIT = {n}\n>>>>>>> REPLACE\n",
    "I would rather talk.",
    "IDEA: repaired\n<<<<<<< SEARCH\nLIMIT = 80\n=======\nLIMIT = {n}\n>>>>>>> REPLACE\n",
    "nothing",
    "nothing again",
    "<<<<<<< SEARCH\nLIMIT = 80\n=======\nLIMIT = 1\n>>>>>>> REPLACE\n",
)


class Bench:
    """Scores follow from the hash; one program in eight crashes, and one in four fails its audit."""

    def __init__(self, threads=1):
        self._pool = ThreadPoolExecutor(threads)
        self.free = threads

    def evaluate(self, program, split):
        return self._submit(scored, program, split)

    def audit(self, program, before, key):
        return self._submit(audited, program)

    def _submit(self, function, *arguments):
        self.free -= 1
        outer: Future[Any] = Future()

        def work():
            outcome = function(*arguments)
            self.free += 1
            outer.set_result(outcome)

        self._pool.submit(work)
        return outer


def scored(program, split, shift=0.0):
    number = int(program.hash[:4], 16)
    if number % 8 == 0 and program != sample_problem().seed:
        return Evaluation(Status.CRASHED, split, f"crashed on {number}")
    regret = (number + len(split)) / 65536 + shift
    results = (Result(f"{split}-few-0", "few", {"regret": regret, "depth": 0.5}),)
    features = {"depth": number % 7 / 7, "size": float(program.size)}
    return Evaluation(Status.VALID, split, "", {"regret": regret}, results, features, "few: so-so")


def audited(program):
    marked = int(program.hash[-2:], 16) % 4 == 0 and program != sample_problem().seed
    return Audit("validation", (Finding("state", "it remembers"),) if marked else ())


class Killed(BaseException):
    pass


class Campaign(World):
    """A world with sessions, whose proposer is the one that the settings name."""

    def __post_init__(self):
        super().__post_init__()
        self.threads = ThreadPoolExecutor(self.config.threads())
        with self.archive._database.transaction() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=OFF")  # a test need not survive a power cut
        model_of = None
        if self.config.model != "mutator":
            said = Scripted([reply.replace("{n}", str(81 + n)) for n in range(99) for reply in REPLIES])
            budget = self.budget()
            model_of = lambda number: Ledgered(said, self.archive, budget, number)  # noqa: E731
        self.proposer = Proposers(model_of, self.archive, self.config)

    def session(self):
        self.archive.begin_session()
        outcome = self.loop().run()
        self.archive.end_session(reason=outcome.reason, finished=outcome.finished)
        return outcome


def replayed(archive):
    return replay(read(archive, sample_problem()))


def assert_clean(archive, trials):
    result = replayed(archive)
    assert (result.trials, result.divergences, result.notes) == (trials, (), ())
