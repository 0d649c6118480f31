"""Packages that a pack adds."""

from importlib.metadata import version

import pytest

from adrs.errors import SandboxUnavailable
from adrs.program import Program
from adrs.sandbox import Needs
from adrs.sandbox.choice import choose, open_sandbox
from adrs.sandbox.containers import docker
from adrs.sandbox.images import find_image
from adrs.sandbox.local import LocalSandbox
from tests.sandbox.conftest import LIMITS, ask

PROGRAM = Program("""
from sortedcontainers import SortedList
import numpy
def f(): return [list(SortedList([3, 1, 2])), numpy.__version__]
""")


@pytest.mark.docker
@pytest.mark.slow
def test_an_image_gets_the_packages_of_a_pack() -> None:
    before = find_image()
    choice = choose("docker", Needs(packages=("sortedcontainers==2.4.0",), modules=("sortedcontainers",)))
    try:
        assert choice.image != before == find_image()
        assert choose("docker", choice.needs).image == choice.image  # it is built once
        wall = open_sandbox(choice)
        with wall.open(PROGRAM, LIMITS) as policy:
            assert policy.call("f") == [[1, 2, 3], wall.walls.numpy]  # type: ignore[attr-defined]
        wall.close()
    finally:
        docker("rmi", choice.image)


@pytest.mark.docker
@pytest.mark.slow
def test_a_package_that_cannot_be_had_is_named() -> None:
    with pytest.raises(SandboxUnavailable, match="no-such-package-of-adrs==1") as refused:
        choose("docker", Needs(packages=("no-such-package-of-adrs==1",)))
    assert "problem.toml" in refused.value.todo


def test_the_local_wall_takes_what_is_installed() -> None:
    pinned = f"click=={version('click')}"
    wall = LocalSandbox(Needs(packages=(pinned,), modules=("click",)))
    assert ask(wall, "import click\ndef f(): return click.__name__") == "click"
    wall.close()


def test_other_packages_stay_closed() -> None:
    wall = LocalSandbox()
    with pytest.raises(Exception, match="'click' cannot be imported here"):
        ask(wall, "import click\ndef f(): return 1")
    wall.close()


@pytest.mark.parametrize("pinned", ["click==0.0.1", "no-such-package-of-adrs==1"])
def test_the_local_wall_says_what_is_missing(pinned: str) -> None:
    wall = LocalSandbox(Needs(packages=(pinned,)))
    with pytest.raises(SandboxUnavailable, match=pinned) as refused, wall.open(PROGRAM, LIMITS):
        pass
    assert f"uv pip install {pinned}" in refused.value.todo
