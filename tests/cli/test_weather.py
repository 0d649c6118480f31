"""Campaigns in all weathers: the command line, the real clients, and a server that misbehaves."""

import itertools
import signal
import threading
import time
from random import Random

import pytest

from adrs.archive import Archive
from adrs.archive.checking import check
from adrs.archive.connection import sqlite_url
from adrs.testing.samples import PACK
from tests.cli.command import adrs, start
from tests.llm.server import OpenAIServer, completion, cut_off, fails, hangs_up, late, replies, says

RUN = ("run", "queues", "--on", "local", "--workers", "1", "--no-audit", "--seed", "7", "--name", "wet")
PRICE = ("--price", "10,20", "--max-tokens", "500")
BUSY = fails(429, "slow down")


@pytest.fixture
def server():
    with OpenAIServer() as server:
        yield server


def sells():
    """Return a behaviour that answers with another LIMIT each time, as a whole file."""
    limits = itertools.count(79, -1)

    def behave(exchange):
        program = (PACK / "seed.py").read_text().replace("LIMIT = 80", f"LIMIT = {next(limits)}")
        replies(completion(f"IDEA: a lower limit\n\n```python\n{program}```"))(exchange)

    return behave


def until(seconds, first, later):
    """Behave in one way for so long from the first request on, then in another."""
    begun = []

    def behave(exchange):
        begun.append(time.monotonic())
        (first if begun[-1] - begun[0] < seconds else later)(exchange)

    return behave


def served(server, *, at="served"):
    return ("--model", at, "--base-url", server.url, *PRICE)


class Kept:
    """What a run's archive holds, and that it is whole."""

    def __init__(self, folder, server, *, trials, unfinished=0):
        path = folder / "runs" / "wet" / "archive.db"
        archive = Archive.open(sqlite_url(path))
        self.calls, self.trials, self.spend = archive.calls(), archive.trials(), archive.spend()
        self.events = [(kind, data) for _, kind, data in archive.events() if kind in {"outage", "cleared"}]
        planned = archive.planned()
        archive.close()
        assert sorted(trial.number for trial in self.trials) == list(range(trials))
        assert unfinished is None or len(planned) == unfinished
        assert sum(1 if call.attempts is None else call.attempts for call in self.calls) == len(server.requests)
        assert self.spend.dollars == pytest.approx(sum(call.spent.dollars for call in self.calls))
        assert all(call.spent.dollars <= call.reserved.dollars + 1e-12 for call in self.calls)
        assert [verdict for verdict in check(path) if verdict.count] == []


@pytest.mark.slow
def test_an_outage_is_waited_out_and_visible(server, tmp_path):
    server.script(rest=until(2.0, BUSY, sells()))
    done = adrs(*RUN, *served(server), "--trials", 9, "--model-threads", 8, cwd=tmp_path, check=0)
    kept = Kept(tmp_path, server, trials=9)
    assert [kind for kind, _ in kept.events] == ["outage", "cleared"]
    assert "waiting for 'served'" in done.stderr
    assert "'served' answers again, after" in done.stderr
    assert {call.state for call in kept.calls} == {"answered"}
    assert all(trial.valid or trial.evaluation.status == "duplicate" for trial in kept.trials)


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 16])
def test_a_minute_of_429_burns_no_trial(server, tmp_path, threads):
    server.script(*[sells()] * 3, rest=until(60.0, BUSY, sells()))
    began = time.monotonic()
    run = (*RUN, *served(server), "--trials", 24, "--model-threads", threads)
    done = adrs(*run, cwd=tmp_path, check=0, seconds=240)
    assert time.monotonic() - began > 60
    kept = Kept(tmp_path, server, trials=24)
    assert [kind for kind, _ in kept.events] == ["outage", "cleared"]
    assert 30 < kept.events[1][1]["seconds"] < 150
    assert "slow down" in done.stderr
    assert "'served' answers again, after" in done.stderr
    assert [call.state for call in kept.calls] == ["answered"] * 23
    assert len(server.requests) < 23 + 60  # probes, not a storm


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_kind_of_failure_at_random(server, tmp_path, seed):
    rng, sell = Random(seed), sells()
    asks = fails(503, "later", Retry_After="1")
    kinds = [fails(500), fails(502), BUSY, asks, cut_off, hangs_up, late(3.0), says("no usage", usage=None)]

    def weather(exchange):
        (sell if rng.random() < 0.6 else rng.choice(kinds))(exchange)

    server.script(rest=weather)
    env = {"ADRS_MODEL_SECONDS": "0.5"}
    command = (*RUN, *served(server), "--dollars", "2.5", "--trials", 25, "--model-threads", 8)
    done = adrs(*command, cwd=tmp_path, env=env, seconds=240)
    resumed = 0
    while done.returncode == 1:  # paused, where two answers in a row were lost
        done = adrs("resume", "wet", cwd=tmp_path, env=env, seconds=240)
        resumed += 1
        assert resumed < 20
    assert done.returncode == 0, done.stderr
    archive = Archive.open(sqlite_url(tmp_path / "runs" / "wet" / "archive.db"))
    trials, unfinished = len(archive.trials()), len(archive.planned())
    archive.close()
    kept = Kept(tmp_path, server, trials=trials, unfinished=unfinished)
    assert kept.spend.dollars <= 2.5
    assert trials == 25 or "dollars" in done.stdout


