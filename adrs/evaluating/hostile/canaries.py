"""What on the host a program might touch, laid out so that a touch shows."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

_VARIABLE = "ADRS_HOSTILE_SECRET"
_CLOCK_SECONDS = 1.0
_READY_SECONDS = 5.0


class Canaries:
    """Files, keys, listeners and a bystander; laid out on entering the context, and gone after it."""

    def __init__(self) -> None:
        self.secret = secrets.token_hex(16)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Canaries":
        with contextlib.ExitStack() as stack:
            self._lay_out(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    @property
    def targets(self) -> Mapping[str, object]:
        """Where everything is; not the secret, which only a touch reveals."""
        return {
            "host": os.getpid(),
            "bystander": self._bystander.pid,
            "home": str(Path.home()),
            "folder": str(self._folder),
            "files": [str(path) for path in self._files],
            "variable": _VARIABLE,
            "tcp": self._listeners["TCP"].getsockname()[1],
            "udp": self._listeners["UDP"].getsockname()[1],
            "path": self._listeners["the socket with a path"].getsockname(),
            "abstract": self._listeners["the abstract socket"].getsockname().decode(),
        }

    def touched(self, said: str) -> tuple[str, ...]:
        """Return what a program did to the host, in words; `said` is all that came out of it."""
        return (*self._read(said), *self._changed(), *self._called(), *self._disturbed())

    def _lay_out(self, stack: contextlib.ExitStack) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="adrs-canaries-"))
        stack.callback(shutil.rmtree, self._folder)
        self._folder.chmod(0o777)
        self._files = [self._write("open", 0o666), self._write("private", 0o600)]
        stack.enter_context(_variable(_VARIABLE, self.secret))
        self._listeners = {name: stack.enter_context(listener) for name, listener in _listeners(self._folder)}
        self._bystander = stack.enter_context(_bystander())
        self._state = self._snapshot()

    def _write(self, name: str, mode: int) -> Path:
        path = self._folder / name
        path.write_text(f"{self.secret}\n")
        path.chmod(mode)
        return path

    def _snapshot(self) -> dict[str, object]:
        """Return everything that must stay as it is; the clock as the difference of two."""
        files = {str(path): (path.read_text(), *_facts(path)) for path in self._files if path.exists()}
        listed = {str(self._folder): sorted(path.name for path in self._folder.iterdir())}
        return {**files, **listed, "the environment": dict(os.environ), "the working folder": Path.cwd()}

    def _read(self, said: str) -> Iterator[str]:
        if self.secret in said:
            yield "it told the secret"

    def _changed(self) -> Iterator[str]:
        now = self._snapshot()
        yield from (f"{name} changed" for name, state in self._state.items() if now.get(name) != state)

    def _called(self) -> Iterator[str]:
        for name, listener in self._listeners.items():
            with contextlib.suppress(BlockingIOError):
                if listener.type == socket.SOCK_DGRAM:
                    listener.recv(1)
                else:
                    listener.accept()[0].close()
                yield f"{name} was spoken to"

    def _disturbed(self) -> Iterator[str]:
        status = Path(f"/proc/{self._bystander.pid}/status").read_text()
        facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        if self._bystander.poll() is not None or facts["State"][0] != "S":
            yield f"the bystander is {facts['State']}"
        if int(facts.get("TracerPid", "0")):
            yield "the bystander is traced"


class Clock:
    """The time of day beside a clock that nobody can set."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    @property
    def turned(self) -> bool:
        """Whether somebody has set the time of day since."""
        return abs(time.time() - time.monotonic() - self._offset) > _CLOCK_SECONDS


def _facts(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return found.st_mode, found.st_uid, found.st_size, found.st_mtime_ns


@contextlib.contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name, None)


def _listeners(folder: Path) -> Iterator[tuple[str, socket.socket]]:
    unix, stream = socket.AF_UNIX, socket.SOCK_STREAM
    yield "TCP", _listener(socket.AF_INET, stream, ("127.0.0.1", 0))
    yield "UDP", _listener(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
    yield "the socket with a path", _listener(unix, stream, str(folder / "socket"))
    yield "the abstract socket", _listener(unix, stream, f"\0adrs-canary-{secrets.token_hex(8)}")


def _listener(family: int, kind: int, address: str | tuple[str, int]) -> socket.socket:
    found = socket.socket(family, kind)
    found.setblocking(False)
    found.bind(address)
    if kind == socket.SOCK_STREAM:
        found.listen()
    return found


@contextlib.contextmanager
def _bystander() -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process that sleeps, once it does."""
    process = subprocess.Popen(["sleep", "600"])
    try:
        _wait_for_sleep(process.pid)
        yield process
    finally:
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # one that is traced ends only with its tracer
            process.wait(_READY_SECONDS)


def _wait_for_sleep(number: int) -> None:
    until = time.monotonic() + _READY_SECONDS
    while Path(f"/proc/{number}/comm").read_text() != "sleep\n" or not _sleeps(number):
        if time.monotonic() > until:
            raise TimeoutError("the bystander does not start")
        time.sleep(0.001)


def _sleeps(number: int) -> bool:
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "S"
