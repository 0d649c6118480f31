"""The life of containers."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adrs.errors import SandboxUnavailable
from adrs.program import Program
from adrs.sandbox.containers import _namespace, docker, owner_labels, remove_leftovers
from adrs.sandbox.docker import DockerSandbox
from adrs.sandbox.images import build, find_image
from tests.sandbox.conftest import HONEST, LIMITS, ask, honest_answer
from tests.sandbox.test_local import HOST

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def image() -> str:
    return find_image() or build()


@pytest.fixture
def sandbox(image: str) -> Iterator[DockerSandbox]:
    wall = DockerSandbox(image, slot=3)
    yield wall
    wall.close()


def running(label: str) -> list[str]:
    return docker("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={label}").split()


def mine() -> list[str]:
    return running(owner_labels()[-1])


def vanishes(label: str) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not running(label):
            return True
        time.sleep(0.05)
    return False


def test_the_container_is_as_closed_as_it_can_be(sandbox: DockerSandbox) -> None:
    ask(sandbox, "def f(): pass")
    [container] = mine()
    [found] = json.loads(docker("inspect", container))
    host, config = found["HostConfig"], found["Config"]
    assert host["NetworkMode"] == "none"
    assert host["IpcMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["Privileged"] is False
    assert host["CapDrop"] == ["ALL"]
    assert sorted(cap.removeprefix("CAP_") for cap in host["CapAdd"]) == ["KILL", "SETGID", "SETUID"]
    assert "no-new-privileges" in host["SecurityOpt"]
    assert host["Memory"] == host["MemorySwap"] == (LIMITS.memory_mb + 256) << 20
    assert host["NanoCpus"] == 10**9
    assert host["PidsLimit"] == 16
    assert host["AutoRemove"] is True
    assert config["Labels"]["adrs"] == "1"
    assert config["Labels"]["adrs.slot"] == "3"
    assert not [line for line in config["Env"] if "KEY" in line or "TOKEN" in line]
    assert [mount["Destination"] for mount in found["Mounts"] if mount["RW"]] == ["/adrs/sockets"]
    assert not [mount["Source"] for mount in found["Mounts"] if mount["RW"] and Path(mount["Source"]).exists()]


def test_closing_removes_the_container(sandbox: DockerSandbox) -> None:
    ask(sandbox, "def f(): pass")
    assert len(mine()) == 1
    sandbox.close()
    assert mine() == []


def test_a_dead_container_is_replaced(sandbox: DockerSandbox) -> None:
    before, [container] = honest_answer(sandbox), mine()
    docker("kill", container)
    assert vanishes(f"{owner_labels()[-1]}")
    assert honest_answer(sandbox) == before


def test_a_container_that_dies_in_an_evaluation_is_no_fault_of_the_candidate(sandbox: DockerSandbox) -> None:
    with pytest.raises(SandboxUnavailable, match="runner"), sandbox.open(HONEST, LIMITS):
        docker("kill", *mine())
    assert ask(sandbox, "def f(): return 1") == 1


def test_more_memory_takes_another_container(sandbox: DockerSandbox) -> None:
    ask(sandbox, "def f(): pass")
    [first] = mine()
    ask(sandbox, "def f(): pass", limits=LIMITS.model_copy(update={"memory_mb": 256}))
    [second] = mine()
    ask(sandbox, "def f(): pass")
    assert mine() == [second] != [first]


def test_a_killed_host_leaves_no_container_behind() -> None:
    before = set(running("adrs=1"))
    with subprocess.Popen([sys.executable, "-c", HOST, "docker"], stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None
        host.stdout.readline()
        label = f"adrs.owner={_namespace()}-{host.pid}"
        [container] = [
            name for name in set(running("adrs=1")) - before if label in docker("inspect", name).replace('": "', "=")
        ]
        host.kill()
    deadline = time.monotonic() + 10
    while container in running("adrs=1") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert container not in running("adrs=1")


def test_leftovers_of_the_dead_are_removed(image: str, sandbox: DockerSandbox) -> None:
    ask(sandbox, "def f(): pass")
    owner = f"adrs.owner={_namespace()}-{os.getpid()}-1"
    sleep = ("--entrypoint", "python3", image, "-c", "import time; time.sleep(60)")
    docker("run", "--detach", "--rm", "--network", "none", "--label", "adrs=1", "--label", owner, *sleep)
    assert len(running(owner)) == 1
    remove_leftovers()
    assert running(owner) == []
    assert len(mine()) == 1


def test_an_unknown_image_is_unavailable() -> None:
    wall = DockerSandbox("adrs-sandbox:none")
    with pytest.raises(SandboxUnavailable, match="adrs-sandbox:none"), wall.open(Program(""), LIMITS):
        pass


def test_a_container_that_ends_at_once_says_why(image: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("adrs.sandbox.docker.OPTIONS", ("--no-such-option",))
    wall = DockerSandbox(image)
    with pytest.raises(SandboxUnavailable, match="usage: python3"), wall.open(Program(""), LIMITS):
        pass
    assert mine() == []


def test_an_image_is_built_once(image: str) -> None:
    tag = build(image)
    try:
        assert build(image) == tag
    finally:
        docker("rmi", tag)


@pytest.mark.slow
def test_an_image_is_built_from_a_file_system(image: str, tmp_path: Path) -> None:
    before = set(imports())
    container = docker("create", image, "true")
    try:
        docker("export", "--output", str(tmp_path / "root.tar"), container, seconds=300)
    finally:
        docker("rm", container)
    tag = build(rootfs=tmp_path / "root.tar")
    wall = DockerSandbox(tag)
    try:
        assert ask(wall, "def f(): return 1") == 1
    finally:
        wall.close()
        docker("rmi", tag, *set(imports()) - before)


def imports() -> list[str]:
    return docker("images", "--format", "{{.Repository}}:{{.Tag}}", "adrs-rootfs").split()
