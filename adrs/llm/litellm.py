"""Models of every provider, by litellm's names."""

import time

import httpx
import openai

from adrs.llm import Completion, Prompt, Quote
from adrs.llm.failures import explain
from adrs.llm.keys import key_variable
from adrs.llm.loading import load_litellm
from adrs.llm.prices import Terms
from adrs.llm.wire import read, request


class LitellmModel:
    """A model by its litellm name, such as `openai/gpt-5` or `anthropic/claude-sonnet-4-5`."""

    def __init__(self, name: str, terms: Terms) -> None:
        self.name = name
        self._terms = terms
        self._variable = key_variable(name.partition("/")[0])
        self._litellm = load_litellm()
        self._marked = name.startswith("anthropic/") and terms.price.stored is not None
        self._takes_seed = "seed" in (self._litellm.get_supported_openai_params(name) or ())

    def quote(self, prompt: Prompt) -> Quote:
        return self._terms.quote(prompt)

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        options = {"seed": seed} if self._takes_seed else {}
        began = time.monotonic()
        try:
            # num_retries is litellm's own loop, max_retries that of the openai client below it.
            reply = self._litellm.completion(
                self.name,
                **request(prompt, self._terms, marked=self._marked),
                **options,
                timeout=float(self._terms.seconds),
                max_retries=0,
                num_retries=0,
            )
        except (openai.OpenAIError, httpx.HTTPError, ValueError) as error:
            raise explain(error, name=self.name, variable=self._variable) from None
        seconds = time.monotonic() - began
        return read(reply.model_dump(), name=self.name, prompt=prompt, terms=self._terms, seconds=seconds)
