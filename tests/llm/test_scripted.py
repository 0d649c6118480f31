from pathlib import Path

import pytest

from adrs.errors import ConfigError, ProviderRefused, ProviderUnavailable
from adrs.llm import Message, Prompt, Usage
from adrs.llm.scripted import Reply, Scripted, Tokens

PROMPT = Prompt((Message("user", "?"),))


def test_replies_come_in_order_and_then_end() -> None:
    model = Scripted(["a", "b"])
    assert [model.complete(PROMPT, seed=1).text for _ in range(2)] == ["a", "b"]
    with pytest.raises(ProviderRefused, match="holds 2 replies") as caught:
        model.complete(PROMPT, seed=1)
    assert caught.value.todo


def test_replies_come_round_again_if_told_to() -> None:
    model = Scripted(["a", "b"], cycle=True)
    assert [model.complete(PROMPT, seed=1).text for _ in range(5)] == ["a", "b", "a", "b", "a"]


def test_no_replies_are_an_end_too() -> None:
    for model in (Scripted(()), Scripted((), cycle=True)):
        with pytest.raises(ProviderRefused, match="holds 0 replies"):
            model.complete(PROMPT, seed=1)


def test_a_file_says_text_usage_price_and_failures(tmp_path: Path) -> None:
    path = tmp_path / "script.jsonl"
    path.write_text(
        '{"text": "a\\nb", "usage": {"prompt": 9, "completion": 3, "cached": 2}, "dollars": 0.5, "finish": "length"}\n'
        "\n"
        '{"error": "unavailable", "retry_after": 4}\n'
        '{"error": "refused", "text": "no more"}\n'
    )
    model = Scripted.from_file(path)
    completion = model.complete(PROMPT, seed=1)
    assert (completion.text, completion.dollars, completion.finish) == ("a\nb", 0.5, "length")
    assert completion.usage == Usage(9, 3, 2)
    with pytest.raises(ProviderUnavailable) as caught:
        model.complete(PROMPT, seed=1)
    assert caught.value.retry_after == 4.0
    with pytest.raises(ProviderRefused, match="no more"):
        model.complete(PROMPT, seed=1)


@pytest.mark.parametrize("line", ["{}\nnot json", '{"txt": "a"}', '{"text": 3}', '{"dollars": -1}'])
def test_a_bad_line_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "script.jsonl"
    path.write_text(line)
    with pytest.raises(ConfigError, match=f"script.jsonl:{line.count(chr(10)) + 1}"):
        Scripted.from_file(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Scripted.from_file(tmp_path / "none.jsonl")


def test_the_quote_covers_every_reply() -> None:
    replies = [Reply(text="a", dollars=2.0), Reply(text="b" * 50), Reply(usage=Tokens(prompt=900, completion=70))]
    model = Scripted(replies)
    quote = model.quote(PROMPT)
    completions = [model.complete(PROMPT, seed=1) for _ in replies]
    assert quote.dollars == 2.0
    assert max(completion.usage.total for completion in completions) == 970 <= quote.tokens < 1100
