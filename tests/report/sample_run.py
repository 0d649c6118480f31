"""A campaign on the sample problem as its archive tells it: improvements, failures, repaired replies, one in flight."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.campaign.audits import record
from adrs.config import CampaignConfig, Written
from adrs.evaluating.loading import load_evaluator
from adrs.evaluating.stages import Bench
from adrs.evaluation import Audit, Evaluation, Status
from adrs.llm import Completion, Message, Prompt, Quote, Usage
from adrs.problem import Limits, Problem, Split, open_pack
from adrs.program import Program
from adrs.sandbox import Held
from adrs.testing.samples import PACK, sample_program
from adrs.trial import Parents, Proposal, Trial

NAME = "brave-heron"
BEST = 5
FIRST_REPLY = "I would rather [bold]talk[/bold].\n"
LAST_REPLY = "LIMIT = 30 is better.\nNo newline at the end"
ASKED = Prompt((Message("system", "You schedule."), Message("user", "Make the regret small.")))


class Here:
    """A sandbox without a wall, for programs that are known; it has the same answers."""

    name = "here"

    @contextmanager
    def open(self, program: Program, limits: Limits) -> Iterator["Here"]:
        self._names: dict[str, Any] = {}
        exec(program.source, self._names)
        yield self

    def hold(self, value: Any) -> Held:
        raise NotImplementedError("the sample evaluator holds nothing")

    def call(self, function: str, *args: Any) -> Any:
        return self._names[function](*args)

    def call_many(self, function: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
        return [self.call(function, *args) for args in calls]

    def close(self) -> None:
        pass


class Writer:
    """Writes an archive as a loop does."""

    def __init__(self, folder: Path, *, pack: Path = PACK, name: str = NAME) -> None:
        folder.mkdir(parents=True)
        self.problem: Problem = open_pack(pack)
        self.bench = Bench(self.problem, load_evaluator(self.problem), Here())
        self.told: dict[int, Trial] = {}
        config = CampaignConfig(problem=str(pack), name=name, seed=7, model="sample", trials=50, dollars=1.5, workers=1)
        written = Written(
            adrs="0.1.0", python="3", platform="here", packages={}, problem_hash=self.problem.hash, sandbox="local"
        )
        url = sqlite_url(folder / "archive.db")
        self.archive = Archive.create(url, name=name, config=config.model_dump(), written=written.model_dump())
        with self.archive._database.transaction() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=OFF")  # a test need not survive a power cut

    def plan(self, number: int, parents: Sequence[int]) -> None:
        chosen = Parents(tuple(self.told[parent] for parent in parents)) if parents else None
        self.archive.plan(number, chosen)

    def run(self, number: int, limit: int, parents: Sequence[int] = (0,), *, validate: bool = False) -> None:
        """Add a trial that sets LIMIT; its scores are those that it really has."""
        program = sample_program(limit)
        if number not in {plan.number for plan in self.archive.planned()}:
            self.plan(number, parents)
        model = "sample" if number else "seed"
        self.archive.propose(number, Proposal(program, model, note=f"set LIMIT to {limit}"))
        self.archive.begin_evaluation(number, "train")
        self.archive.add_evaluation(number, self.evaluate(program, "train"))
        self.told[number] = self.archive.tell(number)
        if validate:
            self.archive.begin_evaluation(number, "validation")
            self.archive.add_evaluation(number, self.evaluate(program, "validation"))

    def fail(self, number: int, status: Status, message: str, *, program: Program | None = None) -> None:
        """Add a trial that failed, before or (crashed) during its evaluation."""
        if number not in {plan.number for plan in self.archive.planned()}:
            self.plan(number, (0,))
        crashed = status is Status.CRASHED
        proposed = Status.VALID if crashed else status
        self.archive.propose(number, Proposal(program, "sample", proposed, "" if crashed else message))
        if crashed:
            self.archive.begin_evaluation(number, "train")
            self.archive.add_evaluation(number, Evaluation(status, "train", message, seconds=0.01))
        self.told[number] = self.archive.tell(number)

    def ask(self, number: int, call: int, prompt: Prompt, reply: str | None) -> None:
        """Add a request to a model; None leaves it unanswered."""
        request = self.archive.send(number, call, prompt, seed=1, quote=Quote(0.5, 1000))
        if reply is not None:
            self.archive.answer(number, call, request, Completion(reply, "sample-1", Usage(100, 20), 0.25, 1.5))

    def evaluate(self, program: Program, split: Split) -> Evaluation:
        return self.bench.evaluate(program, split)

    def refer(self) -> None:
        """Measure the references."""
        for name, program in self.problem.programs("baselines").items():
            self.archive.add_reference(name, self.evaluate(program, "validation"))


def write_run(runs: Path, *, name: str = NAME, pack: Path = PACK) -> Path:
    """Write a finished campaign of seven trials and an eighth in flight; return its folder.

    Trial 5 is the best on validation (trial 6 is better on train alone); 2 and 3 crashed alike, 4 is unparsed.
    """
    writer = Writer(runs / name, pack=pack, name=name)
    writer.archive.begin_session()
    writer.refer()
    writer.run(0, 80, (), validate=True)
    writer.run(1, 60, validate=True)
    broken = Program("def choose(waiting):\n    return waiting[99]\n")
    writer.fail(2, Status.CRASHED, "IndexError: index 99 of 4\nin line 2", program=broken)
    writer.fail(3, Status.CRASHED, "IndexError: index 99 of 12\nin line 2", program=broken)
    _repair(writer)
    writer.run(BEST, 30, (1, 0), validate=True)
    record(writer.archive, BEST, Audit("validation", seconds=0.01))
    writer.run(6, 20, (BEST,))
    writer.plan(7, (BEST,))
    writer.ask(7, 0, ASKED, None)
    writer.archive.end_session(reason="the budget of 7 trials was used", finished=True)
    writer.archive.close()
    return runs / name


def _repair(writer: Writer) -> None:
    """Trial 4: a reply without an edit, and a repair that has none either."""
    writer.plan(4, (1,))
    writer.ask(4, 0, ASKED, FIRST_REPLY)
    writer.ask(4, 1, ASKED.then("assistant", FIRST_REPLY).then("user", "That held no edit."), LAST_REPLY)
    writer.fail(4, Status.UNPARSED, "the reply held no edit")
