"""The OpenAI chat protocol, both ways: what is sent, and what a reply says."""

import json
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, Field, NonNegativeInt

from adrs.llm import Completion, Message, Prompt, Usage
from adrs.llm.failures import malformed
from adrs.llm.prices import Terms, most_tokens


class _Details(BaseModel):
    cached_tokens: NonNegativeInt | None = None
    cache_creation_tokens: NonNegativeInt | None = None


class _Usage(BaseModel):
    prompt_tokens: NonNegativeInt | None = None
    completion_tokens: NonNegativeInt | None = None
    total_tokens: NonNegativeInt | None = None
    prompt_tokens_details: _Details | None = None


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Reply(BaseModel):
    model: str | None = None
    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: _Usage | None = None


def request(prompt: Prompt, terms: Terms, *, marked: bool = False) -> dict[str, object]:
    """Return what any chat request says, but for the model's name and the seed.

    Args:
        prompt: The conversation.
        terms: What it is made under.
        marked: Whether to mark what the provider is to put into its cache, in Anthropic's way.
    """
    body: dict[str, object] = {
        "messages": _messages(prompt, marked=marked),
        "max_tokens": terms.max_tokens,
        "stream": False,
    }
    return body if terms.temperature is None else {**body, "temperature": terms.temperature}


def read(reply: bytes | Mapping[str, object], *, name: str, prompt: Prompt, terms: Terms, seconds: float) -> Completion:
    """Return the completion that a reply holds, priced.

    Raises:
        AnswerLost: It holds none.
    """
    try:
        # Python's parser, because pydantic's own has no word for half a surrogate pair.
        parsed = _Reply.model_validate(json.loads(reply) if isinstance(reply, bytes) else reply)
    except ValueError:
        body = reply.decode(errors="replace") if isinstance(reply, bytes) else str(reply)
        raise malformed(name, body) from None
    usage = _usage(parsed, prompt, terms)
    choice = parsed.choices[0]
    return Completion(
        text=_whole(choice.message.content or ""),
        model=parsed.model or name,
        usage=usage,
        dollars=_dollars(parsed, usage, prompt, terms),
        seconds=seconds,
        finish=choice.finish_reason or "stop",
    )


def _messages(prompt: Prompt, *, marked: bool) -> list[dict[str, object]]:
    return [
        {"role": message.role, "content": _parts(message) if marked and message.stable else _whole(message.content)}
        for message in prompt.messages
    ]


def _parts(message: Message) -> list[dict[str, object]]:
    """Return the part that stays the same, marked: with all that stands before it, it is read from a cache."""
    stable, rest = _whole(message.content[: message.stable]), _whole(message.content[message.stable :])
    mark: dict[str, object] = {"type": "text", "text": stable, "cache_control": {"type": "ephemeral"}}
    return [mark, {"type": "text", "text": rest}] if rest.strip() else [mark]


def _whole(text: str) -> str:
    """Return `text` with `?` for what UTF-8 cannot carry: halves of surrogate pairs, as in a candidate's output."""
    return text.encode(errors="replace").decode()


def _usage(reply: _Reply, prompt: Prompt, terms: Terms) -> Usage:
    """Return the usage reported, or the most it can have been; litellm reports zeros where a server reports nothing."""
    said = reply.usage
    if said is None or not said.prompt_tokens or said.completion_tokens is None:
        return Usage(most_tokens(prompt), terms.max_tokens, estimated=True)
    cached = (said.prompt_tokens_details and said.prompt_tokens_details.cached_tokens) or 0
    written = (said.total_tokens or 0) - said.prompt_tokens  # some count reasoning in the total only
    return Usage(said.prompt_tokens, max(said.completion_tokens, written), min(cached, said.prompt_tokens))


def _dollars(reply: _Reply, usage: Usage, prompt: Prompt, terms: Terms) -> float:
    """Return what the call cost, or the most that it can have cost where nothing is reported."""
    if usage.estimated:
        return terms.quote(prompt).dollars
    details = reply.usage and reply.usage.prompt_tokens_details
    stored = (details and details.cache_creation_tokens) or 0
    return terms.price.dollars(usage, stored=min(stored, usage.prompt - usage.cached))