@pytest.mark.slow
def test_an_outage_that_lasts_too_long_pauses_the_campaign(server, tmp_path):
    server.script(rest=BUSY)
    run = (*RUN, *served(server), "--trials", 9, "--model-threads", 8, "--outage-seconds", 1)
    done = adrs(*run, cwd=tmp_path, check=1)
    assert "slow down" in done.stderr
    assert "adrs resume wet" in done.stderr
    kept = Kept(tmp_path, server, trials=1, unfinished=8)
    assert (kept.spend.dollars, {call.state for call in kept.calls}) == (0.0, {"failed"})
    before = len(server.requests)
    server._rest = sells()
    adrs("resume", "wet", "--outage-seconds", "60", "--requests-per-minute", "6000", cwd=tmp_path, check=0)
    assert len(server.requests) == before + 8
    kept = Kept(tmp_path, server, trials=9)
    assert [call.state for call in kept.calls].count("answered") == 8


def test_a_stop_in_an_outage_is_quick(server, tmp_path):
    server.script(rest=fails(429, "slow down", Retry_After="600"))
    process = start(*RUN, *served(server), "--trials", 9, "--model-threads", 8, cwd=tmp_path)
    wait_for(lambda: len(server.requests) >= 1)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert time.monotonic() - began < 2.5
    assert process.returncode == 130
    kept = Kept(tmp_path, server, trials=1, unfinished=None)
    assert (kept.spend.dollars, {call.state for call in kept.calls}) == (0.0, {"failed"})


@pytest.mark.slow
def test_the_loser_of_two_requests_is_not_waited_for(server, tmp_path):
    server.script(late(60.0), rest=sells())
    began = time.monotonic()
    adrs(*RUN, *served(server), "--trials", 4, "--hedge-seconds", "0.3", cwd=tmp_path, check=0)
    assert time.monotonic() - began < 30
    kept = Kept(tmp_path, server, trials=4)
    assert [(call.trial, call.request, call.state) for call in kept.calls[:2]] == [(1, 0, "sent"), (1, 1, "answered")]
    assert len(kept.calls) == 4
    adrs("resume", "wet", "--trials", "+1", cwd=tmp_path, check=0)
    kept = Kept(tmp_path, server, trials=5)
    assert kept.calls[0].state == "unknown"


@pytest.mark.slow
def test_64_requests_of_a_campaign_are_at_the_server_at_a_time(server, tmp_path):
    gate, sell = threading.Barrier(64), sells()

    def together(exchange):
        gate.wait(60)
        sell(exchange)

    server.script(rest=together)
    run = (*RUN, *served(server), "--trials", 65, "--model-threads", 64)
    adrs(*run, cwd=tmp_path, check=0)
    assert len(Kept(tmp_path, server, trials=65).calls) == 64


@pytest.mark.slow
def test_a_rate_is_kept_by_a_campaign(server, tmp_path):
    times, sell = [], sells()

    def behave(exchange):
        times.append(time.monotonic())
        sell(exchange)

    server.script(rest=behave)
    run = (*RUN, *served(server), "--trials", 13, "--model-threads", 8, "--requests-per-minute", 120)
    adrs(*run, cwd=tmp_path, check=0)
    gaps = [later - earlier for earlier, later in itertools.pairwise(sorted(times))]
    assert min(gaps) > 0.4
    assert max(times) - min(times) < 12 * 0.5 + 3


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
