"""How many tokens a prompt has, for display; what is booked is what the provider reports."""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from adrs.llm import Prompt

if TYPE_CHECKING:
    from tiktoken import Encoding

_BYTES_PER_TOKEN = 4
_AROUND_MESSAGE = 4  # a role, and the marks that begin and end a message
_AROUND_PROMPT = 3  # what primes the answer
_VOCABULARIES = {
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
}
"""The vocabularies that litellm ships, by tiktoken's name, and the names of their files: any other would be fetched."""


@dataclass(frozen=True)
class Count:
    """A number of tokens, and whether the model's own tokenizer counted them."""

    number: int
    exact: bool


def count(prompt: Prompt, model_name: str) -> Count:
    """Return the tokens of a prompt: counted for OpenAI's models, estimated for all others.

    Never touches the network: the tokenizers of other models would have to be fetched.
    """
    encoding = _encoding(model_name)
    if encoding is None:
        return Count(estimate("".join(message.content for message in prompt.messages)), exact=False)
    tokens = (len(encoding.encode(message.content, disallowed_special=())) for message in prompt.messages)
    return Count(sum(_AROUND_MESSAGE + number for number in tokens) + _AROUND_PROMPT, exact=True)


def estimate(text: str) -> int:
    """Return about how many tokens a text has, whatever the tokenizer."""
    return -(-len(text.encode(errors="replace")) // _BYTES_PER_TOKEN)


def _encoding(model_name: str) -> "Encoding | None":
    """Return the tokenizer of one of OpenAI's models; None for other models, or where it would have to be fetched."""
    provider, _, bare = model_name.rpartition("/")
    if provider not in ("", "openai"):
        return None
    import tiktoken

    try:
        name = tiktoken.encoding_name_for_model(bare)
    except KeyError:
        return None
    shipped = _shipped_vocabularies()
    if name not in _VOCABULARIES or not (shipped / _VOCABULARIES[name]).is_file():
        return None
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(shipped))
    return tiktoken.get_encoding(name)


def _shipped_vocabularies() -> Path:
    litellm = importlib.util.find_spec("litellm")
    assert litellm is not None
    assert litellm.origin is not None
    return Path(litellm.origin).parent / "litellm_core_utils" / "tokenizers"
