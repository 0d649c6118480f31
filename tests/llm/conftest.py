from collections.abc import Iterator

import pytest

from adrs.llm.keys import KEYS
from adrs.llm.loading import load_litellm
from tests.llm.server import OpenAIServer

_REDIRECTS = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "OPENAI_BASE_URL", "OPENAI_API_BASE", "DEEPSEEK_API_BASE")


@pytest.fixture(scope="session")
def _running() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture(scope="session")
def litellm_loaded() -> None:
    """Load litellm here, so that no test that needs it is charged with the seconds that this takes."""
    load_litellm()


@pytest.fixture
def openai_server(_running: OpenAIServer) -> OpenAIServer:
    """A server that speaks OpenAI's protocol; give it a script of behaviours."""
    _running.script()
    return _running


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key and no redirection of the developer's leaks into a test."""
    for variable in {name for names in KEYS.values() for name in names} | set(_REDIRECTS):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
