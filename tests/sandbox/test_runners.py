"""When a runner is kept, and when it is replaced."""

import time
from collections.abc import Iterator

import pytest

from adrs.errors import SandboxUnavailable
from adrs.evaluation import CandidateFailed
from adrs.program import Program
from adrs.sandbox import Needs, runners
from adrs.sandbox.choice import choose, open_sandbox
from adrs.sandbox.docker import DockerSandbox
from adrs.sandbox.local import LocalSandbox
from adrs.sandbox.runners import Runner, Runners
from tests.sandbox.conftest import LIMITS, ask

HONEST = Program("def f(): return 1")
FORGER = Program("import os\ndef f():\n  os.write(3, b'garbage' * 99)\n  while True: pass")
CRASHER = Program("def f(): return 1 / 0")


class Counted:
    """Starts local runners, and keeps count of them."""

    def __init__(self) -> None:
        self.started: list[Runner] = []
        self.ended: list[Runner] = []
        self._local = LocalSandbox(namespaces=False)

    def start(self, memory_mb: int) -> Runner:
        runner = self._local._start(memory_mb)
        counted = Watched(runner, self.ended)
        self.started.append(counted)
        return counted


class Watched:
    def __init__(self, runner: Runner, ended: list[Runner]) -> None:
        self._runner, self._ended = runner, ended
        self.link = runner.link

    def close(self) -> None:
        self._ended.append(self)
        self._runner.close()


@pytest.fixture
def counted() -> Counted:
    return Counted()


def serve(kept: Runners, program: Program = HONEST) -> None:
    with kept.open(program, LIMITS) as policy:
        try:
            policy.call("f")
        except CandidateFailed:
            return


def test_a_warm_runner_serves_one_candidate_after_the_other(counted: Counted) -> None:
    kept = Runners(counted.start, Needs())
    for program in (HONEST, CRASHER, HONEST):
        serve(kept, program)
    kept.close()
    assert len(counted.started) == len(counted.ended) == 1


def test_after_violence_another_one_is_started(counted: Counted) -> None:
    kept = Runners(counted.start, Needs())
    serve(kept, FORGER)
    serve(kept)
    assert len(counted.started) == 2
    kept.close()
    assert counted.ended == counted.started


def test_a_runner_does_not_live_for_ever(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "LIFETIME", 3)
    kept = Runners(counted.start, Needs())
    for _ in range(3):
        serve(kept)
    while len(counted.started) < 2:  # the next one starts in the background, and nobody waits for it
        serve(kept)
    serve(kept)
    kept.close()
    assert counted.ended == counted.started


def test_where_isolation_is_fresh_no_two_candidates_share_a_runner(counted: Counted) -> None:
    kept = Runners(counted.start, Needs(isolation="fresh"))
    for _ in range(4):
        serve(kept)
    kept.close()
    assert len(counted.started) >= 4
    assert sorted(map(id, counted.ended)) == sorted(map(id, counted.started))


def test_a_fresh_runner_is_started_ahead_of_time(counted: Counted) -> None:
    kept = Runners(counted.start, Needs(isolation="fresh"))
    with kept.open(HONEST, LIMITS):
        while len(counted.started) < 2:  # while the first candidate runs
            time.sleep(0.01)
    serve(kept)
    kept.close()


def test_a_runner_that_cannot_start_in_the_background_says_so_when_it_is_needed(counted: Counted) -> None:
    def start(memory_mb: int) -> Runner:
        if counted.started:
            raise SandboxUnavailable("no more runners")
        return counted.start(memory_mb)

    kept = Runners(start, Needs(isolation="fresh"))
    serve(kept)
    with pytest.raises(SandboxUnavailable, match="no more runners"):
        serve(kept)
    kept.close()


@pytest.fixture
def fresh() -> Iterator[DockerSandbox]:
    sandbox = open_sandbox(choose("docker", Needs(isolation="fresh")))
    assert isinstance(sandbox, DockerSandbox)
    yield sandbox
    sandbox.close()


@pytest.mark.docker
def test_a_fresh_container_for_each_candidate(fresh: DockerSandbox) -> None:
    hosts = [ask(fresh, "import platform\ndef f(): return platform.node()") for _ in range(3)]
    assert len(set(map(str, hosts))) == 3


@pytest.mark.docker
def test_a_runtime_can_be_named() -> None:
    image = choose("docker").image
    named = DockerSandbox(image, Needs(runtime="runc"))
    assert ask(named, "def f(): return 1") == 1
    named.close()
    missing = DockerSandbox(image, Needs(runtime="no-such-runtime"))
    with pytest.raises(SandboxUnavailable, match="no-such-runtime"):
        ask(missing, "def f(): return 1")
    missing.close()
