"""Campaigns that pay: the command line, the real clients, and a server that counts what it sold."""

import itertools
import re
import signal
import time

import pytest

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.testing.samples import PACK
from tests.cli.command import adrs, start
from tests.llm.server import OpenAIServer, completion, fails, replies, says

PAID = ("run", "queues", "--on", "local", "--workers", "1", "--seed", "7", "--name", "paid", "--price", "10,20")


@pytest.fixture
def server():
    with OpenAIServer() as server:
        yield server


def rewriting():
    """Return a behaviour that answers with another LIMIT each time, as a whole file, after a moment."""
    limits = itertools.count(79, -1)

    def behave(exchange):
        exchange.wait(0.05)
        program = (PACK / "seed.py").read_text().replace("LIMIT = 80", f"LIMIT = {next(limits)}")
        replies(completion(f"IDEA: a lower limit\n\n```python\n{program}```"))(exchange)

    return behave


@pytest.fixture
def rewriter(server):
    server.script(*[rewriting()] * 500)
    return server


def calls_of(folder):
    archive = Archive.open(sqlite_url(folder / "archive.db"))
    calls, trials, planned = archive.calls(), archive.trials(), archive.planned()
    spend = archive.spend()
    archive.close()
    return calls, trials, planned, spend


def test_a_language_model_improves_the_seed_and_every_call_is_kept(rewriter, tmp_path):
    url = ("--model", "served", "--base-url", rewriter.url)
    done = adrs(*PAID, *url, "--trials", 6, cwd=tmp_path, check=0)
    calls, trials, _, spend = calls_of(tmp_path / "runs" / "paid")
    assert len(rewriter.requests) == len(calls) == 5
    assert [call.completion.usage.total for call in calls] == [120] * 5
    assert spend.dollars == pytest.approx(5 * (100 * 10 + 20 * 20) / 1e6)
    assert f"{spend.dollars:.4f} dollars" in done.stdout
    assert [trial.note for trial in trials[1:]] == ["a lower limit"] * 5
    sent = [message["content"] for message in rewriter.requests[0].body["messages"]]
    assert sent == [message.content for message in calls[0].prompt.messages]
    assert rewriter.requests[0].body.get("stream") in {None, False}


@pytest.mark.slow
def test_kill_9_buys_no_completion_twice(rewriter, tmp_path):
    folder = tmp_path / "runs" / "paid"
    url = ("--model", "served", "--base-url", rewriter.url)
    command = [*PAID, *url, "--trials", 14, "--model-threads", 2]
    for kill in range(3):
        process = start(*command, cwd=tmp_path)
        sold = len(rewriter.requests) + 3
        deadline = time.monotonic() + 60
        while len(rewriter.requests) < sold:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(0.07 * kill)
        process.kill()
        process.communicate()
        command = ["resume", "paid"]
    adrs("resume", "paid", cwd=tmp_path, check=0)
    calls, trials, planned, spend = calls_of(folder)
    states = [call.state for call in calls]
    assert planned == []
    assert [trial.number for trial in sorted(trials, key=lambda trial: trial.number)] == list(range(14))
    assert states.count("answered") == 13
    assert len({(call.trial, call.call) for call in calls if call.state == "answered"}) == 13
    assert len(rewriter.requests) <= len(calls)  # a request is in the archive before it is sent
    assert len(rewriter.requests) - 13 <= states.count("unknown") <= 6
    worst = sum(call.reserved.dollars for call in calls if call.state == "unknown")
    assert spend.dollars == pytest.approx(13 * 0.0014 + worst)


@pytest.mark.slow
def test_the_budget_holds_to_the_cent_and_is_extended(rewriter, tmp_path):
    url = ("--model", "served", "--base-url", rewriter.url, "--max-tokens", "500")
    done = adrs(*PAID, *url, "--dollars", "0.2", cwd=tmp_path, check=0)
    assert re.search(r"ended +.*dollars", done.stdout)
    calls, _, planned, spend = calls_of(tmp_path / "runs" / "paid")
    worst = max(call.reserved.dollars for call in calls)
    assert 0.2 - worst - 0.01 <= spend.dollars <= 0.2
    assert len(rewriter.requests) == len(calls)
    adrs("resume", "paid", "--dollars", "+0.003", cwd=tmp_path, check=0)
    more, _, _, after = calls_of(tmp_path / "runs" / "paid")
    assert len(more) > len(calls)
    assert after.dollars <= 0.203
    assert len(planned) <= 1


