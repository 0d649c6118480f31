import subprocess
import sys

import pytest

from adrs.llm import Message, Prompt
from adrs.llm.loading import load_litellm
from adrs.llm.tokens import count

PROMPT = Prompt((Message("system", "Answer in one word."), Message("user", "hello world, " * 100)))


@pytest.mark.parametrize("name", ["gpt-5", "gpt-4o", "gpt-4", "o3"])
def test_openai_models_are_counted_as_litellm_counts_them(name: str) -> None:
    # Short, because litellm counts long texts in pieces, which is a little too much.
    prompt = Prompt((Message("system", "One word."), Message("user", "価格を改善する <|endoftext|>\n" * 20)))
    counted = count(prompt, f"openai/{name}")
    messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
    assert counted.exact
    assert counted.number == load_litellm().token_counter(name, messages=messages)


@pytest.mark.parametrize("name", ["anthropic/claude-sonnet-4-5", "meta-llama/llama-2-7b", "mailbox", "openai/mine"])
def test_other_models_are_estimated_without_the_network(name: str) -> None:
    counted = count(PROMPT, name)
    assert not counted.exact
    assert counted.number == 330


@pytest.mark.parametrize(("name", "loaded"), [("anthropic/x", "False False"), ("openai/gpt-5", "False True")])
def test_counting_loads_no_client(name: str, loaded: str) -> None:
    code = (
        "import sys; from adrs.llm import Prompt, Message; from adrs.llm.tokens import count;"
        f"count(Prompt((Message('user', 'x'),)), {name!r}); print('litellm' in sys.modules, 'tiktoken' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == loaded
