import pytest

from adrs.errors import MissingPart
from adrs.llm.keys import KEYS, describe_keys, redact, require_key


def test_a_missing_key_is_named_with_the_way_out() -> None:
    with pytest.raises(MissingPart, match="ANTHROPIC_API_KEY is not set") as caught:
        require_key("anthropic")
    assert "export ANTHROPIC_API_KEY=" in caught.value.todo


def test_any_of_the_variables_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "x")
    require_key("gemini")
    assert describe_keys()["GEMINI_API_KEY"] is True


def test_an_empty_key_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")
    with pytest.raises(MissingPart):
        require_key("openai")


def test_a_provider_with_other_credentials_is_not_asked_for_a_key() -> None:
    require_key("bedrock")


def test_description_says_set_or_unset_for_every_provider() -> None:
    described = describe_keys()
    assert len(described) == len(KEYS)
    assert set(described.values()) == {False}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Incorrect API key provided: sk-abcd****wxyz.", "Incorrect API key provided: ***"),
        ("https://host/v1?key=AbC123&alt=x", "https://host/v1?key=***&alt=x"),
        ("Authorization: Bearer eyJhbGci", "Authorization: Bearer ***"),
        ("bad AIzaSyD-1234567890_abc key", "bad *** key"),
        ("a model that is called skeleton-key", "a model that is called skeleton-key"),
        ("the value is tr0ub4dor&3", "the value is ***"),
    ],
)
def test_secrets_are_blotted_out(text: str, left: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SECRET", "tr0ub4dor&3")
    assert redact(text) == left
