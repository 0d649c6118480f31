"""What the ledger costs beside the loop that one would write without it: `python tests/benchmarks/ledger.py [--quick]`.

Every session runs in a process of its own, one after another. A model and a bench that cost the controller nothing
stand at the two ends (see `campaigns`); all between is real, on the pack `smtt`. CPU is that of the controller's
process, its model threads included, without what the two ends take; other work on the machine raises it. The campaign
of 100,000 trials is not run: one of 1,000 is, and its trials are then copied in the database, each with other texts and
scores (see `copies`); it is resumed and goes on for 500.
"""

import sqlite3
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from math import ceil
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.campaign.folder import RunFolder
from adrs.campaign.models import open_campaign_model
from tests.benchmarks import campaigns, plain
from tests.benchmarks.campaigns import Answers, Course, Outside, settings
from tests.benchmarks.copies import multiply
from tests.llm.server import Exchange, OpenAIServer, Request, says

P = ParamSpec("P")
T = TypeVar("T")
ANSWER_SECONDS = 0.2
PATIENCE_SECONDS = 5
FURTHER = 500
"""Trials of the session that resumes the long campaign."""


@dataclass(frozen=True)
class Sizes:
    """How many trials the campaigns have."""

    short: int = 1_000
    long: int = 100_000
    waves: tuple[int, ...] = (20, 100)
    """Trials per model thread."""


@dataclass(frozen=True)
class Row:
    """One figure beside the bound that was set for it, and beside the plain loop."""

    what: str
    figure: str
    bound: str
    met: bool
    plain: str = "-"


def main() -> None:
    """Measure and print a table; exit with 3 if a bound is missed."""
    sizes = Sizes(200, 2_000, (5, 10)) if "--quick" in sys.argv[1:] else Sizes()
    print("| what | figure | bound | met | plain loop |\n|---|---|---|---|---|")
    met = [_shown(row) for row in chain(length(sizes), waiting(sizes), serving())]
    sys.exit(0 if all(met) else 3)


