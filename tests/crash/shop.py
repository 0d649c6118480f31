"""A server that sells completions and counts them; what it answers depends on the request alone."""

import hashlib
import json
import threading
from collections import Counter
from dataclasses import dataclass

from adrs.testing.samples import PACK
from tests.llm.server import OpenAIServer, completion, replies

PRICE = "10,20,1"
_DOLLARS = (10e-6, 20e-6, 1e-6)


@dataclass(frozen=True)
class Sale:
    """What one request is answered and costs."""

    text: str
    prompt: int
    completion: int
    cached: int

    @property
    def tokens(self):
        return self.prompt + self.completion

    @property
    def dollars(self):
        paid, written, cached = _DOLLARS
        return (self.prompt - self.cached) * paid + self.completion * written + self.cached * cached


class Shop(OpenAIServer):
    """Sells rewritten programs; some answers hold no edit, and some programs break the rules."""

    def __init__(self, *, milliseconds=4):
        super().__init__()
        self.sold: Counter[int] = Counter()
        self._milliseconds = milliseconds
        self._counting = threading.Lock()

    def handle(self, request, exchange):
        key = key_of(request.body["messages"], request.body["seed"])
        if self._script:
            super().handle(request, exchange)
            return
        exchange.wait(key % (self._milliseconds + 1) / 1000)
        sale = sale_of(key)
        with self._counting:
            self.sold[key] += 1  # before it is sent: a reader of the reply may look at once
        replies(completion(sale.text, usage=_usage(sale)))(exchange)


def key_of(messages, seed):
    """Return what stands for a request."""
    asked = [[message["role"], message["content"]] for message in messages]
    return int.from_bytes(hashlib.sha256(json.dumps([asked, seed]).encode()).digest()[:8])


def sale_of(key):
    """Return what a request is answered."""
    cached = key // 7 % 40
    return Sale(_text(key), prompt=60 + key // 3 % 100, completion=10 + key // 5 % 30, cached=cached)


def _text(key):
    if key % 9 == 0:
        return "I would rather not."
    program = (PACK / "seed.py").read_text().replace("LIMIT = 80", f"LIMIT = {key // 11 % 79}")
    if key % 9 == 1:
        program = program.replace("return index", "return -1 - LIMIT")
    return f"IDEA: another limit\n\n```python\n{program}```"


def _usage(sale):
    details = {"cached_tokens": sale.cached}
    return {
        "prompt_tokens": sale.prompt,
        "completion_tokens": sale.completion,
        "total_tokens": sale.tokens,
        "prompt_tokens_details": details,
    }
