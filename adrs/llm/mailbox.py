"""A person or an agent as the model: prompts are files, and so are the replies.

Prompt 7 is written as `0007.prompt.md`; its first line, a comment, says so, and the messages follow, each under a
comment with its role. Whoever answers writes `0007.reply.md`: in one go, or under another name that is then changed.
A reply counts once it is not empty and has stopped growing.

A request is known by its prompt and its seed. After a restart the same request finds its file, and its reply if
there is one, instead of asking again; a prompt that nobody has answered is never asked twice, whatever the seed.
"""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from adrs.errors import AdrsError, Interrupted, ProviderUnavailable
from adrs.llm import Completion, Prompt, Quote, Usage
from adrs.llm.prices import most_tokens
from adrs.llm.tokens import estimate
from adrs.llm.waiting import Wait, sleep

_HEADER = "<!-- prompt {number:04}, {hash}, seed {seed}: write the answer to {number:04}.reply.md -->"
_PATTERN = re.compile(r"<!-- prompt (?P<number>\d+), (?P<hash>[0-9a-f]{64}), seed (?P<seed>-?\d+): ")


@dataclass(frozen=True)
class _Request:
    """A prompt file."""

    number: int
    hash: str
    seed: int


class Mailbox:
    """A model that is somebody who reads and writes files in a folder. Free of charge; tokens are estimated."""

    name = "mailbox"

    def __init__(
        self,
        folder: Path,
        *,
        max_tokens: int,
        seconds: float | None = None,
        interval: float = 0.5,
        wait: Wait = sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Exchange files in `folder`, which is made when the first prompt is written.

        Args:
            folder: Where the files lie; used by one process at a time.
            max_tokens: The longest reply that is booked as such.
            seconds: How long to wait for a reply; None for as long as it takes.
            interval: Seconds between two looks for a reply.
            wait: Waits between two looks; where it says to stop, the call ends with `Interrupted`.
            clock: Seconds since any fixed moment.
        """
        self._folder = folder
        self._max_tokens = max_tokens
        self._seconds = seconds
        self._interval = interval
        self._wait = wait
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: set[int] = set()

    def quote(self, prompt: Prompt) -> Quote:
        return Quote(0.0, most_tokens(prompt) + self._max_tokens)

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        """Return the reply.

        Raises:
            Interrupted: `wait` said to stop; the prompt stays, and is found again.
            ProviderUnavailable: No reply came in time; the prompt stays.
            AdrsError: The folder cannot be used.
        """
        began = self._clock()
        try:
            number = self._post(prompt, seed)
            text = self._await(self._path(number, "reply"), began)
        except OSError as error:
            what = f"the mailbox {str(self._folder)!r} cannot be used: {error.strerror}"
            raise AdrsError(what, "Free some space or mend its permissions, then `adrs resume`.") from None
        read = sum(estimate(message.content) for message in prompt.messages)
        usage = Usage(read, min(self._max_tokens, estimate(text)), estimated=True)
        return Completion(text, self.name, usage, 0.0, self._clock() - began)

    def _post(self, prompt: Prompt, seed: int) -> int:
        """Return the number of the request's file, written now unless it was before."""
        with self._lock:
            known = self._requests()
            asked = (request.number for request in known if self._is_asked(request, prompt.hash, seed))
            number = next(asked, None) or self._free_number()
            request = _Request(number, prompt.hash, seed)
            if request not in known:
                self._write(request, prompt)
            self._taken.add(number)
            return number

    def _is_asked(self, request: _Request, prompt_hash: str, seed: int) -> bool:
        if request.hash != prompt_hash:
            return False
        unanswered = request.number not in self._taken and _state(self._path(request.number, "reply")) is None
        return request.seed == seed or unanswered

    def _requests(self) -> list[_Request]:
        """Return the requests in the folder, oldest first."""
        found = []
        for path in sorted(self._folder.glob("*.prompt.md")):
            with path.open(errors="replace") as file:
                header = _PATTERN.match(file.readline())
            if header:
                found.append(_Request(int(header["number"]), header["hash"], int(header["seed"])))
        return found

    def _free_number(self) -> int:
        """Return a number that no file has, be it a prompt or a reply."""
        stems = (path.name.partition(".")[0] for path in self._folder.glob("*.md"))
        return max((int(stem) for stem in stems if stem.isdecimal()), default=0) + 1

    def _write(self, request: _Request, prompt: Prompt) -> None:
        header = _HEADER.format(number=request.number, hash=request.hash, seed=request.seed)
        parts = [header, *(f"<!-- {message.role} -->\n\n{message.content}" for message in prompt.messages)]
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(request.number, "prompt")
        draft = path.with_suffix(".draft")
        draft.write_text("\n\n".join(parts) + "\n", errors="replace")
        draft.replace(path)

    def _await(self, path: Path, began: float) -> str:
        """Return the content of `path` once there is some and two looks find the same."""
        seen = None
        while True:
            state = _state(path)
            if state is not None and state == seen:
                return path.read_text(errors="replace")
            seen = state
            if self._seconds is not None and self._clock() - began > self._seconds:
                raise ProviderUnavailable(f"no reply in {str(path)!r} within {self._seconds:g} s", "Write one.")
            if self._wait(self._interval):
                raise Interrupted(f"stopped while waiting for {str(path)!r}", "`adrs resume` waits for it again.")

    def _path(self, number: int, kind: str) -> Path:
        return self._folder / f"{number:04}.{kind}.md"


def _state(path: Path) -> tuple[int, int] | None:
    """Return what changes while a file is written; None where there is nothing in it."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return (stat.st_size, stat.st_mtime_ns) if stat.st_size else None
