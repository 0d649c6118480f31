"""The image that candidates run on: Python and numpy. The runner is mounted: a new one needs no new image."""

import hashlib
from pathlib import Path

from adrs.errors import SandboxUnavailable
from adrs.resources import folder
from adrs.sandbox.containers import docker

BASE = "python:3.12-slim"
_LABEL = "adrs.sandbox"
_BUILD_SECONDS = 900.0
_OFFLINE = (
    "Without an image registry: `adrs sandbox build --base IMAGE` with a local image that has Python 3.11 or newer and"
    " numpy, or `adrs sandbox build --rootfs FILE` with a tar file of a root file system that has them."
)


def build(
    base: str | None = None,
    rootfs: Path | None = None,
    *,
    executable: str = "docker",
    seconds: float = _BUILD_SECONDS,
) -> str:
    """Build the image and return its tag, `adrs-sandbox:` and a hash of what it is made from.

    Nothing is downloaded if `base` is a local image that can import numpy, or `rootfs` such a file system.

    Args:
        base: The image to start from; `python:3.12-slim` if neither is given.
        rootfs: A tar file of a root file system to start from.
        executable: The command of the engine.
        seconds: When to give up.

    Raises:
        SandboxUnavailable: No engine answers, or the build failed.
    """
    if rootfs:
        base = _import(rootfs, executable)
    recipe = (folder("sandbox") / "Dockerfile").read_bytes()
    name = base or BASE
    tag = f"adrs-sandbox:{hashlib.sha256(recipe + name.encode()).hexdigest()[:12]}"
    options = ("--build-arg", f"BASE={name}", "--label", f"{_LABEL}={_version()}", "--tag", tag)
    try:
        docker("build", *options, "-", executable=executable, seconds=seconds, stdin=recipe)
    except SandboxUnavailable as error:
        raise SandboxUnavailable(f"the sandbox's image cannot be built from {name!r}: {error}", _OFFLINE) from None
    return tag


def find_image(*, executable: str = "docker") -> str | None:
    """Return the tag of the newest image built from the present Dockerfile; None if there is none.

    Raises:
        SandboxUnavailable: No engine answers.
    """
    form = "{{.Repository}}:{{.Tag}}"
    found = docker("images", "--filter", f"label={_LABEL}={_version()}", "--format", form, executable=executable)
    return next((tag for tag in found.splitlines() if "<none>" not in tag), None)


def _version() -> str:
    return hashlib.sha256((folder("sandbox") / "Dockerfile").read_bytes()).hexdigest()[:12]


def _import(rootfs: Path, executable: str) -> str:
    """Return the tag of an image that holds the file system in `rootfs` and nothing else."""
    try:
        with rootfs.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    except OSError as error:
        raise SandboxUnavailable(f"{str(rootfs)!r} cannot be read: {error.strerror}", "Name a tar file.") from None
    tag = f"adrs-rootfs:{digest}"
    docker("import", str(rootfs), tag, executable=executable, seconds=_BUILD_SECONDS)
    return tag
