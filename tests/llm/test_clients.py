"""The real openai and litellm clients against a real server: one behaviour, three ways to call."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from adrs.errors import AdrsError, ProviderRefused, ProviderUnavailable
from adrs.llm import AnswerLost, Message, Model, Prompt, Usage
from adrs.llm.litellm import LitellmModel
from adrs.llm.openai import OpenAIModel
from adrs.llm.prices import Price, Terms, most_tokens
from tests.llm.server import (
    Behaviour,
    Exchange,
    OpenAIServer,
    completion,
    cut_off,
    drips,
    fails,
    hangs_up,
    late,
    replies,
    says,
)

KEY = "sk-test-0123456789abcdef"
PROMPT = Prompt((Message("system", "Be brief."), Message("user", "Say hello, \ud83d.")))
PRICE = Price(prompt=1e-6, completion=1e-5, cached=1e-7)
CONTEXT = "This model's maximum context length is 4096 tokens. However, your messages resulted in 9000 tokens."

Make = Callable[..., Model]


@pytest.fixture(params=["openai client", "litellm, openai client below", "litellm, its own client below"])
def make(request: pytest.FixtureRequest, openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("DEEPSEEK_API_KEY", KEY)

    def model(*, temperature: float | None = None, seconds: float = 20.0, url: str = openai_server.url) -> Model:
        monkeypatch.setenv("OPENAI_API_BASE", url)
        monkeypatch.setenv("DEEPSEEK_API_BASE", url)
        terms = Terms(PRICE, max_tokens=50, temperature=temperature, seconds=seconds)
        if request.param == "openai client":
            return OpenAIModel("small", terms, base_url=url)
        name = "openai/gpt-4o" if "openai" in request.param else "deepseek/deepseek-chat"
        return LitellmModel(name, terms)

    return model


def test_what_is_sent(make: Make, openai_server: OpenAIServer) -> None:
    make(temperature=0.5).complete(PROMPT, seed=7)
    [request] = openai_server.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body["model"] in ("small", "gpt-4o", "deepseek-chat")
    assert request.body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Say hello, ?."},
    ]
    assert (request.body["max_tokens"], request.body["temperature"], request.body["seed"]) == (50, 0.5, 7)
    assert request.body.get("stream", False) is False


def test_an_answer_with_cached_tokens_is_priced(make: Make, openai_server: OpenAIServer) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 40}}
    openai_server.script(says("good\nmorning", usage=usage))
    completion = make().complete(PROMPT, seed=1)
    assert (completion.text, completion.finish, completion.attempts) == ("good\nmorning", "stop", 1)
    assert completion.model.endswith("served-1")
    assert completion.usage == Usage(prompt=100, completion=20, cached=40)
    assert completion.dollars == pytest.approx(60 * 1e-6 + 40 * 1e-7 + 20 * 1e-5)
    assert 0 < completion.seconds < 20


def test_half_a_surrogate_pair_in_an_answer_does_not_lose_it(make: Make, openai_server: OpenAIServer) -> None:
    openai_server.script(says("good \ud83d morning"))
    assert make().complete(PROMPT, seed=1).text == "good ? morning"


def test_a_reply_without_usage_is_charged_at_its_quote(make: Make, openai_server: OpenAIServer) -> None:
    openai_server.script(says(usage=None))
    model = make()
    completion = model.complete(PROMPT, seed=1)
    assert completion.usage == Usage(prompt=most_tokens(PROMPT), completion=50, estimated=True)
    assert completion.dollars == pytest.approx(model.quote(PROMPT).dollars)


@pytest.mark.parametrize("text", ["def f(", None])
def test_a_reply_that_was_cut_off_by_the_limit_is_kept(
    make: Make, openai_server: OpenAIServer, text: str | None
) -> None:
    openai_server.script(says(text, finish="length"))
    completion = make().complete(PROMPT, seed=1)
    assert (completion.text, completion.finish) == (text or "", "length")
    assert completion.usage.completion == 20


def test_a_busy_provider_says_how_long_to_wait(make: Make, openai_server: OpenAIServer) -> None:
    openai_server.script(fails(429, "slow down", Retry_After="7"))
    error = failure(make())
    assert type(error) is ProviderUnavailable
    assert error.retry_after == 7.0
    assert "429" in str(error)
    assert "slow down" in str(error)
    assert len(openai_server.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
def test_a_server_error_passes_and_is_not_billed(make: Make, openai_server: OpenAIServer, status: int) -> None:
    openai_server.script(fails(status, "oops"), says("better"))
    model = make()
    error = failure(model)
    assert type(error) is ProviderUnavailable
    assert error.retry_after is None
    assert len(openai_server.requests) == 1  # neither client asks again by itself
    assert model.complete(PROMPT, seed=1).text == "better"


@pytest.mark.parametrize(
    "behaviour",
    [
        replies(completion()[:40]),
        replies(b""),
        replies(b"<html>gateway</html>", kind="text/html"),
        replies(json.dumps({"error": {"message": "upstream died", "code": 502}}).encode()),
        replies(completion().replace(b'"choices": [', b'"choices": [], "others": [')),
        cut_off,
        hangs_up,
    ],
    ids=["truncated", "empty", "html", "error in a good reply", "no choices", "cut off", "hung up"],
)
def test_an_answer_that_cannot_be_used_is_lost(make: Make, openai_server: OpenAIServer, behaviour: Behaviour) -> None:
    openai_server.script(behaviour)
    assert type(failure(make())) is AnswerLost
    assert len(openai_server.requests) == 1


@pytest.mark.parametrize("behaviour", [late(5), drips(5)], ids=["silent", "blank lines"])
def test_a_slow_reply_is_given_up_in_time(make: Make, openai_server: OpenAIServer, behaviour: Behaviour) -> None:
    openai_server.script(behaviour)
    model = make(seconds=0.3)
    began = time.monotonic()
    error = failure(model)
    assert type(error) is AnswerLost
    assert "in time" in str(error)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("behaviour", "todo"),
    [
        (fails(401, f"Incorrect API key provided: {KEY}.", code="invalid_api_key"), "_API_KEY"),
        (fails(403, "not for you"), "_API_KEY"),
        (fails(404, "The model `small` does not exist", code="model_not_found"), "--model"),
        (fails(400, CONTEXT, code="context_length_exceeded"), "--max-tokens"),
        (fails(413, "too long"), "--max-tokens"),
        (fails(429, "You exceeded your current quota", code="insufficient_quota"), "credit"),
        (fails(402, "Insufficient Balance"), "credit"),
    ],
    ids=["key", "forbidden", "no model", "context", "size", "quota", "balance"],
)
def test_a_refusal_says_what_to_do_and_no_secret(
    make: Make, openai_server: OpenAIServer, behaviour: Behaviour, todo: str
) -> None:
    openai_server.script(behaviour)
    error = failure(make())
    assert type(error) is ProviderRefused
    assert todo in error.todo
    assert KEY not in f"{error} {error.todo}"
    assert len(openai_server.requests) == 1


def test_reasoning_that_stands_in_the_total_only_is_paid(make: Make, openai_server: OpenAIServer) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 150}
    openai_server.script(says(usage=usage))
    assert make().complete(PROMPT, seed=1).usage == Usage(prompt=100, completion=50)


@pytest.mark.parametrize("key", ["sk-…", "sk-test\n1234"])
def test_a_key_that_cannot_be_sent_is_not_sent(make: Make, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    monkeypatch.setenv("DEEPSEEK_API_KEY", key)
    error = failure(make())
    assert type(error) is ProviderRefused
    assert "_API_KEY" in error.todo
    assert "1234" not in str(error)


def test_many_calls_are_in_flight_at_a_time(make: Make, openai_server: OpenAIServer) -> None:
    count = 110  # more than httpx allows unasked
    gate = threading.Barrier(count)

    def together(exchange: Exchange) -> None:
        gate.wait(10)
        says()(exchange)

    openai_server.script(*[together] * count)
    model = make()
    with ThreadPoolExecutor(count) as threads:
        texts = list(threads.map(lambda seed: model.complete(PROMPT, seed=seed).text, range(count)))
    assert texts == ["hello"] * count


def test_nobody_listens(make: Make) -> None:
    error = failure(make(url="http://127.0.0.1:9/v1"))
    assert type(error) is ProviderUnavailable
    assert "cannot be reached" in str(error)


def test_an_endpoint_of_ones_own_needs_no_key(openai_server: OpenAIServer) -> None:
    model = OpenAIModel("Qwen/Coder", Terms(PRICE, 50, None, 5.0), base_url=openai_server.url)
    assert model.complete(PROMPT, seed=1).text == "hello"
    assert openai_server.requests[0].body["model"] == "Qwen/Coder"


def test_litellm_leaves_out_a_seed_that_a_provider_does_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_API_BASE", "http://127.0.0.1:9")
    error = failure(LitellmModel("anthropic/claude-sonnet-4-5", Terms(PRICE, 50, None, 5.0)))
    assert type(error) is ProviderUnavailable  # it got as far as the network


@pytest.mark.parametrize("stored", [3e-6, None], ids=["marked", "not marked"])
def test_anthropic_is_told_what_stays_the_same_if_it_is_known_what_that_costs(
    openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch, stored: float | None
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_API_BASE", openai_server.url.removesuffix("/v1"))
    usage = {"input_tokens": 50, "output_tokens": 20, "cache_creation_input_tokens": 40, "cache_read_input_tokens": 10}
    content = [{"type": "text", "text": "hello"}]
    reply = {"id": "m", "type": "message", "role": "assistant", "model": "served-1", "content": content}
    openai_server.script(replies(json.dumps({**reply, "stop_reason": "end_turn", "usage": usage}).encode()))
    prompt = Prompt((Message("system", "Be brief."), Message("user", "The task.\n\nThe program.", stable=9)))
    model = LitellmModel("anthropic/claude-sonnet-4-5", Terms(replace(PRICE, stored=stored), 50, None, 5.0))
    completion = model.complete(prompt, seed=1)
    [request] = openai_server.requests
    parts = request.body["messages"][0]["content"]
    assert "".join(part["text"] for part in parts) == "The task.\n\nThe program."
    assert [part.get("cache_control") for part in parts] == ([{"type": "ephemeral"}, None] if stored else [None])
    assert (completion.text, completion.usage) == ("hello", Usage(prompt=100, completion=20, cached=10))
    assert completion.dollars == pytest.approx(50e-6 + 40 * (stored or 1e-6) + 10 * 1e-7 + 20 * 1e-5)
    assert completion.dollars <= model.quote(prompt).dollars


def failure(model: Model) -> AdrsError:
    with pytest.raises(AdrsError) as caught:
        model.complete(PROMPT, seed=1)
    return caught.value
