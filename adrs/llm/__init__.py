"""Language models: what they are asked, what they answer, and what the answer cost."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol

from adrs.errors import ProviderUnavailable


@dataclass(frozen=True)
class Message:
    """One message of a conversation.

    Attributes:
        role: Who says it.
        content: What is said.
        stable: How many of its first characters are the same in all prompts of a campaign.
    """

    role: Literal["system", "user", "assistant"]
    content: str
    stable: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Prompt:
    """A conversation that a model is to continue."""

    messages: tuple[Message, ...]

    @cached_property
    def hash(self) -> str:
        """SHA-256 of roles and contents: the prompt's name in the archive."""
        return hashlib.sha256(json.dumps([[m.role, m.content] for m in self.messages]).encode()).hexdigest()

    def then(self, role: Literal["user", "assistant"], content: str) -> "Prompt":
        """Return the conversation with one more message."""
        return Prompt((*self.messages, Message(role, content)))


@dataclass(frozen=True)
class Usage:
    """Tokens of one call, as the provider reported them (`estimated` if it did not).

    Attributes:
        prompt: Tokens read, cached ones included.
        completion: Tokens written, reasoning included.
        cached: Tokens of the prompt that the provider took from its cache.
        estimated: Whether these are our estimate.
    """

    prompt: int
    completion: int
    cached: int = 0
    estimated: bool = False

    @property
    def total(self) -> int:
        return self.prompt + self.completion


@dataclass(frozen=True)
class Completion:
    """A model's answer, verbatim.

    Attributes:
        text: The answer.
        model: The model that the provider says it was; may be more precise than the name asked for.
        usage: Tokens.
        dollars: What the call cost.
        seconds: Wall time of the call, retries included.
        finish: Why it ended: `stop`, `length` (cut off by the token limit) or the provider's own word.
        attempts: Requests sent; more than one where the provider was unavailable.
    """

    text: str
    model: str
    usage: Usage
    dollars: float
    seconds: float
    finish: str = "stop"
    attempts: int = 1


@dataclass(frozen=True)
class Quote:
    """The most that one call can cost, known before it is made."""

    dollars: float
    tokens: int


class AnswerLost(ProviderUnavailable):
    """The request was sent and no usable answer came back; the provider may bill up to its quote all the same."""


class OutageTooLong(ProviderUnavailable):
    """The provider has been unavailable for longer than an outage is waited out; nothing is asked again."""


class Model(Protocol):
    """A language model."""

    name: str

    def quote(self, prompt: Prompt) -> Quote:
        """Return the most that `complete(prompt)` can cost."""
        ...

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        """Return the model's answer.

        Raises:
            AnswerLost: As below, and the call may be billed; what was reserved for it counts as spent.
            ProviderUnavailable: No answer, and asking again may help.
            ProviderRefused: No answer, and asking again cannot help.
        """
        ...
