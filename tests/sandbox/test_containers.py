"""Engines that fail in every way, played by small scripts."""

import os
import tempfile
from pathlib import Path

import pytest

from adrs.errors import SandboxUnavailable
from adrs.sandbox import containers
from adrs.sandbox.choice import choose, docker_answers, protections
from adrs.sandbox.containers import docker
from adrs.sandbox.docker import DockerSandbox
from adrs.sandbox.images import build, find_image
from tests.sandbox.conftest import HONEST, LIMITS


def engine(folder: Path, script: str) -> str:
    """Write a `docker` that runs `script`; return its path."""
    path = folder / "docker"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only place where commands are looked for."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_the_output_is_returned(tmp_path: Path) -> None:
    assert docker("version", executable=engine(tmp_path, 'echo " 1.2 $1 "')) == "1.2 version"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exec sleep 5", "did not answer within 0.1 s"),
        ("echo noise >&2; echo 'Cannot connect to the daemon' >&2; exit 1", "failed: Cannot connect to the daemon"),
        ("echo 'no such image' >&2; echo \"Run 'docker run --help'\" >&2; exit 125", "failed: no such image"),
        ("exit 3", "failed: it does not say why"),
    ],
)
def test_an_engine_that_fails_is_unavailable(tmp_path: Path, script: str, message: str) -> None:
    with pytest.raises(SandboxUnavailable, match=message) as failure:
        docker("ps", executable=engine(tmp_path, script), seconds=0.1 if "sleep" in script else 5)
    assert failure.value.todo


def test_a_missing_engine_is_unavailable(path: Path) -> None:
    with pytest.raises(SandboxUnavailable, match="'docker' cannot be run: No such file"):
        docker("ps")
    assert not docker_answers()


def test_without_an_engine_auto_is_local(path: Path) -> None:
    choice = choose("auto")
    assert (choice.name, choice.image, choice.reason) == ("local", "", "no Docker engine answers")
    with pytest.raises(SandboxUnavailable):
        choose("docker")


def test_an_image_that_is_there_is_used(path: Path) -> None:
    engine(
        path, 'case "$1" in images) echo adrs-sandbox:1;; run) echo "no bind mounts" >&2; exit 1;; *) echo 20;; esac'
    )
    assert docker_answers()
    assert find_image() == choose("docker").image == "adrs-sandbox:1"
    assert choose("local").name == "local"
    assert choose("auto").name == "local"
    assert "no bind mounts" in choose("auto").reason


def test_an_image_that_cannot_be_built_is_a_reason_for_the_local_wall(path: Path) -> None:
    engine(path, 'case "$1" in build) echo "no such host" >&2; exit 1;; version) echo 20;; esac')
    choice = choose("auto")
    assert choice.name == "local"
    assert "'python:3.12-slim'" in choice.reason
    assert "no such host" in choice.reason
    with pytest.raises(SandboxUnavailable) as failure:
        choose("docker")
    assert "--rootfs FILE" in failure.value.todo


def test_a_build_is_told_what_to_start_from(path: Path) -> None:
    engine(path, f'echo "$@" >> {path}/log; [ "$1" != build ] || [ "$(echo)" = "" ]')
    rootfs = path / "root.tar"
    rootfs.write_bytes(b"files")
    tags = [build(), build("alpine:3"), build(rootfs=rootfs)]
    log = (path / "log").read_text()
    assert len(set(tags)) == 3
    assert all(tag.startswith("adrs-sandbox:") for tag in tags)
    assert "BASE=python:3.12-slim" in log
    assert "BASE=alpine:3" in log
    assert f"import {rootfs} adrs-rootfs:" in log
    assert build() == tags[0]


def test_a_root_file_system_must_exist(path: Path) -> None:
    engine(path, "echo")
    with pytest.raises(SandboxUnavailable, match="cannot be read"):
        build(rootfs=path / "none.tar")


def test_a_container_that_does_not_start_is_no_candidates_failure(path: Path) -> None:
    engine(path, 'case "$1" in run) echo "no such image" >&2; exit 125;; esac')
    wall = DockerSandbox("adrs-sandbox:none")
    with pytest.raises(SandboxUnavailable, match="no such image"), wall.open(HONEST, LIMITS):
        pass


def test_only_containers_of_dead_owners_are_leftovers(path: Path) -> None:
    here = containers._owner(os.getpid())
    namespace = here.rsplit("-", 2)[0]
    rows = f"alive {here}\\nreused {namespace}-{os.getpid()}-1\\ndead {namespace}-4194304-1\\nelsewhere x-1-4194304-1"
    engine(path, f'[ "$1" = ps ] && printf \'{rows}\\n\' || echo "$@" > {path}/log')
    containers.remove_leftovers()
    assert (path / "log").read_text() == "rm --force reused dead\n"


def test_the_doctor_hears_what_is_protected() -> None:
    found = {row.what: row for row in protections("local")}
    assert {"files", "the network", "other processes", "the score", "the kernel"} <= set(found)
    assert all(row.why for row in found.values())
    assert not found["the kernel"].protected
    assert found["the score"].protected


def test_folders_of_the_dead_are_removed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(path))
    engine(path, "exit 0")
    mine = containers.private_folder()
    namespace = containers._owner(os.getpid()).rsplit("-", 2)[0]
    dead, other = path / f"adrs-{namespace}-4194304-1-abc", path / "adrs-of-somebody"
    dead.mkdir()
    other.mkdir()
    containers.remove_leftovers()
    assert (mine.exists(), other.exists(), dead.exists()) == (True, True, False)
