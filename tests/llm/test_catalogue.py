import threading
from pathlib import Path

import pytest

from adrs.errors import ConfigError, MissingPart, UsageError
from adrs.llm import Message, Prompt
from adrs.llm.catalogue import ModelSettings, describe_keys, open_model
from adrs.llm.mailbox import Mailbox
from adrs.llm.recorded import Recorded
from tests.llm.server import OpenAIServer, fails, says

PROMPT = Prompt((Message("user", "?"),))
DEFAULT = ModelSettings()


def test_an_endpoint_of_ones_own_is_retried_metered_and_recorded(openai_server: OpenAIServer, tmp_path: Path) -> None:
    openai_server.script(fails(503), says("hi"))
    path = tmp_path / "c.jsonl"
    settings = ModelSettings(base_url=openai_server.url, price="1,2", record=path, max_tokens=30)
    model = open_model("Qwen/Coder", settings, wait=lambda _: False)
    completion = model.complete(PROMPT, seed=1)
    assert (model.name, completion.text, completion.attempts) == ("Qwen/Coder", "hi", 2)
    assert completion.dollars == pytest.approx(100 * 1e-6 + 20 * 2e-6)
    assert openai_server.requests[-1].body["max_tokens"] == 30
    assert open_model(f"recorded:{path}", DEFAULT).complete(PROMPT, seed=9) == completion
    assert isinstance(open_model(f"recorded:{path}", DEFAULT), Recorded)


def test_an_endpoint_without_a_price_is_not_asked(openai_server: OpenAIServer) -> None:
    with pytest.raises(ConfigError, match="is not known") as caught:
        open_model("m", ModelSettings(base_url=openai_server.url))
    assert "--price 0,0" in caught.value.todo


def test_a_provider_by_litellms_name(openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    monkeypatch.setenv("OPENAI_API_BASE", openai_server.url)
    model = open_model("openai/gpt-5", DEFAULT)
    assert model.complete(PROMPT, seed=1).text == "hello"
    assert openai_server.requests[0].body["max_completion_tokens"] == DEFAULT.max_tokens
    assert model.quote(PROMPT).dollars > 8192 * 1e-5


def test_a_missing_key_is_found_before_anything_is_asked() -> None:
    with pytest.raises(MissingPart, match="OPENAI_API_KEY"):
        open_model("openai/gpt-5", DEFAULT)


@pytest.mark.parametrize(
    ("name", "what", "todo"),
    [
        ("antropic/claude", "no provider 'antropic'", "'anthropic'"),
        ("gpt-5", "no model 'gpt-5'", "`openai/gpt-5`"),
        ("nonsense", "no model 'nonsense'", "PROVIDER/MODEL"),
        ("", "no model ''", "PROVIDER/MODEL"),
        ("scripted", "no model 'scripted'", "scripted:FILE"),
        ("mailbox=x,mailbox", "'x' is not the weight", "a/b=0.8"),
        ("mailbox=-1,mailbox", "'-1' is not the weight", "a/b=0.8"),
    ],
)
def test_a_wrong_name_is_said_with_the_right_one(name: str, what: str, todo: str) -> None:
    with pytest.raises(UsageError, match=what) as caught:
        open_model(name, DEFAULT)
    assert todo in caught.value.todo


def test_a_provider_that_litellm_only_resolves_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="price of 'veniceai/x'"):
        open_model("veniceai/x", DEFAULT)


def test_several_models_are_a_choice(tmp_path: Path) -> None:
    for text in "ab":
        (tmp_path / text).write_text(f'{{"text": "{text}"}}\n' * 200)
    model = open_model(f"scripted:{tmp_path}/a=9, scripted:{tmp_path}/b=1", DEFAULT)
    drawn = [model.complete(PROMPT, seed=seed).text for seed in range(100)]
    assert 0 < drawn.count("b") < 25


def test_a_mailbox_lies_where_the_settings_say_unless_its_name_does(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    for name, folder in (("mailbox", tmp_path / "run"), (f"mailbox:{tmp_path}/mine", tmp_path / "mine")):
        model = open_model(name, ModelSettings(folder=tmp_path / "run"), wait=stop.wait)
        assert isinstance(model, Mailbox)
        with pytest.raises(Exception, match="stopped while waiting"):
            model.complete(PROMPT, seed=1)
        assert (folder / "0001.prompt.md").exists()


def test_keys_are_described_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XAI_API_KEY", "secret")
    assert describe_keys()["XAI_API_KEY"] is True
    assert describe_keys()["OPENAI_API_KEY"] is False
