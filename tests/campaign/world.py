"""A small world for the loop: the sample problem, an evaluation that runs inline, a proposer and models that count."""

import itertools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.archive.shared import names_in
from adrs.budget import Budget
from adrs.campaign.audits import audits
from adrs.campaign.loop import Loop
from adrs.campaign.parts import Parts
from adrs.config import CampaignConfig
from adrs.evaluation import Audit, Evaluation, Finding, Result, Status
from adrs.events import Event
from adrs.llm import Completion, Prompt, Quote, Usage
from adrs.problem import Problem, Split
from adrs.program import Program
from adrs.proposing import Proposer
from adrs.search.catalogue import open_search
from adrs.testing.samples import sample_problem
from adrs.trial import Parents, Proposal


class Inline:
    """Evaluates at once: a program's regret is in its LIMIT, and 37 is best. An even LIMIT fails its audit."""

    def __init__(self, fail: Callable[[int], Exception | None] = lambda count: None) -> None:
        self.free = 1
        self.asked: list[tuple[str, Split]] = []
        self.audited: list[tuple[str, int]] = []
        self.fail_audit: Callable[[int], Exception | None] = lambda count: None
        self._fail = fail

    def evaluate(self, program: Program, split: Split) -> "Future[Evaluation]":
        self.asked.append((program.hash, split))
        future: Future[Evaluation] = Future()
        error = self._fail(len(self.asked))
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(_evaluation(program, split))
        return future

    def audit(self, program: Program, before: Evaluation, key: int) -> "Future[Audit]":
        assert before == _evaluation(program, "validation")
        self.audited.append((program.hash, key))
        future: Future[Audit] = Future()
        error = self.fail_audit(len(self.audited))
        if error is not None:
            future.set_exception(error)
        else:
            even = limit_of(program) % 2 == 0 and program.hash != sample_problem().seed.hash
            findings = (Finding("state", f"drawn from {key}"),) if even else ()
            future.set_result(Audit("validation", findings, 0.01))
        return future


def limit_of(program: Program) -> int:
    """Return what `program` sets LIMIT to."""
    return int(program.source.split("LIMIT = ")[1].split()[0])


def _evaluation(program: Program, split: Split) -> Evaluation:
    limit = limit_of(program)
    if limit % 10 == 0 and limit != 80:
        return Evaluation(Status.CRASHED, split, f"LIMIT {limit} crashed")
    regret = abs(limit - 37) / 10
    results = (Result(f"{split}-few-0", "few", {"regret": regret, "depth": 0.5}),)
    features = {"depth": (limit % 7) / 7, "size": float(program.size)}
    return Evaluation(Status.VALID, split, "", {"regret": regret}, results, features, "few: so-so")


class Nudger:
    """Moves the parent's LIMIT by a few."""

    name = "nudger"

    def propose(self, problem: Problem, parents: Parents, rng: Random) -> Proposal:
        assert parents.parents[0].program is not None
        source = parents.parents[0].program.source
        limit = int(source.split("LIMIT = ")[1].split()[0])
        nudged = source.replace(f"LIMIT = {limit}", f"LIMIT = {abs(limit + rng.randint(-9, 9))}")
        if rng.random() < 0.1:
            return Proposal(None, self.name, Status.UNPARSED, "no edit")
        return Proposal(Program(nudged), self.name, note="nudged")


class Seller:
    """A model that counts what it sold."""

    name = "seller"

    def __init__(self) -> None:
        self.sold: list[str] = []

    def quote(self, prompt: Prompt) -> Quote:
        return Quote(0.02, 200)

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        self.sold.append(prompt.hash)
        return Completion(f"reply {len(self.sold)} to {seed}", "seller-1", Usage(100, 50), 0.01, 0.1)


@dataclass
class World:
    """Everything that a loop needs, over an archive in a folder; `loop` begins a session."""

    folder: Path
    config: CampaignConfig
    bench: Any = field(default_factory=Inline)
    proposer: Callable[[int], Proposer] = field(default=lambda number: Nudger())
    stop: Callable[[], str | None] = field(default=lambda: None)
    events: list[Event] = field(default_factory=list)
    shared: str | None = None
    """URL of a database that holds the archive instead, by the folder's name."""

    def __post_init__(self) -> None:
        self.problem = sample_problem()
        self.archive = self._open()
        self.threads = ThreadPoolExecutor(1)

    def _open(self) -> Archive:
        url, name = self.shared or sqlite_url(self.folder / "archive.db"), self.folder.name
        if name in names_in(url) if self.shared else (self.folder / "archive.db").exists():
            return Archive.open(url, name=name)
        return Archive.create(url, name=name, config=self.config.model_dump(), written={})

    def budget(self) -> Budget:
        trials, evaluations = self.archive.counts()
        return Budget(self.config.limits(), self.archive.spend(), trials=trials, evaluations=evaluations)

    def loop(self, budget: Budget | None = None) -> Loop:
        ticks = itertools.count()
        return Loop(
            Parts(
                problem=self.problem,
                config=self.config,
                archive=self.archive,
                budget=budget or self.budget(),
                search=open_search(self.config.search, self.problem, {}),
                proposer=self.proposer,
                evaluations=self.bench,
                threads=self.threads,
                tell_user=self.events.append,
                stop_asked=self.stop,
                tick=lambda: None,
                seconds=lambda: float(next(ticks)),
            )
        )

    def close(self) -> None:
        self.threads.shutdown(wait=True)
        self.archive.close()


def facts(archive: Archive) -> list[object]:
    """Return what must repeat bit for bit: everything but times."""
    trials = [
        replace(t, evaluation=replace(t.evaluation, seconds=0.0), spend=type(t.spend)()) for t in archive.trials()
    ]
    validations = {n: (e.status, dict(e.scores)) for n, e in archive.evaluations("validation").items()}
    audited = [replace(audit, seconds=0.0) for audit in audits(archive).values()]
    promoted = [data for _, _, data in archive.events("promoted")]
    return [trials, validations, [*audits(archive)], audited, promoted]
