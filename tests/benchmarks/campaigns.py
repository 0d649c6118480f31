"""Campaigns to measure: all parts are real but two, a model and a bench that answer at once, or when told to."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TypeVar

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.budget import Budget
from adrs.campaign.decisions import proposing
from adrs.campaign.ledger import Ledgered
from adrs.campaign.loop import Loop
from adrs.campaign.models import Proposers
from adrs.campaign.parts import Parts
from adrs.campaign.references import measure_references
from adrs.config import CampaignConfig
from adrs.evaluation import Audit, Evaluation, Result, Status
from adrs.events import Event, TrialEnded
from adrs.llm import Completion, Model, Prompt, Quote, Usage
from adrs.problem import Problem, Split, load
from adrs.program import Program
from adrs.proposing import Proposer
from adrs.search.catalogue import open_search

T = TypeVar("T")
EVALUATION_SECONDS = 0.001
_FIGURES = ("jobs", "tardiness", "optimum", "mdd", "late", "hard", "easy")
_TERMS = (
    "np.maximum(t + p - d, 0) / (p + 1)",
    "p * np.exp(-np.maximum(d - t - p, 0) / (mean + 1))",
    "(d - t) / np.maximum(left, 1)",
    "np.where(d < t + p, p, d - t)",
    "np.sqrt(p / np.maximum(P, 1)) * n",
    "np.minimum(d, left + t) * mask",
)
_WHOLE = '''"""A modified due date, corrected term by term."""

import numpy as np


def priority(t, p, d, mask, P, n):
    """Return the score of every job; the least goes next."""
    left = np.sum(p * mask, axis=1, keepdims=True)
    mean = left / np.maximum(np.sum(mask, axis=1, keepdims=True), 1)
    score = np.maximum(p + t, d)
{terms}
    return score
'''


class Outside:
    """CPU seconds of the threads that stand for what a campaign would not do itself."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._lock = threading.Lock()

    @contextmanager
    def counted(self) -> Iterator[None]:
        begun = time.thread_time()
        yield
        with self._lock:
            self.seconds += time.thread_time() - begun


class Answers:
    """A model that changes one term of the program that it is shown, after `seconds` without work."""

    name = "answers"

    def __init__(self, outside: Outside, seconds: float = 0.0) -> None:
        self._outside = outside
        self._seconds = seconds

    def quote(self, prompt: Prompt) -> Quote:
        return Quote(0.01, 10_000)

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        time.sleep(self._seconds)
        with self._outside.counted():
            return Completion(
                reply(prompt.messages[1].content, seed), self.name, Usage(3000, 200), 0.001, self._seconds
            )


class Bench:
    """Evaluates `count` programs at a time, each in a thread that sleeps; audits pass."""

    def __init__(self, outside: Outside, count: int) -> None:
        self._outside = outside
        self._free = [None] * count
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="bench")

    @property
    def free(self) -> int:
        return len(self._free)

    def evaluate(self, program: Program, split: Split) -> "Future[Evaluation]":
        return self._submit(lambda: evaluation(program, split))

    def audit(self, program: Program, before: Evaluation, key: int) -> "Future[Audit]":
        return self._submit(lambda: Audit("validation"))

    def _submit(self, make: Callable[[], T]) -> "Future[T]":
        self._free.pop()
        return self._threads.submit(self._run, make)

    def _run(self, make: Callable[[], T]) -> T:
        with self._outside.counted():
            outcome = make()
        time.sleep(EVALUATION_SECONDS)
        self._free.append(None)
        return outcome

    def close(self) -> None:
        self._threads.shutdown()


def reply(asked: str, seed: int) -> str:
    """Return an edit of the program to change: one term replaced, added or removed; no two are alike."""
    rng = Random(seed)
    shown = asked.partition("# The program to change")[2].partition("```python\n")[2].partition("\n```")[0]
    lines = [line for line in shown.split("\n") if line.startswith("    score = score")]
    idea = f"IDEA: give {rng.choice(_TERMS)} another weight, so that jobs with {rng.random():.3f} of slack go earlier."
    if not lines:
        terms = "\n".join(_term(rng) for _ in range(12))
        return f"{idea}\n\n```python\n{_WHOLE.format(terms=terms)}```\n"
    old = rng.choice(lines)
    new = [_term(rng)] if len(lines) < 20 else []
    kept = [old] if rng.random() < 0.3 and len(lines) < 20 else []
    block = "\n".join(["<<<<<<< SEARCH", old, "=======", *kept, *new, ">>>>>>> REPLACE"])
    return f"{idea}\n\nThe term decides between jobs that are late either way.\n\n{block}\n"


def _term(rng: Random) -> str:
    return f"    score = score + {rng.random():.6f} * {rng.choice(_TERMS)}  # weight for slack {rng.random():.4f}"


def evaluation(program: Program, split: str) -> Evaluation:
    """Return what the bench says of a program: one in ten that is no baseline crashes."""
    if program.hash[0] == "0" and "corrected term by term" in program.source:
        trace = "\n".join(f'  File "program.py", line {line}, in priority' for line in range(1, 6))
        return Evaluation(Status.CRASHED, split, f"ValueError: operands could not be broadcast\n{trace}", seconds=0.001)
    return valid(program, split)


