"""How many tokens a prompt has, for display; what is booked is what the provider reports."""

from dataclasses import dataclass

from adrs.llm import Prompt

_BYTES_PER_TOKEN = 4


@dataclass(frozen=True)
class Count:
    """A number of tokens, and whether the model's own tokenizer counted them."""

    number: int
    exact: bool


def count(prompt: Prompt, model_name: str) -> Count:
    """Return the tokens of a prompt: counted for OpenAI's models, estimated for all others.

    Never touches the network: the tokenizers of other models would have to be fetched.
    """
    if _is_counted(model_name):
        from adrs.llm.loading import load_litellm

        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        return Count(load_litellm().token_counter(model_name.rpartition("/")[2], messages=messages), exact=True)
    return Count(estimate("".join(message.content for message in prompt.messages)), exact=False)


def estimate(text: str) -> int:
    """Return about how many tokens a text has, whatever the tokenizer."""
    return -(-len(text.encode(errors="replace")) // _BYTES_PER_TOKEN)


def _is_counted(model_name: str) -> bool:
    from tiktoken.model import encoding_name_for_model

    provider, _, bare = model_name.rpartition("/")
    try:
        return provider in ("", "openai") and encoding_name_for_model(bare) in ("cl100k_base", "o200k_base")
    except KeyError:
        return False
