"""What the walls cost, beside what one would do without them: `python tests/benchmarks/walls.py [local] [docker]`.

Medians, taken in one run and in turns, so that the ratios mean something on a machine that is busy otherwise.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from adrs.campaign.evaluations import WorkerPool
from adrs.evaluation import CandidateFailed, Evaluation
from adrs.problem import Limits, open_pack
from adrs.program import Program
from adrs.sandbox import Needs, Policy
from adrs.sandbox.choice import Choice, choose, open_sandbox
from adrs.sandbox.cores import Pin

ECHO = Program("def echo(x):\n    return x\n")
LOOP = Program("def loop():\n    while True: pass\n")
BOMB = Program("import os\ndef loop():\n  while True:\n    try: os.fork()\n    except OSError: pass\n")
LIMITS = Limits(call_seconds=0.3, memory_mb=256)
MEGABYTE = 1 << 20
NUMPY = "import numpy"
MIRROR = (
    "import os\nwhile True:\n  size = 0\n  data = []\n  while size < 1 << 20:\n"
    "    data.append(os.read(0, 1 << 16))\n    size += len(data[-1])\n  for part in data: os.write(1, part)\n"
)
PACK = {
    "problem.toml": 'name = "busy"\ntitle = "Busy"\nfunctions = ["echo"]\n'
    '[[objectives]]\nname = "x"\ndescription = "x"\ndirection = "min"\nunit = "-"\nlow = 0\nhigh = 1\n'
    '[[stages]]\nname = "train"\nsplit = "train"\n',
    "statement.md": "x",
    "seed.py": ECHO.source,
    "evaluator.py": "import time\nfrom adrs.evaluation import Result\n"
    "def instances(split): return [0]\n"
    "def run(policy, instances):\n  policy.call('echo', 1)\n  end = time.process_time() + 0.1\n"
    "  while time.process_time() < end: pass\n  return [Result('i', 'g', {'x': 0.0})]\n"
    "def score(results): return {'x': 0.0}\ndef feedback(results): return ''\ndef features(results): return {}\n",
}


@dataclass(frozen=True)
class Row:
    """One figure beside the bound that was set for it."""

    what: str
    figure: str
    bound: str
    met: bool


def main() -> None:
    """Measure the walls that are named, or all, and print a table; exit with 3 if a bound is missed."""
    rows = []
    for name in sys.argv[1:] or ["local", "docker"]:
        with _pinned():
            wall = choose("docker" if name == "docker" else "local")
            rows += [*costs(wall), *ends(wall)]
        rows.append(busy_cores(wall))
    for row in rows:
        print(f"| {row.what} | {row.figure} | {row.bound} | {'yes' if row.met else 'NO'} |")
    sys.exit(0 if all(row.met for row in rows) else 3)


def costs(wall: Choice) -> Iterator[Row]:
    """Yield what loading and calling a program costs."""
    core = min(os.sched_getaffinity(0))
    sandbox = open_sandbox(wall, core=core)

    def visit() -> None:
        with sandbox.open(ECHO, LIMITS) as policy:
            policy.call("echo", 1)

    visit()
    visits, fresh = in_turns(visit, _fresh_python, 20, 10)
    yield _ratio(f"{wall.name}: load, one call, close; beside a fresh `python -c 'import numpy'`", visits, fresh, 15)
    if wall.name == "docker":
        visits, run = in_turns(visit, lambda: _docker_run(wall.image), 60, 6)
        yield _ratio("docker: the same beside `docker run --rm` of its image importing numpy", visits, run, 60)
    with sandbox.open(ECHO, LIMITS) as policy:
        small = statistics.median(timed(lambda: policy.call("echo", 1)) for _ in range(5000))
        bound = 60 if wall.name == "local" else 100
        yield Row(f"{wall.name}: one small call", f"{1e6 * small:.0f} us", f"{bound} us", small <= bound / 1e6)
        many = statistics.median(timed(lambda: policy.call_many("echo", [[1]] * 1000)) for _ in range(20)) / 1000
        yield Row(f"{wall.name}: one of 1,000 calls in a frame", f"{1e6 * many:.1f} us", "-", met=True)
        yield _beside_a_pipe(wall.name, policy)
    sandbox.close()


def ends(wall: Choice) -> Iterator[Row]:
    """Yield how soon after its limit a program is ended."""
    sandbox = open_sandbox(wall, core=min(os.sched_getaffinity(0)))
    late = max(_overtime(sandbox.open(LOOP, LIMITS)) for _ in range(20))
    sandbox.close()
    yield Row(f"{wall.name}: worst of 20 timeouts, after the limit", f"{1e3 * late:.0f} ms", "250 ms", late <= 0.25)
    with_evaluator = choose(wall.name, Needs(inside="evaluator"))
    sandbox = open_sandbox(with_evaluator)
    late = max(_overtime(sandbox.open(BOMB, LIMITS)) for _ in range(5))
    sandbox.close()
    yield Row(f"{wall.name}: worst of 5 fork bombs, after the limit", f"{1e3 * late:.0f} ms", "1 s", late <= 1)


def busy_cores(wall: Choice) -> Row:
    """Return how much of the cores 200 evaluations use whose simulator is the work."""
    slots = min(2, len(os.sched_getaffinity(0)))
    with tempfile.TemporaryDirectory() as folder:
        for name, content in PACK.items():
            Path(folder, "busy").mkdir(exist_ok=True)
            Path(folder, "busy", name).write_text(content)
        pool = WorkerPool(open_pack(Path(folder, "busy")), wall=wall, count=slots)
        _evaluate(pool, slots)
        wall_seconds = timed(lambda: _evaluate(pool, 200))
        pool.close()
    share = 200 * 0.1 / (slots * wall_seconds)
    what = f"{wall.name}: {slots} cores, share that 200 simulators of 0.1 s CPU get"
    return Row(what, f"{share:.0%}", "90 %", share >= 0.9)


def in_turns(first: Callable[[], object], second: Callable[[], object], times: int, rounds: int) -> tuple[float, float]:
    """Return the median seconds of two actions that take turns; the first is done `times` times a turn."""
    firsts: list[float] = []
    seconds: list[float] = []
    for _ in range(rounds):
        firsts += [timed(first) for _ in range(times)]
        seconds.append(timed(second))
    return statistics.median(firsts), statistics.median(seconds)


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that `action` takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


@contextmanager
def _pinned() -> Iterator[None]:
    """Do as an evaluation worker does: take a core."""
    with closing(Pin(1)):
        yield


def _fresh_python() -> None:
    subprocess.run([sys.executable, "-c", NUMPY], check=True)


def _docker_run(image: str) -> None:
    command = ["docker", "run", "--rm", "--network", "none", "--entrypoint", "python3", image, "-c", NUMPY]
    subprocess.run(command, check=True)


def _ratio(what: str, ours: float, theirs: float, bound: int) -> Row:
    return Row(what, f"{1e3 * ours:.1f} ms, 1/{theirs / ours:.0f}", f"1/{bound}", theirs / ours >= bound)


def _beside_a_pipe(name: str, policy: Policy) -> Row:
    array = np.zeros(MEGABYTE, np.uint8)
    with subprocess.Popen([sys.executable, "-c", MIRROR], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as mirror:
        assert mirror.stdin is not None
        assert mirror.stdout is not None
        to, back = mirror.stdin.fileno(), mirror.stdout.fileno()
        _through(to, back)
        call, pipe = in_turns(lambda: policy.call("echo", array), lambda: _through(to, back), 1, 200)
        mirror.kill()
    what = f"{name}: 1 MB in and out of a call, beside a plain pipe to and from a process"
    return Row(what, f"{1e6 * call:.0f} us, {call / pipe:.1f}x", "3x", call <= 3 * pipe)


def _through(to: int, back: int) -> None:
    """Send a megabyte through one pipe and take it back from another."""
    data, size = memoryview(bytes(MEGABYTE)), 0
    while size < MEGABYTE:
        size += os.write(to, data[size : size + (1 << 16)])
    while size:
        size -= len(os.read(back, 1 << 16))


def _overtime(opened: AbstractContextManager[Policy]) -> float:
    with opened as policy:
        begun = time.perf_counter()
        with suppress(CandidateFailed):
            policy.call("loop")
        return time.perf_counter() - begun - LIMITS.call_seconds


def _evaluate(pool: WorkerPool, count: int) -> None:
    waiting: list[Future[Evaluation]] = []
    while count or waiting:
        while count and pool.free:
            waiting.append(pool.evaluate(ECHO, "train"))
            count -= 1
        waiting.pop(0).result()


if __name__ == "__main__":
    main()
