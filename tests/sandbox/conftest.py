"""The walls under test, and what they are asked."""

from collections.abc import Iterator

import numpy as np
import pytest

from adrs.problem import Limits
from adrs.program import Program
from adrs.sandbox import Data
from adrs.sandbox.choice import choose, open_sandbox
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


def ask(sandbox: Wall, source: str, *args: Data, limits: Limits = LIMITS) -> Data:
    """Return what the program's `f` answers."""
    with sandbox.open(Program(source), limits) as policy:
        return policy.call("f", *args)


def honest_answer(sandbox: Wall) -> str:
    with sandbox.open(HONEST, LIMITS) as policy:
        answer: Data = policy.call("priority", np.arange(5.0), np.full(5, 2.0))
    return repr(answer)
