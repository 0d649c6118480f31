"""The walls under test, and what must be true after every candidate."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from adrs.problem import Limits
from adrs.program import Program
from adrs.sandbox import Data
from adrs.sandbox.choice import choose, open_sandbox
from adrs.sandbox.containers import docker, owner_labels
from adrs.sandbox.docker import DockerSandbox
from adrs.sandbox.local import LocalSandbox

Wall = LocalSandbox | DockerSandbox

LIMITS = Limits(seconds=20, call_seconds=5, cpu_seconds=5, memory_mb=128, answer_mb=1)
HONEST = Program("""
import random
import numpy as np

def priority(p, d):
    names = {"alpha", "beta", "gamma", "delta"}
    return [np.maximum(p, d) * random.random() + np.random.rand(), hash("adrs"), *names, sum(p.tolist())]
""")


@pytest.fixture(scope="module", params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Wall]:
    wall = open_sandbox(choose(request.param))
    assert isinstance(wall, LocalSandbox | DockerSandbox)
    yield wall
    wall.close()


@pytest.fixture(scope="module")
def before(sandbox: Wall) -> tuple[str, set[int]]:
    return honest_answer(sandbox), processes(sandbox)


@pytest.fixture
def untouched(sandbox: Wall, before: tuple[str, set[int]]) -> Iterator[None]:
    """The runner outlives the test, no process of the candidate does, and an honest program answers as before."""
    yield
    assert (honest_answer(sandbox), processes(sandbox)) == before
    assert len(processes(sandbox)) == 1


def ask(sandbox: Wall, source: str, *args: Data, limits: Limits = LIMITS) -> Data:
    """Return what the program's `f` answers."""
    with sandbox.open(Program(source), limits) as policy:
        return policy.call("f", *args)


def honest_answer(sandbox: Wall) -> str:
    with sandbox.open(HONEST, LIMITS) as policy:
        answer: Data = policy.call("priority", np.arange(5.0), np.full(5, 2.0))
    return repr(answer)


def processes(sandbox: Wall) -> set[int]:
    """Return the runner's process and those that it, or its candidates' user, has started."""
    walls = sandbox.walls
    if isinstance(sandbox, DockerSandbox):
        [container] = docker("ps", "--quiet", "--filter", f"label={owner_labels()[-1]}").split()
        return set(map(int, docker("top", container, "-o", "pid").split()[1:]))
    return {pid for pid, parent, user in _table() if walls.pid in (pid, parent) or user == walls.user}


def _table() -> Iterator[tuple[int, int, int]]:
    """Yield number, parent and user of every process of this machine."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            yield int(folder.name), int(parent), folder.stat().st_uid
        except (FileNotFoundError, ProcessLookupError):
            continue
