"""Models behind any endpoint that speaks OpenAI's protocol (vLLM, Ollama, …), without litellm."""

import os
import time
from typing import Any, cast

import httpx
import openai

from adrs.llm import Completion, Prompt, Quote
from adrs.llm.failures import explain
from adrs.llm.keys import key_variable
from adrs.llm.prices import Terms
from adrs.llm.transport import http_client
from adrs.llm.wire import read, request


class OpenAIModel:
    """A model behind an endpoint that speaks OpenAI's protocol, by the name that the endpoint gives it.

    The key is taken from OPENAI_API_KEY; endpoints of one's own seldom want one.
    """

    def __init__(self, name: str, terms: Terms, *, base_url: str) -> None:
        self.name = name
        self._terms = terms
        self._variable = key_variable("openai")
        self._client = openai.OpenAI(
            api_key=os.environ.get(self._variable) or "none",
            base_url=base_url,
            http_client=cast(Any, http_client()),  # openai 3 declares httpx2's client, and takes httpx's as well
            timeout=terms.seconds,
            max_retries=0,
        )

    def quote(self, prompt: Prompt) -> Quote:
        return self._terms.quote(prompt)

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        body = {"model": self.name, "seed": seed, **request(prompt, self._terms)}
        began = time.monotonic()
        try:
            reply = self._client.post("/chat/completions", cast_to=httpx.Response, body=body).content
        except (openai.OpenAIError, httpx.HTTPError, ValueError) as error:
            raise explain(error, name=self.name, variable=self._variable) from None
        seconds = time.monotonic() - began
        return read(reply, name=self.name, prompt=prompt, terms=self._terms, seconds=seconds)
