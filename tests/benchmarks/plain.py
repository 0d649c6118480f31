"""The loop that one would write in an afternoon, to set beside ours: a forked evaluation, a durable commit a trial."""

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from adrs.llm import Message, Model, Prompt
from adrs.problem import load
from adrs.program import Program
from tests.benchmarks.campaigns import EVALUATION_SECONDS, Course, Outside, evaluation, mark

_TABLE = "CREATE TABLE trials (number INTEGER PRIMARY KEY, prompt TEXT, reply TEXT, program TEXT, evaluation TEXT)"


def conduct(folder: Path, trials: int, model: Model, outside: Outside, *, threads: int = 1) -> Course:
    """Improve the best program so far until there are `trials`; those in the file count."""
    course = Course(mark(outside))
    problem = load("smtt")
    with sqlite3.connect(folder / "plain.db") as database, ThreadPoolExecutor(threads) as pool:
        done = _open(database)
        best = min(done, default=(1e9, problem.seed.source))
        course.planned = mark(outside)
        waiting: dict[Future[tuple[str, str]], tuple[int, str]] = {}
        numbers = iter(range(len(done), trials))
        while True:
            for number in _first(numbers, threads - len(waiting)):
                waiting[pool.submit(_ask, model, problem.statement, best[1], number)] = number, best[1]
            if not waiting:
                break
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                (number, parent), (prompt, reply) = waiting.pop(future), future.result()
                program = _edited(reply, parent)
                outcome = _forked(program)
                row = number, prompt, reply, program, json.dumps(outcome)
                database.execute("INSERT INTO trials VALUES (?, ?, ?, ?, ?)", row)
                database.commit()
                best = min(best, (outcome["gap"], program))
                course.told.append(mark(outside))
    return course


def _open(database: sqlite3.Connection) -> list[tuple[float, str]]:
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(_TABLE.replace("TABLE", "TABLE IF NOT EXISTS"))
    rows = database.execute("SELECT program, evaluation FROM trials ORDER BY number")
    return [(json.loads(text)["gap"], program) for program, text in rows]


def _first(numbers: Iterator[int], count: int) -> list[int]:
    return [number for _, number in zip(range(count), numbers, strict=False)]


def _ask(model: Model, statement: str, program: str, number: int) -> tuple[str, str]:
    asked = f"{statement}\n\n# The program to change\n\n```python\n{program}\n```\n"
    return asked, model.complete(Prompt((Message("system", ""), Message("user", asked))), seed=number).text


def _edited(reply: str, parent: str) -> str:
    if "<<<<<<< SEARCH" not in reply:
        return reply.partition("```python\n")[2].partition("```")[0]
    block = reply.partition("<<<<<<< SEARCH\n")[2].partition(">>>>>>> REPLACE")[0]
    old, _, new = block.partition("=======\n")
    return parent.replace(old, new, 1)


def _forked(program: str) -> dict[str, float]:
    """Return scores from a child process; the gap of a crash is infinite."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        time.sleep(EVALUATION_SECONDS)
        scores = evaluation(Program(program), "train").scores or {"gap": float("inf")}
        os.write(into, json.dumps(dict(scores)).encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return dict(json.loads(said))
