"""Loading litellm: slow, and eager to reach for the network and the terminal, so in one place."""

import importlib
import logging
import os
import warnings
from functools import cache
from types import ModuleType

_QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # no price list is fetched at import
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",  # nor a list of headers at the first call
    "LITELLM_MODE": "PRODUCTION",  # no .env is read: keys come from the environment only
}


@cache
def load_litellm() -> ModuleType:
    """Return the module litellm, silent, on our transport, and offline but for the calls asked of it.

    The first call takes a few seconds; make it before threads start.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        litellm = importlib.import_module("litellm")  # by name, or mypy reads its 2,000 modules
        _configure(litellm)
        # Builds the schemas that it would otherwise build, with warnings, in the first real call.
        litellm.completion("openai/gpt-4o", [{"role": "user", "content": "?"}], mock_response="!", api_key="none")
    warnings.filterwarnings("ignore", category=UserWarning, module="pydantic")  # it provokes them by the dozen
    return litellm


def _configure(litellm: ModuleType) -> None:
    from adrs.llm.transport import http_client, transport

    settings = {
        "suppress_debug_info": True,  # it prints advice to the terminal
        "sync_transport": transport(),  # for the providers that it calls itself
        "client_session": http_client(),  # for those that it calls through the openai client
    }
    for name, value in settings.items():
        setattr(litellm, name, value)
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
