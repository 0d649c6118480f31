import subprocess
import sys

import pytest

from adrs.llm import Message, Prompt
from adrs.llm.tokens import count

PROMPT = Prompt((Message("system", "Answer in one word."), Message("user", "hello world, " * 100)))


def test_openai_models_are_counted() -> None:
    counted = count(PROMPT, "openai/gpt-5")
    assert counted.exact
    assert 300 < counted.number < 340


def test_each_model_has_its_own_tokenizer() -> None:
    prompt = Prompt((Message("user", "価格を改善する" * 50),))
    assert count(prompt, "openai/gpt-5").number < 0.8 * count(prompt, "openai/gpt-4").number


@pytest.mark.parametrize("name", ["anthropic/claude-sonnet-4-5", "meta-llama/llama-2-7b", "mailbox", "openai/mine"])
def test_other_models_are_estimated_without_the_network(name: str) -> None:
    counted = count(PROMPT, name)
    assert not counted.exact
    assert counted.number == 330


def test_an_estimate_loads_no_client() -> None:
    code = (
        "import sys; from adrs.llm import Prompt, Message; from adrs.llm.tokens import count;"
        "count(Prompt((Message('user', 'x'),)), 'mailbox'); print('litellm' in sys.modules, 'openai' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
