"""A sandbox that protects from nothing: what the suite must report if a wall does not stand."""

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from adrs.evaluation import CandidateFailed, Status
from adrs.problem import Limits
from adrs.program import Program
from adrs.sandbox import Data, Held, Policy

_ENVIRONMENT = {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
_SERVER = Path(__file__).with_name("unwalled_server.py")


class Unwalled:
    """Runs programs in a plain process that inherits everything; `patience` times the limit of a call holds."""

    name = "unwalled"

    def __init__(self) -> None:
        self.patience = 1.0
        self.before_open: Callable[[Program], None] = lambda program: None
        self._start()

    @contextmanager
    def open(self, program: Program, limits: Limits) -> Iterator[Policy]:
        self.before_open(program)
        if self._process.poll() is not None:
            self.close()
            self._start()
        policy = _Policy(self, limits.call_seconds * self.patience)
        policy.ask("load", program.source)
        yield policy

    def exchange(self, request: object, seconds: float) -> list[Any]:
        """Return the other side's answer; a crash if it has died."""
        self._channel.sendall(json.dumps(request).encode() + b"\n")
        if not select.select([self._channel], [], [], seconds)[0]:
            self._end()
            raise CandidateFailed(Status.TIMED_OUT, f"a call took more than {seconds} s")
        try:
            answer: list[Any] = json.loads(self._answers.readline())
        except (ValueError, ConnectionError):
            self._end()
            answer = ["crashed", "it said something else, or died"]
        return answer

    def close(self) -> None:
        self._answers.close()
        self._channel.close()
        self._end()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()

    def _start(self) -> None:
        self._channel, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, str(_SERVER), str(theirs.fileno())]
            self._process = subprocess.Popen(
                command, env={**os.environ, **_ENVIRONMENT}, pass_fds=[theirs.fileno()], stderr=subprocess.DEVNULL
            )
        self._answers = self._channel.makefile()
        assert self._answers.readline() == "ready\n"


class _Policy:
    def __init__(self, sandbox: Unwalled, seconds: float) -> None:
        self._sandbox, self._seconds = sandbox, seconds
        self._held: list[Data] = []

    def hold(self, value: Data) -> Held:
        self._held.append(value)
        return Held(len(self._held) - 1)

    def call(self, function: str, *args: Data) -> Data:
        given = [self._held[arg.key] if isinstance(arg, Held) else arg for arg in args]
        return self.ask(function, *(value.tolist() if isinstance(value, np.ndarray) else value for value in given))

    def call_many(self, function: str, calls: Sequence[Sequence[Data]]) -> list[Data]:
        return [self.call(function, *call) for call in calls]

    def timed(self, function: str, *args: Data) -> Any:
        raise NotImplementedError(f"{function}{args} is not timed here")

    def ask(self, *request: object) -> Data:
        answer = self._sandbox.exchange(request, self._seconds)
        if answer[0] != "answer":
            raise CandidateFailed(Status.CRASHED, answer[1])
        found: Data = answer[1]
        return found
