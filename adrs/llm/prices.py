"""What tokens cost, and the most that a call can cost."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from adrs.errors import ConfigError
from adrs.llm import Prompt, Quote, Usage

_PER_MILLION = 1e-6
_MESSAGE_TOKENS = 16  # role, separators and the like; known chat templates need fewer than 10
_STEP = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")
_GIVE_ONE = (
    "Give it as `--price PROMPT,COMPLETION[,CACHED]` in dollars per million tokens (`--price 0,0` if it is free)."
)


@dataclass(frozen=True)
class Price:
    """Dollars per token.

    Attributes:
        prompt: For a token read.
        completion: For a token written.
        cached: For a token that the provider took from its cache.
        limit: Prompts of more tokens than this cost `beyond`, from their first token on.
        beyond: The price of longer prompts; None where length does not matter.
        stored: For a token that the provider put into its cache because it was asked to; None where that is not known.
    """

    prompt: float
    completion: float
    cached: float
    limit: int = 0
    beyond: "Price | None" = None
    stored: float | None = None

    def dollars(self, usage: Usage, *, stored: int = 0) -> float:
        """Return what a call cost of whose prompt so many tokens were put into a cache."""
        if self.beyond and usage.prompt > self.limit:
            return self.beyond.dollars(usage, stored=stored)
        read = self.prompt * (usage.prompt - usage.cached - stored) + self.cached * usage.cached
        return read + self._stored * stored + self.completion * usage.completion

    def most(self, prompt: int, completion: int) -> float:
        """Return the most that a call of up to so many tokens can cost, whatever is cached."""
        here = max(self.prompt, self.cached, self._stored) * prompt + self.completion * completion
        return max(here, self.beyond.most(prompt, completion)) if self.beyond and prompt > self.limit else here

    @property
    def _stored(self) -> float:
        return self.prompt if self.stored is None else self.stored


@dataclass(frozen=True)
class Terms:
    """What every call to one model is made under.

    Attributes:
        price: What its tokens cost.
        max_tokens: The most tokens that it may write, reasoning included.
        temperature: How freely it samples; None for the provider's default.
        seconds: How long one request may take.
    """

    price: Price
    max_tokens: int
    temperature: float | None
    seconds: float

    def quote(self, prompt: Prompt) -> Quote:
        """Return the most that one call can cost."""
        tokens = most_tokens(prompt)
        return Quote(self.price.most(tokens, self.max_tokens), tokens + self.max_tokens)


def most_tokens(prompt: Prompt) -> int:
    """Return a bound on the prompt's tokens, whatever the tokenizer: none writes a token for less than a byte."""
    return _MESSAGE_TOKENS + sum(
        _MESSAGE_TOKENS + len(message.content.encode(errors="replace")) for message in prompt.messages
    )


def parse_price(text: str) -> Price:
    """Return the price that `PROMPT,COMPLETION[,CACHED]` means, each in dollars per million tokens.

    Raises:
        ConfigError: It means none.
    """
    try:
        figures = [float(part) * _PER_MILLION for part in text.split(",")]
    except ValueError:
        figures = []
    if len(figures) not in (2, 3) or not all(math.isfinite(figure) and figure >= 0 for figure in figures):
        raise ConfigError(f"{text!r} is not a price", _GIVE_ONE)
    prompt, completion, cached = (*figures, figures[0])[:3]
    return Price(prompt, completion, cached)


def list_price(name: str) -> Price:
    """Return the price of the model `name` in the table that the installed litellm carries.

    Raises:
        ConfigError: The table has none, or zero (which it also holds where the price is unknown).
    """
    from adrs.llm.loading import load_litellm

    entry = _entry(name, load_litellm().model_cost)
    if not entry.get("input_cost_per_token") or not entry.get("output_cost_per_token"):
        raise ConfigError(f"the price of {name!r} is not known", _GIVE_ONE)
    return _price(entry, "", sorted(int(found[1]) for found in map(_STEP.fullmatch, entry) if found))


def _entry(name: str, table: Mapping[str, Mapping[str, object]]) -> dict[str, float]:
    """Return the figures of a model; some providers' models stand in the table without their prefix."""
    provider, _, bare = name.partition("/")
    entry = table.get(name) or table.get(bare, {})
    if name not in table and not str(entry.get("litellm_provider", "")).startswith(provider):
        return {}
    return {key: value for key, value in entry.items() if isinstance(value, int | float)}


def _price(entry: dict[str, float], suffix: str, steps: list[int]) -> Price:
    """Return the price under the keys that end in `suffix`; `steps` are the lengths at which dearer ones begin."""
    prompt = entry[f"input_cost_per_token{suffix}"]
    completion = entry.get(f"output_cost_per_token{suffix}", entry["output_cost_per_token"])
    completion = max(completion, entry.get("output_cost_per_reasoning_token", 0.0))
    cached = entry.get(f"cache_read_input_token_cost{suffix}") or prompt
    stored = entry.get(f"cache_creation_input_token_cost{suffix}") or entry.get("cache_creation_input_token_cost")
    if not steps:
        return Price(prompt, completion, cached, stored=stored)
    beyond = _price(entry, f"_above_{steps[0]}k_tokens", steps[1:])
    return Price(prompt, completion, cached, steps[0] * 1000, beyond, stored)