def valid(program: Program, split: str) -> Evaluation:
    """Return scores, results, features and feedback in the form of the pack `smtt`, drawn from the program's hash."""
    rng = Random(f"{program.hash}{split}")
    gap = rng.lognormvariate(2, 0.5)
    scores = {"gap": gap, "easy_excess": -rng.random() / 10, "paper_gap": gap * 3, "large_gap": gap * 1.1}
    scores |= {"median_gap": gap / 2, "worst_gap": gap * 20, "optimal": 100 / (1 + gap), "violations": 3.0}
    results = tuple(_result(rng, place, split) for place in range(20))
    features = {"narrow": rng.gauss(0.55, 0.12), "late": rng.gauss(0.48, 0.04), "size": len(program.source) / 8}
    return Evaluation(Status.VALID, split, "", scores, results, features, _feedback(rng), EVALUATION_SECONDS)


def _result(rng: Random, place: int, split: str) -> Result:
    values = [50.0, *(float(rng.randrange(10_000)) for _ in range(3)), float(rng.randrange(50)), 1.0, 0.0]
    group = f"{(50, 100, 200)[place % 3]} RDD 0.{place % 5} TF 0.{place % 4}"
    return Result(f"{split}-{place}", group, dict(zip(_FIGURES, values, strict=True)))


def _feedback(rng: Random) -> str:
    rows = [
        "".join(f"{f'{rng.uniform(0, 30):.2f} ({rng.uniform(5, 25):.2f})':>16}" for _ in range(5)) for _ in range(5)
    ]
    table = "\n".join(f"0.{place}{row}" for place, row in enumerate(rows))
    ahead = ", ".join(f"{size} RDD 0.2 TF 0.{size % 7} {rng.random():.2f}" for size in (50, 100, 200))
    return f"Gap to the optimum in %, by RDD and TF:\n{table}\nBy number of jobs: {ahead}.\nFurthest ahead: {ahead}."


@dataclass(frozen=True)
class Mark:
    """The controller at one instant: seconds of the clock and of its CPU, without what stands for others."""

    wall: float
    cpu: float
    resident: int
    """Bytes of memory in use."""


@dataclass
class Course:
    """One session of a campaign as it went."""

    begun: Mark
    planned: Mark | None = None
    """The first trial that a model is asked for."""
    told: list[Mark] = field(default_factory=list)
    """Each trial as the search heard of it."""

    def cpu(self, first: int, last: int) -> float:
        """Return the mean CPU seconds per trial from the `first` to the `last` of the session."""
        return (self.told[last].cpu - self.told[first].cpu) / (last - first)


class _Session:
    """Puts the parts together as `adrs.campaign.session` does, and watches."""

    def __init__(self, outside: Outside, course: Course) -> None:
        self._outside = outside
        self._course = course

    def hear(self, event: Event) -> None:
        if isinstance(event, TrialEnded):
            self._course.told.append(mark(self._outside))

    def proposer(self, make: Callable[[int], Proposer]) -> Callable[[int], Proposer]:
        def proposer(number: int) -> Proposer:
            self._course.planned = self._course.planned or mark(self._outside)
            return make(number)

        return proposer


def mark(outside: Outside) -> Mark:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Mark(time.perf_counter(), time.process_time() - outside.seconds, pages * os.sysconf("SC_PAGE_SIZE"))


def settings(trials: int, *, threads: int = 1, workers: int = 1, model: str = "answers") -> CampaignConfig:
    """Return the settings of a campaign on the pack `smtt`."""
    chosen = {"trials": trials, "dollars": 1e6, "model_threads": threads, "workers": workers, "model": model}
    return CampaignConfig.model_validate({"problem": "smtt", **chosen})


def conduct(folder: Path, config: CampaignConfig, model: Model, outside: Outside) -> Course:
    """Run one session of the campaign in `folder`, from its archive to the end of its trials."""
    course = Course(mark(outside))
    session, problem = _Session(outside, course), load(config.problem)
    archive = _archive(folder, config)
    archive.begin_session()
    bench, threads = Bench(outside, config.workers), ThreadPoolExecutor(proposing(config))
    parts = _parts(session, problem, config, archive, bench, threads, model)
    measure_references(parts)
    outcome = Loop(parts).run()
    if not outcome.finished:
        raise outcome.error or RuntimeError(outcome.reason)
    threads.shutdown()
    bench.close()
    archive.end_session(reason=outcome.reason, finished=outcome.finished)
    archive.close()
    return course


def _archive(folder: Path, config: CampaignConfig) -> Archive:
    url = sqlite_url(folder / "archive.db")
    if not (folder / "archive.db").exists():
        return Archive.create(url, name="benchmark", config=config.model_dump(), written={})
    archive = Archive.open(url)
    archive.reconfigure(config.model_dump())
    return archive


def _parts(
    session: _Session,
    problem: Problem,
    config: CampaignConfig,
    archive: Archive,
    bench: Bench,
    threads: ThreadPoolExecutor,
    model: Model,
) -> Parts:
    trials, evaluations = archive.counts()
    budget = Budget(config.limits(), archive.spend(), trials=trials, evaluations=evaluations)
    begun, slots = time.monotonic(), threading.BoundedSemaphore(config.threads())
    return Parts(
        problem=problem,
        config=config,
        archive=archive,
        budget=budget,
        search=open_search(config.search, problem, {}),
        proposer=session.proposer(
            Proposers(lambda number: Ledgered(model, archive, budget, number, slots=slots), archive, config)
        ),
        evaluations=bench,
        threads=threads,
        tell_user=session.hear,
        stop_asked=lambda: None,
        tick=lambda: None,
        seconds=lambda: time.monotonic() - begun,
    )
