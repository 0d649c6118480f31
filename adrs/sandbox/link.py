"""The host's end of a runner: one control connection, over which candidates are started and ended."""

import json
import math
import select
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from adrs.errors import SandboxUnavailable
from adrs.problem import Limits

PATIENCE = 30.0  # seconds in which a runner must start, or end a candidate; the machine may be busy
_AGAIN = "Run the evaluation again; a new runner is started for it."


@dataclass(frozen=True)
class Walls:
    """What a runner says about itself.

    Attributes:
        pid: Its process, in its own namespace.
        user: The user that candidates run as; None where they run as the one who started adrs.
        landlock: Version of Landlock; 0 where the kernel does not offer it.
        seccomp: Whether system calls are filtered.
        python: Version of Python inside.
        numpy: Version of numpy inside.
    """

    pid: int
    user: int | None
    landlock: int
    seccomp: bool
    python: str
    numpy: str


@dataclass(frozen=True)
class Exit:
    """How a candidate's process ended.

    Attributes:
        code: Exit status; the negative number of the signal that killed it. What was still running when it was
            ended was killed by `SIGKILL`.
        cpu_seconds: What it used.
        memory_bytes: The most that it had in memory.
        out_of_memory: Whether the kernel killed a process for memory at that time.
        survivors: Whether something that it had started outlived it, and was killed too.
    """

    code: int
    cpu_seconds: float
    memory_bytes: int
    out_of_memory: bool
    survivors: bool

    @property
    def signal(self) -> str:
        """Name of the signal that killed it; empty if none did."""
        names = {number.value: number.name for number in signal.Signals}
        return names.get(-self.code, f"signal {-self.code}") if self.code < 0 else ""


class Link:
    """The control connection to one runner. One candidate at a time.

    Raises:
        SandboxUnavailable: The runner cannot put anything behind a wall, in every method.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._busy = False
        self._broken = False
        control.settimeout(PATIENCE)
        try:
            self.walls = self._meet()
        except SandboxUnavailable:
            control.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether the runner waits for a request: while it does, it says nothing and keeps its end open."""
        heard = select.poll()
        heard.register(self._control, select.POLLIN)
        return not self._broken and not heard.poll(0)

    def open(self, limits: Limits) -> socket.socket:
        """Start a candidate's process; return the connection to it."""
        if self._busy:
            raise RuntimeError("a sandbox serves one evaluation at a time")
        self._busy = True
        request = {"open": [math.ceil(limits.cpu_seconds), limits.memory_mb << 20]}
        with self._unbroken():
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            with theirs:
                socket.send_fds(self._control, [json.dumps(request).encode()], [theirs.fileno()])
        return ours

    def clock(self) -> float:
        """Return the CPU time in seconds that the candidate's process has used, as the kernel counts it."""
        with self._unbroken():
            self._control.send(b'{"clock": true}')
        return float(self._receive()["cpu_seconds"])

    def end(self) -> Exit:
        """End the candidate and everything that it started."""
        self._busy = False
        with self._unbroken():
            self._control.send(b'{"end": true}')
        return Exit(**self._receive())

    def close(self) -> None:
        """Let the runner go; it ends the candidate, then itself."""
        with suppress(OSError):  # it is gone already
            self._control.shutdown(socket.SHUT_RDWR)  # reaches the runner even if a forked process holds a copy
        self._control.close()

    def _meet(self) -> Walls:
        hello = self._receive()
        if "failed" in hello:
            raise SandboxUnavailable(f"the sandbox's runner cannot start: {hello['failed']}", "See `adrs doctor`.")
        return Walls(**hello)

    def _receive(self) -> Mapping[str, Any]:
        with self._unbroken():
            packet = self._control.recv(1 << 16)
            if not packet:
                raise ConnectionResetError("it has died")
        answer: dict[str, Any] = json.loads(packet)
        return answer

    @contextmanager
    def _unbroken(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._broken = True
            raise SandboxUnavailable(f"the sandbox's runner does not answer: {error}", _AGAIN) from None
        except BaseException:  # an interrupt: what it says next answers a question that nobody waits for
            self._broken = True
            raise