def length(sizes: Sizes) -> Iterator[Row]:
    """Yield what a trial costs in a short and in a long campaign, and what the long one takes to resume."""
    with tempfile.TemporaryDirectory() as name:
        folder, count = Path(name), sizes.short
        short = _apart(session, folder, count)
        base = _apart(beside, folder, count)
        early, simple = short.cpu(1, count - 1), base.cpu(1, count - 1)
        what = f"CPU of the controller per trial, {count:,} trials"
        yield Row(what, _ms(early), "5 ms", early <= 0.005, _ms(simple))
        yield Row("the same by the clock", _ms(_wall(short)), "-", met=True, plain=_ms(_wall(base)))
        yield _disk(folder, count)
        multiply(folder / "archive.db", sizes.long)
        later = _apart(session, folder, sizes.long + FURTHER)
        ratio = later.cpu(50, FURTHER - 1) / short.cpu(count // 2, count - 1)
        what = f"CPU per trial after {sizes.long:,} trials, beside that before {count:,}"
        yield Row(what, f"{ratio:.2f}x, {_ms(later.cpu(50, FURTHER - 1))}", "1.3x", ratio <= 1.3)
        yield from _resumed(later, folder, sizes.long)


def _resumed(course: Course, folder: Path, count: int) -> Iterator[Row]:
    assert course.planned is not None
    seconds = course.planned.wall - course.begun.wall
    grown = course.planned.resident - course.begun.resident
    with closing(Archive.open(sqlite_url(folder / "archive.db"))) as archive:
        programs = sum(len(trial.program.source) for trial in archive.trials()[:count] if trial.program)
    beside_programs = (grown - programs) / count
    yield Row(f"resume {count:,} trials, until the next is planned", f"{seconds:.1f} s", "20 s", seconds <= 20)
    what = f"memory per trial then, beside {programs / count:.0f} bytes of program"
    yield Row(what, f"{beside_programs:.0f} bytes", "2,000 bytes", beside_programs <= 2000)


def _disk(folder: Path, count: int) -> Row:
    """Return the size of an archive beside what its texts are compressed to, each text once and by itself."""
    with closing(Archive.open(sqlite_url(folder / "archive.db"))) as archive:
        calls, trials = archive.calls(), archive.trials()
    texts = {message.content for call in calls for message in call.prompt.messages}
    texts |= {call.completion.text for call in calls if call.completion}
    texts |= {trial.program.source for trial in trials if trial.program}
    least = sum(len(zlib.compress(text.encode(), 6)) for text in texts)
    size = _size(folder / "archive.db")
    ratio, simple = size / least, f"{_size(folder / 'plain.db') / count / 1e3:.1f} kB"
    what = "disk per trial, beside its compressed prompts, replies and program"
    return Row(what, f"{size / count / 1e3:.1f} kB, {ratio:.2f}x", "3x", ratio <= 3, simple)


def waiting(sizes: Sizes, threads: int = 16) -> Iterator[Row]:
    """Yield how near the ideal rate campaigns come whose model takes its time."""
    for count in (threads * waves for waves in sizes.waves):
        with tempfile.TemporaryDirectory() as name:
            course = _apart(session, Path(name), count + 1, threads=threads, workers=2, seconds=ANSWER_SECONDS)
            base = _apart(beside, Path(name), count, threads=threads, seconds=ANSWER_SECONDS)
        ours, simple = (rates(each, count, threads) for each in (course, base))
        what = f"share of the ideal rate, {threads} threads, {count} trials, a model of 200 ms"
        for when, share, base_share in zip(
            ("from start to end", "between first and last wave"), ours, simple, strict=True
        ):
            yield Row(f"{what}, {when}", f"{share:.1%}", "97 %", share >= 0.97, f"{base_share:.1%}")


def rates(course: Course, count: int, threads: int) -> tuple[float, float]:
    """Return the rate over the ideal one: from the first call to the end, and between the first and the last wave."""
    assert course.planned is not None
    told = [mark.wall for mark in course.told][-count:]
    ideal = ANSWER_SECONDS / threads
    whole = ceil(count / threads) * ANSWER_SECONDS / (told[-1] - course.planned.wall)
    return whole, (count - threads) * ideal / (told[-1] - told[threads - 1])


def serving() -> Iterator[Row]:
    """Yield how many calls a real server sees in flight, from the client that real ones are called by."""
    for threads in (16, 64):
        with tempfile.TemporaryDirectory() as name, Counting(threads) as server:
            config = settings(2 * threads + 1, threads=threads, workers=2, model="served")
            config = config.model_copy(update={"base_url": server.url, "price": "1,2"})
            model = open_campaign_model(config, RunFolder(Path(name)))
            assert model is not None
            campaigns.conduct(Path(name), config, model, Outside())
        yield Row(
            f"calls in flight at a server, {threads} threads", f"{server.most}", f"{threads}", server.most == threads
        )


class Counting(OpenAIServer):
    """A server that knows the most calls that it saw at a time; it answers once it saw `enough`, or after a while."""

    def __init__(self, enough: int) -> None:
        super().__init__()
        self.most = 0
        self._now = 0
        self._enough = enough
        self._seen = threading.Event()
        self._counting = threading.Lock()

    def handle(self, request: Request, exchange: Exchange) -> None:
        self._count(1)
        self._seen.wait(PATIENCE_SECONDS)
        self._count(-1)
        says(campaigns.reply(request.body["messages"][1]["content"], request.body["seed"]))(exchange)

    def _count(self, change: int) -> None:
        with self._counting:
            self._now += change
            self.most = max(self.most, self._now)
            if self._now >= self._enough:
                self._seen.set()


def session(folder: Path, trials: int, *, threads: int = 1, workers: int = 1, seconds: float = 0.0) -> Course:
    """Run a session of ours."""
    outside = Outside()
    config = settings(trials, threads=threads, workers=workers)
    return campaigns.conduct(folder, config, Answers(outside, seconds), outside)


def beside(folder: Path, trials: int, *, threads: int = 1, seconds: float = 0.0) -> Course:
    """Run the plain loop."""
    outside = Outside()
    return plain.conduct(folder, trials, Answers(outside, seconds), outside, threads=threads)


def _apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `function` does in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        return executor.submit(function, *args, **kwargs).result()


def _wall(course: Course) -> float:
    return (course.told[-1].wall - course.told[0].wall) / (len(course.told) - 1)


def _size(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database.stat().st_size


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.1f} ms"


def _shown(row: Row) -> bool:
    print(f"| {row.what} | {row.figure} | {row.bound} | {'yes' if row.met else 'NO'} | {row.plain} |", flush=True)
    return row.met


if __name__ == "__main__":
    main()
