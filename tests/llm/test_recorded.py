from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adrs.errors import AdrsError, ConfigError, ProviderRefused
from adrs.llm import Message, Prompt
from adrs.llm.recorded import Recorded, Recording
from adrs.llm.scripted import Reply, Scripted


def ask(text: str) -> Prompt:
    return Prompt((Message("system", "Be brief."), Message("user", text)))


@given(st.lists(st.tuples(st.sampled_from("pq\ud83d"), st.text(), st.floats(0, 9)), max_size=6))
@settings(deadline=None, max_examples=30)  # every completion is forced to disk
def test_what_was_recorded_is_played_back_word_for_word(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[str, str, float]]
) -> None:
    path = tmp_path_factory.mktemp("cassette") / "c.jsonl"
    path.touch()
    live = Recording(Scripted([Reply(text=text, dollars=dollars) for _, text, dollars in calls]), path)
    recorded = [live.complete(ask(prompt), seed=1) for prompt, _, _ in calls]
    model = Recorded(path)
    assert [model.complete(ask(prompt), seed=2) for prompt, _, _ in calls] == recorded


def test_prompts_may_come_in_another_order(tmp_path: Path) -> None:
    live = Recording(Scripted(["a", "b", "c"]), tmp_path / "c.jsonl")
    for prompt in ("one", "two", "one"):
        live.complete(ask(prompt), seed=1)
    model = Recorded(tmp_path / "c.jsonl")
    assert [model.complete(ask(prompt), seed=1).text for prompt in ("two", "one", "one")] == ["b", "a", "c"]


def test_the_quote_is_what_was_paid(tmp_path: Path) -> None:
    live = Recording(Scripted([Reply(text="a", dollars=1.0), Reply(text="b", dollars=3.0)]), tmp_path / "c.jsonl")
    assert live.quote(ask("p")).dollars == 3.0
    for _ in range(2):
        live.complete(ask("p"), seed=1)
    model = Recorded(tmp_path / "c.jsonl")
    assert model.quote(ask("p")).dollars == 3.0
    assert model.complete(ask("p"), seed=1).dollars == 1.0
    assert model.quote(ask("never asked")).dollars == 0.0


def test_the_first_difference_is_named(tmp_path: Path) -> None:
    live = Recording(Scripted(["a", "b"]), tmp_path / "c.jsonl")
    live.complete(ask("same"), seed=1)
    live.complete(ask("a line\nseed 0.31"), seed=1)
    model = Recorded(tmp_path / "c.jsonl")
    model.complete(ask("same"), seed=1)
    with pytest.raises(ProviderRefused) as caught:
        model.complete(ask("a line\nseed 0.32"), seed=1)
    message = str(caught.value)
    assert ask("a line\nseed 0.32").hash[:12] in message
    assert "unplayed take there is 2" in message
    assert "message 2 (user), line 2: 'seed 0.32' for 'seed 0.31'" in message


def test_a_longer_conversation_is_a_difference(tmp_path: Path) -> None:
    live = Recording(Scripted(["a"]), tmp_path / "c.jsonl")
    live.complete(ask("p"), seed=1)
    with pytest.raises(ProviderRefused, match="message 3: assistant for None"):
        Recorded(tmp_path / "c.jsonl").complete(ask("p").then("assistant", "a"), seed=1)


def test_the_end_of_the_cassette_is_said(tmp_path: Path) -> None:
    Recording(Scripted(["a"]), tmp_path / "c.jsonl").complete(ask("p"), seed=1)
    model = Recorded(tmp_path / "c.jsonl")
    model.complete(ask("p"), seed=1)
    with pytest.raises(ProviderRefused, match="at its end: it holds 1 completions"):
        model.complete(ask("p"), seed=1)


def test_a_line_that_a_crash_tore_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    live = Recording(Scripted(["a", "b"]), path)
    live.complete(ask("p"), seed=1)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:50])
    assert Recorded(path).complete(ask("p"), seed=1).text == "a"
    live.complete(ask("q"), seed=1)
    model = Recorded(path)
    assert [model.complete(ask(prompt), seed=1).text for prompt in "pq"] == ["a", "b"]


def test_a_file_that_is_no_cassette_is_said(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text('{"text": "a"}\n')
    with pytest.raises(ConfigError, match=r"c\.jsonl:1 is no recorded completion"):
        Recorded(tmp_path / "c.jsonl")
    with pytest.raises(ConfigError, match="cannot be read"):
        Recorded(tmp_path / "none.jsonl")


def test_a_cassette_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AdrsError, match="cannot be written"):
        Recording(Scripted(["a"]), tmp_path / "file" / "c.jsonl").complete(ask("p"), seed=1)
