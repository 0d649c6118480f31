"""Which wall to use on this machine, why, and what it protects."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from adrs.errors import SandboxUnavailable, UsageError
from adrs.sandbox import Needs
from adrs.sandbox.containers import docker
from adrs.sandbox.docker import DockerSandbox
from adrs.sandbox.images import add_packages, build, find_image
from adrs.sandbox.link import Walls
from adrs.sandbox.local import LocalSandbox, require

Name = Literal["auto", "local", "docker"]
_PATIENCE = 5.0  # seconds that an engine may take to answer before it counts as absent
_PULL_SECONDS = 300.0


@dataclass(frozen=True)
class Choice:
    """A wall.

    Attributes:
        name: Which one.
        reason: Why, in one sentence for the user.
        image: What the containers run; empty for the local wall.
        needs: What was asked of it.
    """

    name: Literal["local", "docker"]
    reason: str
    image: str = ""
    needs: Needs = field(default_factory=Needs)


@dataclass(frozen=True)
class Protection:
    """One thing that a candidate might harm.

    Attributes:
        what: The thing.
        protected: Whether it is out of the candidate's reach.
        why: By what, or why not.
    """

    what: str
    protected: bool
    why: str


_ALWAYS = (
    Protection(
        "the score",
        True,
        "the evaluator runs in another process; only plain data crosses, and is checked (a foreign evaluator runs"
        " beside its candidate: such scores are marked self-scored)",
    ),
    Protection("time", True, "deadlines are kept outside, and a late candidate's process is killed"),
    Protection("memory", True, "the address space of a candidate is limited"),
    Protection("processes and threads", True, "a candidate can start none; beside a foreign evaluator, up to 64"),
    Protection("keys in the environment", True, "the environment is empty"),
    Protection(
        "the kernel", False, "it is shared: a program that exploits a hole in it is outside; keep it up to date"
    ),
    Protection("the speed of neighbours", False, "caches and memory bandwidth are shared with what runs beside"),
)


def choose(name: Name = "auto", needs: Needs | None = None) -> Choice:
    """Return which wall `name` means here. `auto`: containers where an engine can run them, else the local wall.

    May build the image, once for this machine, which can take minutes: call it before work is spread over
    processes, and give them the choice that it returns.

    Raises:
        SandboxUnavailable: What was asked for is not here: an engine, an image, a runtime, a package, bubblewrap.
        UsageError: A runtime was asked for, and the local wall.
    """
    needs = needs or Needs()
    if name != "local" and needs.runtime:
        return _rehearsed(_in_docker(f"the runtime {needs.runtime!r} was asked for", needs, build))
    if name == "local":
        return _here("the local sandbox was asked for", needs)
    if name == "docker":
        return _in_docker("Docker was asked for", needs, build)
    if not docker_answers():
        return _here("no Docker engine answers", needs)
    try:
        build_quickly = functools.partial(build, seconds=_PULL_SECONDS)
        return _rehearsed(_in_docker("a Docker engine answers", needs, build_quickly))
    except SandboxUnavailable as error:
        reason = f"a Docker engine answers, but {error} (choose docker to see the way out)"
        return _here(reason, needs)


def _here(reason: str, needs: Needs) -> Choice:
    if needs.runtime:
        raise UsageError(
            f"the runtime {needs.runtime!r} is for containers, and candidates are to run in the local sandbox",
            "Leave out --runtime, or give --on docker.",
        )
    require(needs)
    return Choice("local", reason, needs=needs)


def _in_docker(reason: str, needs: Needs, make: Callable[[], str]) -> Choice:
    image = find_image() or make()
    return Choice("docker", reason, add_packages(image, needs.packages) if needs.packages else image, needs)


def _rehearsed(choice: Choice) -> Choice:
    """Return `choice` if a container can be started and spoken to: an engine in a virtual machine shares no socket."""
    sandbox = DockerSandbox(choice.image, choice.needs)
    try:
        _ = sandbox.walls
    finally:
        sandbox.close()
    return choice


def open_sandbox(choice: Choice, *, slot: int = 0, core: int | None = None) -> LocalSandbox | DockerSandbox:
    """Return the sandbox that was chosen; it starts what it needs when it is first used.

    Args:
        choice: Which one.
        slot: Number of the evaluation slot that it serves, shown where processes are listed.
        core: The core that candidates are pinned to; a local wall's run where the calling thread may run.
    """
    if choice.name == "docker":
        return DockerSandbox(choice.image, choice.needs, slot=slot, core=core)
    return LocalSandbox(choice.needs)


def docker_answers() -> bool:
    """Return whether a Docker engine can be used."""
    try:
        return bool(docker("version", "--format", "{{.Server.Version}}", seconds=_PATIENCE))
    except SandboxUnavailable:
        return False


def protections(name: Name = "auto") -> list[Protection]:
    """Return what the wall that `name` means protects here, and what it does not.

    Raises:
        SandboxUnavailable: The wall does not stand at all.
    """
    choice = choose(name)
    if choice.name == "docker":
        return [*_contained(_walls(DockerSandbox(choice.image)), "the container"), *_ALWAYS]
    sandbox = LocalSandbox()
    found = _walls(sandbox)
    return [*(_contained(found, "its namespace") if sandbox.namespaces else _on_this_machine(found)), *_ALWAYS]


def _walls(sandbox: DockerSandbox | LocalSandbox) -> Walls:
    try:
        return sandbox.walls
    finally:
        sandbox.close()


def _on_this_machine(walls: Walls) -> list[Protection]:
    calls = "seccomp refuses the system calls"
    files = calls if walls.seccomp else f"Landlock {walls.landlock} forbids all" if walls.landlock else ""
    others = calls if walls.seccomp else "Landlock forbids all" if walls.landlock >= 6 else ""
    if walls.user is not None:
        others = others or f"candidates run as user {walls.user}"
    return [
        Protection("files", bool(files), files or "neither seccomp nor Landlock works here"),
        Protection("the network", walls.seccomp, calls if walls.seccomp else "seccomp does not work here"),
        Protection("other processes", bool(others), others or "candidates run as the user who runs adrs"),
    ]


def _contained(walls: Walls, what: str) -> list[Protection]:
    more = ", and seccomp refuses the system calls" if walls.seccomp else ""
    return [
        Protection("files", True, f"{what} shows few, read-only{more}"),
        Protection("the network", True, f"{what} has none{more}"),
        Protection("other processes", True, f"{what} shows none{more}"),
    ]
