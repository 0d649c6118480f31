"""A model that says what it was told to say: for tests and demonstrations."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt, ValidationError

from adrs.errors import ConfigError, ProviderRefused, ProviderUnavailable
from adrs.llm import Completion, Prompt, Quote, Usage
from adrs.llm.prices import most_tokens
from adrs.problem import explain


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tokens(_Table):
    """What a scripted reply says that it used."""

    prompt: NonNegativeInt
    completion: NonNegativeInt
    cached: NonNegativeInt = 0


class Reply(_Table):
    """One scripted reply, or failure."""

    text: str = ""
    usage: Tokens | None = None
    dollars: NonNegativeFloat = 0.0
    finish: str = "stop"
    error: Literal["unavailable", "refused"] | None = None
    retry_after: NonNegativeFloat | None = None


class Scripted:
    """A model that answers with a list of replies, in the order of the calls, whatever it is asked."""

    name = "scripted"

    def __init__(self, replies: Sequence[str | Reply], *, cycle: bool = False) -> None:
        """Answer with `replies`; begin again after the last if `cycle`."""
        self._replies = [Reply(text=reply) if isinstance(reply, str) else reply for reply in replies]
        self._dearest = max((reply.dollars for reply in self._replies), default=0.0)
        self._longest = max((_tokens(reply) for reply in self._replies), default=0)
        self._cycle = cycle
        self._next = 0
        self._lock = threading.Lock()

    @classmethod
    def from_file(cls, path: Path) -> "Scripted":
        """Return the model that answers with the replies in a file of JSON lines, each with the fields of `Reply`.

        Raises:
            ConfigError: A line is none, or the file cannot be read.
        """
        return cls([_parse(line, f"{path}:{number}") for number, line in enumerate(_lines(path), 1) if line.strip()])

    def quote(self, prompt: Prompt) -> Quote:
        """Return a bound on what any of the replies costs."""
        return Quote(self._dearest, most_tokens(prompt) + self._longest)

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        reply = self._take()
        if reply.error == "refused":
            raise ProviderRefused(reply.text or "the script says that the request is refused")
        if reply.error == "unavailable":
            what = reply.text or "the script says that the model is unavailable"
            raise ProviderUnavailable(what, retry_after=reply.retry_after)
        return Completion(reply.text, self.name, _usage(prompt, reply), reply.dollars, 0.0, reply.finish)

    def _take(self) -> Reply:
        with self._lock:
            number, self._next = self._next, self._next + 1
        if self._cycle and self._replies:
            return self._replies[number % len(self._replies)]
        if number < len(self._replies):
            return self._replies[number]
        raise ProviderRefused(
            f"the script holds {len(self._replies)} replies, and one more was asked for",
            "Add replies, or lower --trials.",
        )


def _usage(prompt: Prompt, reply: Reply) -> Usage:
    if reply.usage is not None:
        return Usage(reply.usage.prompt, reply.usage.completion, reply.usage.cached)
    return Usage(most_tokens(prompt), _tokens(reply), estimated=True)


def _tokens(reply: Reply) -> int:
    """Return the tokens of a reply, those of its prompt included if it says how many these were."""
    return reply.usage.prompt + reply.usage.completion if reply.usage else len(reply.text.encode(errors="replace"))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the script {str(path)!r} cannot be read: {error}", "Name a file of JSON lines.") from None


def _parse(line: str, where: str) -> Reply:
    try:
        return Reply.model_validate_json(line)
    except ValidationError as error:
        raise ConfigError(f"{where}: {explain(error)}", 'Write lines such as {"text": "…"}.') from None
