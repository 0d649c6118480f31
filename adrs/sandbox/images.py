"""The image that candidates run on: Python and numpy, and what a pack adds. The runner is mounted, not built in."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from adrs.errors import SandboxUnavailable
from adrs.resources import folder
from adrs.sandbox.containers import docker

BASE = "python:3.12-slim"
PACKAGES = "/adrs-packages"
"""Where in an image the packages lie that a pack adds."""
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
    docker("version", executable=executable)
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


def outdated_images(*, executable: str = "docker") -> list[str]:
    """Return the tags of the images that were built from another Dockerfile than the present one.

    Raises:
        SandboxUnavailable: No engine answers.
    """
    form = "{{.ID}} {{.Repository}}:{{.Tag}}"
    ours = docker("images", "--filter", f"label={_LABEL}", "--format", form, executable=executable).splitlines()
    held = [f"{_LABEL}={_version()}", f"{_LABEL}=with-packages"]
    kept = {
        line
        for label in held
        for line in docker("images", "--filter", f"label={label}", "--format", form, executable=executable).splitlines()
    }
    return sorted(line.split()[1] for line in set(ours) - kept if "<none>" not in line)


def image_bytes(image: str, *, executable: str = "docker") -> int:
    """Return the size of an image.

    Raises:
        SandboxUnavailable: No engine answers, or it has no such image.
    """
    return int(docker("image", "inspect", "--format", "{{.Size}}", image, executable=executable))


def content_id(image: str, *, executable: str = "docker") -> str:
    """Return the hash of what is in an image, which its tag says nothing of.

    Raises:
        SandboxUnavailable: No engine answers, or it has no such image.
    """
    return docker("image", "inspect", "--format", "{{.Id}}", image, executable=executable)


def add_packages(image: str, packages: Sequence[str], *, executable: str = "docker") -> str:
    """Return the tag of an image that has pinned packages beside what is in `image`; build it where it is missing.

    They are installed by the package installer of this machine, with its settings, for the image's version of Python
    and beside the image's version of numpy; nothing runs in a container for it.

    Raises:
        SandboxUnavailable: No engine answers, or a package cannot be had.
    """
    found = content_id(image, executable=executable)
    tag = f"adrs-sandbox:{hashlib.sha256(' '.join((found, *sorted(packages))).encode()).hexdigest()[:12]}"
    if docker("images", "--quiet", tag, executable=executable):
        return tag
    with tempfile.TemporaryDirectory(prefix="adrs-") as context:
        _install(packages, Path(context, "packages"), *_inside(image, executable))
        Path(context, "Dockerfile").write_text(f"FROM {image}\nCOPY packages {PACKAGES}\n")
        options = ("--label", f"{_LABEL}=with-packages", "--tag", tag)
        docker("build", *options, context, executable=executable, seconds=_BUILD_SECONDS)
    return tag


def _inside(image: str, executable: str) -> list[str]:
    """Return the versions of Python and of numpy in `image`."""
    ask = "import sys, numpy; print('%d.%d' % sys.version_info[:2], numpy.__version__)"
    run = ("run", "--rm", "--network", "none", "--entrypoint", "python3", image, "-c", ask)
    return docker(*run, executable=executable).split()


def _install(packages: Sequence[str], target: Path, python: str, numpy: str) -> None:
    uv = shutil.which("uv")
    tool = [uv, "pip", "install", "--quiet"] if uv else [sys.executable, "-m", "pip", "install", "--quiet"]
    options = ["--target", str(target), "--python-version", python, "--only-binary", ":all:"]
    done = subprocess.run([*tool, *options, *packages, f"numpy=={numpy}"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SandboxUnavailable(
            f"{', '.join(packages)} cannot be installed for Python {python} with numpy {numpy}: {done.stderr[-500:]}",
            "Change the versions in the pack's problem.toml, or build the image on another base.",
        )


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