def test_an_edit_that_does_not_apply_is_repaired_once(server, tmp_path):
    wrong = "IDEA: x\n\n<<<<<<< SEARCH\nLIMIT = 99\n=======\nLIMIT = 20\n>>>>>>> REPLACE"
    right = wrong.replace("99", "80")
    server.script(says(wrong), says(right), says(wrong), says(wrong))
    url = ("--model", "served", "--base-url", server.url)
    adrs(*PAID, *url, "--trials", 3, cwd=tmp_path, check=0)
    calls, trials, _, _ = calls_of(tmp_path / "runs" / "paid")
    assert [(call.trial, call.call) for call in calls] == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert [trial.evaluation.status for trial in trials] == ["valid", "valid", "unparsed"]
    repair = calls[1].prompt.messages
    assert repair[2].content == wrong
    assert "LIMIT = 80" in repair[3].content
    assert trials[1].spend.tokens == 240


@pytest.mark.slow
def test_a_provider_that_refuses_pauses_the_campaign_with_a_way_out(server, tmp_path):
    server.script(fails(401, "bad key sk-secret", code="invalid_api_key"))
    url = ("--model", "served", "--base-url", server.url)
    env = {"OPENAI_API_KEY": "sk-secret"}
    done = adrs(*PAID, *url, "--trials", 3, cwd=tmp_path, check=4, env=env)
    assert "adrs resume paid" in done.stderr
    assert "sk-secret" not in done.stderr + done.stdout
    assert "sk-secret" not in (tmp_path / "runs" / "paid" / "log.txt").read_text()
    server.script(*[rewriting()] * 5)
    adrs("resume", "paid", cwd=tmp_path, check=0, env=env)
    calls, trials, planned, _ = calls_of(tmp_path / "runs" / "paid")
    assert [call.state for call in calls] == ["failed", "answered", "answered"]
    assert len(trials) == 3
    assert planned == []


@pytest.mark.slow
def test_a_cassette_plays_a_campaign_back_offline(rewriter, tmp_path):
    url = ("--model", "served", "--base-url", rewriter.url)
    adrs(*PAID, *url, "--trials", 4, "--record", "tape.jsonl", cwd=tmp_path, check=0)
    again = (*PAID[:-4], "--name", "again", "--model", "recorded:tape.jsonl", "--trials", 4)
    sold = len(rewriter.requests)
    adrs(*again, cwd=tmp_path, check=0)
    assert len(rewriter.requests) == sold
    first, second = (calls_of(tmp_path / "runs" / name)[1] for name in ("paid", "again"))
    assert [trial.program for trial in first] == [trial.program for trial in second]
    assert [trial.evaluation.scores for trial in first] == [trial.evaluation.scores for trial in second]


def test_an_interrupt_does_not_wait_for_the_mailbox(tmp_path):
    process = start(*PAID[:-2], "--model", "mailbox", "--trials", 3, cwd=tmp_path)
    prompt = tmp_path / "runs" / "paid" / "mailbox" / "0001.prompt.md"
    deadline = time.monotonic() + 60
    while not prompt.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    reply = "IDEA: lower\n\n<<<<<<< SEARCH\nLIMIT = 80\n=======\nLIMIT = 20\n>>>>>>> REPLACE"
    prompt.with_name("0001.reply.md").write_text(reply)
    adrs("resume", "paid", "--trials", "2", cwd=tmp_path, check=0)
    _, trials, _, _ = calls_of(tmp_path / "runs" / "paid")
    assert trials[1].program.source.count("LIMIT = 20") == 1
