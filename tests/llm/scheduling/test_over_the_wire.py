"""The real clients behind their schedulers, against a real server."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from adrs.errors import Interrupted
from adrs.llm import Message, Model, Prompt
from adrs.llm.catalogue import ModelSettings, open_model
from adrs.llm.scheduling.pace import Pace
from adrs.llm.scheduling.schedulers import Schedulers
from adrs.llm.scheduling.weather import Outage, Weather
from adrs.llm.waiting import Wait, sleep
from tests.llm.server import Behaviour, Exchange, OpenAIServer, fails, says

PROMPT = Prompt((Message("user", "?"),))
Open = Callable[..., Model]


@pytest.fixture(params=["endpoint", "litellm"])
def open_one(
    litellm_loaded: None, request: pytest.FixtureRequest, openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> Open:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("OPENAI_API_BASE", openai_server.url)

    def model(name: str, *, wait: Wait = sleep, **settings: object) -> Model:
        if request.param == "endpoint":
            settings |= {"base_url": openai_server.url}
        kept = ModelSettings(price="1,2", max_tokens=30, **settings)  # type: ignore[arg-type]
        return open_model(name if request.param == "endpoint" else f"openai/{name}", kept, wait=wait)

    return model


def by_model(**behaviours: Behaviour) -> Behaviour:
    def behave(exchange: Exchange) -> None:
        behaviours[exchange.request.body["model"]](exchange)

    return behave


def test_64_calls_are_at_the_server_at_a_time(open_one: Open, openai_server: OpenAIServer) -> None:
    gate = threading.Barrier(64)

    def together(exchange: Exchange) -> None:
        gate.wait(10)
        says()(exchange)

    openai_server.script(rest=together)
    model = open_one("m")
    with ThreadPoolExecutor(64) as threads:
        texts = list(threads.map(lambda seed: model.complete(PROMPT, seed=seed).text, range(64)))
    assert texts == ["hello"] * 64


def test_a_model_that_is_held_back_does_not_hold_back_another(open_one: Open, openai_server: OpenAIServer) -> None:
    openai_server.script(rest=by_model(slow=fails(429, "slow down", Retry_After="600"), fast=says()))
    stop, heard = threading.Event(), list[Weather]()
    shared = {"schedulers": Schedulers(heard.append), "wait": stop.wait}
    slow, fast = open_one("slow", **shared), open_one("fast", **shared)
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(slow.complete, PROMPT, seed=seed) for seed in range(4)]
        while not heard:
            pass
        answers = [fast.complete(PROMPT, seed=seed).text for seed in range(40)]
        assert not any(future.done() for future in waiting)
        stop.set()
    assert answers == ["hello"] * 40
    assert all(isinstance(future.exception(), Interrupted) for future in waiting)
    [outage] = heard
    assert isinstance(outage, Outage)
    assert outage.model.endswith("slow")
    assert 590 < outage.probe - outage.since <= 600.5
    assert len([r for r in openai_server.requests if r.body["model"] == "slow"]) <= 4


def test_a_pause_is_over_for_all_when_one_probe_is_answered(open_one: Open, openai_server: OpenAIServer) -> None:
    openai_server.script(*[fails(429, "slow down", retry_after_ms="50")] * 6)
    model = open_one("m", attempts=1)
    with ThreadPoolExecutor(16) as threads:
        completions = list(threads.map(lambda seed: model.complete(PROMPT, seed=seed), range(16)))
    assert sum(completion.attempts for completion in completions) == len(openai_server.requests) == 22


def test_no_more_than_allowed_are_at_the_server(open_one: Open, openai_server: OpenAIServer) -> None:
    lock, there, most = threading.Lock(), 0, 0

    def count(exchange: Exchange) -> None:
        nonlocal there, most
        with lock:
            there += 1
            most = max(most, there)
        exchange.wait(0.01)
        with lock:
            there -= 1
        says()(exchange)

    openai_server.script(rest=count)
    model = open_one("m", pace=Pace(concurrency=3))
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda seed: model.complete(PROMPT, seed=seed), range(30)))
    assert most == 3
