"""Inside the wall: loads the program and answers calls to it.

Whatever the program does to this module harms only its own process: everything that is judged is judged outside.
"""

import mmap
import random
import sys
import traceback
import warnings
from collections import deque
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.machinery import BuiltinImporter, FrozenImporter
from socket import socket
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

if TYPE_CHECKING:
    from adrs.sandbox import Data, frames
    from sandbox.runner import Options
else:
    import frames

_FILE = "candidate.py"
_LONGEST_MESSAGE = 2000
_RESERVE = 8 << 20


class Undefined(Exception):
    """The program does not define what was called."""


class Service:
    """One program behind the wall and its half of the conversation; made before the fork, run after it."""

    def __init__(self, options: "Options") -> None:
        _settle(options)
        self._seed = options.seed
        self._connection: socket
        self._inbox = frames.Inbox((1 << 32) - 1, writable=False)
        self._module = ModuleType("candidate")
        self._lines: list[str] = []
        self._frame: frames.Frame
        self._held: dict[int, frames.Frame] = {}
        self._verbs: dict[str, Callable[..., Data]] = {
            "load": self._load,
            "hold": self._hold,
            "call": self._call,
            "many": self._many,
            "empty": lambda: None,
        }
        # Let go to report that memory has run out. Private: what is shared would be shared by all candidates.
        self._reserve: mmap.mmap | None = mmap.mmap(-1, _RESERVE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    def run(self, connection: socket) -> NoReturn:
        """Answer until the other side closes the connection.

        Raises:
            EOFError: It did.
        """
        random.seed(self._seed)  # noqa: TID251 - the module draws a seed of its own at every fork
        self._connection = connection
        self._send(frames.encode(["locked"]))
        while True:
            self._frame = self._receive()
            self._send(self._answer(*self._decode(self._frame)))

    def _answer(self, verb: str, ticket: int, *rest: Any) -> list[memoryview]:
        try:
            return frames.encode(["answer", ticket, self._verbs[verb](*rest)])
        except MemoryError as error:
            self._reserve = None  # first of all: to build the tuple of the next clause could fail already
            traceback.clear_frames(error.__traceback__)
            kind, message = "out_of_memory", f"it ran out of memory{self._where(error.__traceback__)}"
        except (frames.FrameError, Undefined) as error:
            kind, message = "invalid", str(error)
        except BaseException as error:  # noqa: BLE001 - the boundary: whatever a program raises is its own failure
            kind, message = "crashed", f"{type(error).__name__}: {_text(error)}{self._where(error.__traceback__)}"
        return frames.encode(["failed", ticket, kind, _printable(message)])

    def _load(self, source: str) -> None:
        self._lines = source.splitlines()
        sys.modules["candidate"] = self._module
        exec(compile(source, _FILE, "exec", dont_inherit=True), self._module.__dict__)

    def _hold(self, key: int, value: "Data") -> None:
        header, payload = self._frame
        self._held[key] = frames.Frame(header, memoryview(bytes(payload)))  # no array over bytes can be made writable

    def _call(self, function: str, *arguments: "Data") -> "Data":
        return self._function(function)(*arguments)

    def _many(self, function: str, *calls: list["Data"]) -> list["Data"]:
        target = self._function(function)
        return [target(*arguments) for arguments in calls]

    def _function(self, name: str) -> Callable[..., "Data"]:
        function: Callable[..., Data] | None = self._module.__dict__.get(name)
        if not callable(function):
            raise Undefined(f"the program defines no function {name!r} at its top level")
        return function

    def _decode(self, frame: frames.Frame) -> Any:
        return frames.decode(frame, held=lambda key: self._decode(self._held[key])[3])

    def _receive(self) -> frames.Frame:
        while (frame := self._inbox.receive(self._connection)) is None:
            pass
        return frame

    def _send(self, buffers: list[memoryview]) -> None:
        rest = frames.push(self._connection, buffers)
        while rest:
            rest = frames.push(self._connection, rest)

    def _where(self, trace: TracebackType | None) -> str:
        """Return the program's own lines in `trace`, outermost first; only the last few."""
        lines: deque[str] = deque(maxlen=6)
        while trace:
            code, number = trace.tb_frame.f_code, trace.tb_lineno or 0  # None where the code has no line
            if code.co_filename == _FILE and 0 < number <= len(self._lines):
                lines.append(f"\n  line {number}, in {code.co_name}: {self._lines[number - 1].strip()[:200]}")
            trace = trace.tb_next
        return "".join(lines)


class Closed(MetaPathFinder):
    """Explains why a module cannot be imported: no file can be read here."""

    @staticmethod
    def find_spec(name: str, path: object, target: object = None) -> None:
        raise ModuleNotFoundError(
            f"{name!r} cannot be imported here; numpy and the standard library's modules for computing can", name=name
        )


def _settle(options: "Options") -> None:
    """Make every candidate start alike."""
    np.random.seed(options.seed)  # noqa: TID251 - who draws from the shared streams must draw the same every time
    warnings.simplefilter("ignore")  # nobody reads its standard error
    if options.inside == "policy":
        sys.path.clear()
        sys.meta_path[:] = [BuiltinImporter, FrozenImporter, Closed]


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - a program's exception can do anything when it is shown
        return "(its message cannot be shown)"


def _printable(text: str) -> str:
    """Return the beginning and the end of `text` without what cannot be shown."""
    if len(text) > _LONGEST_MESSAGE:
        text = f"{text[: _LONGEST_MESSAGE // 2]} ... {text[-_LONGEST_MESSAGE // 2 :]}"
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)
