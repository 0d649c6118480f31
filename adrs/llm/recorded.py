"""Cassettes: completions recorded once, and played back offline."""

import json
import os
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter

from adrs.errors import AdrsError, ConfigError, ProviderRefused
from adrs.llm import Completion, Message, Model, Prompt, Quote


@dataclass(frozen=True)
class Take:
    """One completion on a cassette, and the prompt that it answers."""

    hash: str
    messages: tuple[Message, ...]
    completion: Completion


_TAKE = TypeAdapter(Take)


class Recording:
    """A model whose completions are all appended to a cassette, verbatim, before anybody sees them."""

    def __init__(self, model: Model, path: Path) -> None:
        """Record what `model` answers at the end of `path`, a file of JSON lines."""
        self.name = model.name
        self._model = model
        self._path = path
        self._lock = threading.Lock()

    def quote(self, prompt: Prompt) -> Quote:
        return self._model.quote(prompt)

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        completion = self._model.complete(prompt, seed=seed)
        take = Take(prompt.hash, prompt.messages, completion)
        with self._lock:
            self._append(json.dumps(asdict(take)).encode() + b"\n")
        return completion

    def _append(self, line: bytes) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab+") as file:
                _drop_torn_line(file)
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            what = f"the cassette {str(self._path)!r} cannot be written: {error.strerror}"
            raise AdrsError(what, "Free some space, or record elsewhere.") from None


class Recorded:
    """A model that answers from a cassette: each prompt with its recorded completions, in their order."""

    def __init__(self, path: Path) -> None:
        """Play `path` back.

        Raises:
            ConfigError: It cannot be read, or is no cassette.
        """
        self.name = f"recorded:{path.name}"
        self._takes = list(_read(path))
        self._waiting: dict[str, deque[int]] = defaultdict(deque)
        for number, take in enumerate(self._takes):
            self._waiting[take.hash].append(number)
        self._lock = threading.Lock()

    def quote(self, prompt: Prompt) -> Quote:
        """Return the most that an answer to the prompt that is still to come cost."""
        with self._lock:
            completions = [self._takes[number].completion for number in self._waiting.get(prompt.hash, ())]
        dollars = max((completion.dollars for completion in completions), default=0.0)
        return Quote(dollars, max((completion.usage.total for completion in completions), default=0))

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        with self._lock:
            if self._waiting[prompt.hash]:
                return self._takes[self._waiting[prompt.hash].popleft()].completion
            raise ProviderRefused(self._missing(prompt), "Record the cassette anew, or undo what changed the prompts.")

    def _missing(self, prompt: Prompt) -> str:
        due = min((waiting[0] for waiting in self._waiting.values() if waiting), default=None)
        if due is None:
            return f"the cassette is at its end: it holds {len(self._takes)} completions"
        first = f"prompt {prompt.hash[:12]} is not on the cassette; the first unplayed take there is {due + 1}"
        return f"{first}, and differs in {_difference(prompt.messages, self._takes[due].messages)}"


def _drop_torn_line(file: BinaryIO) -> None:
    """Cut off what a crash left behind the last whole line; `file` is open for appending."""
    if not file.seek(0, os.SEEK_END):
        return
    file.seek(-1, os.SEEK_END)
    if file.read(1) != b"\n":
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)


def _read(path: Path) -> Iterator[Take]:
    try:
        content = path.read_bytes()
    except OSError as error:
        what = f"the cassette {str(path)!r} cannot be read: {error.strerror}"
        raise ConfigError(what, "Name a file that a recording wrote.") from None
    for number, line in enumerate(content.split(b"\n")[:-1], 1):  # what follows the last newline was never finished
        try:
            yield _TAKE.validate_python(json.loads(line))
        except ValueError:
            what = f"{path}:{number} is no recorded completion"
            raise ConfigError(what, "Record the cassette anew, or delete the line.") from None


def _difference(asked: tuple[Message, ...], recorded: tuple[Message, ...]) -> str:
    """Return where two conversations first differ."""
    for number, (ours, theirs) in enumerate(zip_longest(asked, recorded), 1):
        if ours is None or theirs is None or ours.role != theirs.role:
            return f"message {number}: {ours and ours.role} for {theirs and theirs.role}"
        lines = zip_longest(ours.content.split("\n"), theirs.content.split("\n"))
        for place, (mine, yours) in enumerate(lines, 1):
            if mine != yours:
                return f"message {number} ({ours.role}), line {place}: {mine!r} for {yours!r}"
    return "nothing: it was played before"
