"""Docker's command line: the engine behind it may also be podman's (`executable="podman"`)."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from adrs.errors import SandboxUnavailable

LABEL = "adrs=1"
_OWNER = "adrs.owner"
_FOLDER = "adrs-"
_LOCAL = "Start the engine, or use the local sandbox (--on local)."


def docker(*arguments: str, executable: str = "docker", seconds: float = 60, stdin: bytes = b"") -> str:
    """Return what `docker ARGUMENTS` prints, without surrounding blanks.

    Raises:
        SandboxUnavailable: It is not installed, its engine does not answer in time, or it refuses.
    """
    name = f"{executable} {arguments[0]}"
    try:
        done = subprocess.run([executable, *arguments], input=stdin, capture_output=True, timeout=seconds, check=False)
    except OSError as error:
        raise SandboxUnavailable(f"{executable!r} cannot be run: {error.strerror}", _LOCAL) from None
    except subprocess.TimeoutExpired:
        raise SandboxUnavailable(f"`{name}` did not answer within {seconds:g} s", _LOCAL) from None
    if done.returncode:
        raise SandboxUnavailable(f"`{name}` failed: {_last_line(done.stderr or done.stdout)}", _LOCAL)
    return done.stdout.decode(errors="replace").strip()


def owner_labels() -> tuple[str, ...]:
    """Return the options by which `remove_leftovers` will know a container of this process."""
    return ("--label", LABEL, "--label", f"{_OWNER}={_owner(os.getpid())}")


def remove_leftovers(*, executable: str = "docker") -> None:
    """Remove the containers, and the folders in the system's temporary one, whose owners are dead.

    A runner ends with its owner by itself, so that there is only something to do after a mishap of the engine.

    Raises:
        SandboxUnavailable: The engine does not answer.
    """
    for folder in leftover_folders():
        shutil.rmtree(folder, ignore_errors=True)
    dead = leftover_containers(executable=executable)
    if dead:
        docker("rm", "--force", *dead, executable=executable)


def leftover_containers(*, executable: str = "docker") -> list[str]:
    """Return the containers whose owners are dead.

    Raises:
        SandboxUnavailable: The engine does not answer.
    """
    form = '{{.ID}} {{.Label "' + _OWNER + '"}}'
    listed = docker("ps", "--all", "--filter", f"label={LABEL}", "--format", form, executable=executable)
    rows = [line.split() for line in listed.splitlines()]
    return [row[0] for row in rows if len(row) == 2 and _dead(row[1])]


def leftover_folders() -> list[Path]:
    """Return the folders in the system's temporary one whose owners are dead."""
    found = []
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{_FOLDER}*")):
        owner = folder.name.removeprefix(_FOLDER).rpartition("-")[0]
        if owner.count("-") == 3 and _dead(owner):
            found.append(folder)
    return found


def private_folder() -> Path:
    """Return a new folder that only this user can enter, and that `remove_leftovers` knows as this process's."""
    return Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{_owner(os.getpid())}-"))


def _last_line(output: bytes) -> str:
    """Return the last line of a command's complaint that is no hint at its manual."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines()]
    said = [line for line in lines if line and not line.startswith(("Run 'docker", "See 'docker", "Try `"))]
    return said[-1][-500:] if said else "it does not say why"


def _owner(pid: int) -> str:
    """Return a name for a process that no other process of this machine ever gets."""
    started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return f"{_namespace()}-{pid}-{started}"


def _namespace() -> str:
    """Return which machine, boot and process namespace this is; process numbers mean nothing elsewhere."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    return f"{boot}-{Path('/proc/self/ns/pid').stat().st_ino}"


def _dead(owner: str) -> bool:
    namespace, pid, _ = owner.rsplit("-", 2)
    if namespace != _namespace():
        return False  # not ours to judge
    try:
        return _owner(int(pid)) != owner
    except FileNotFoundError:
        return True
