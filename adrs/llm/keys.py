"""API keys: which variable holds which, whether it is set, and how none ever reaches a message."""

import os
import re

from adrs.errors import MissingPart

KEYS = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "xai": ("XAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY", "OR_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "cerebras": ("CEREBRAS_API_KEY",),
    "moonshot": ("MOONSHOT_API_KEY",),
    "zai": ("ZAI_API_KEY",),
    "dashscope": ("DASHSCOPE_API_KEY",),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
    "perplexity": ("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"),
    "together_ai": ("TOGETHERAI_API_KEY", "TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHER_AI_TOKEN"),
    "fireworks_ai": ("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN"),
    "deepinfra": ("DEEPINFRA_API_KEY",),
    "sambanova": ("SAMBANOVA_API_KEY",),
    "nvidia_nim": ("NVIDIA_NIM_API_KEY",),
}
"""The variables that hold each provider's key, the usual one first; any one of them is enough. Providers that
take other credentials (a cloud's role, a login) are not here: their first call tells."""

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD")
_SECRET_TEXT = re.compile(
    r"\b(?:(?:sk|pk|rk|xai|csk|pplx|nvapi)-|(?:gsk|hf)_|AIza|AKIA)[-_A-Za-z0-9*.]{8,}"
    r"|(?<=Bearer )\S+|(?<=[?&]key=)[^&\s]+"
)


def key_variable(provider: str) -> str:
    """Return the environment variable that usually holds the provider's key."""
    return KEYS.get(provider, (f"{provider.upper()}_API_KEY",))[0]


def require_key(provider: str) -> None:
    """Check that the provider's key is set, where the provider is known to need one.

    Raises:
        MissingPart: It is not.
    """
    if provider in KEYS and not any(os.environ.get(variable) for variable in KEYS[provider]):
        variable = key_variable(provider)
        raise MissingPart(f"{provider} needs a key, and {variable} is not set", f"Run `export {variable}=…` first.")


def describe_keys() -> dict[str, bool]:
    """Return whether each provider's key is set, by the variable that usually holds it."""
    return {names[0]: any(os.environ.get(variable) for variable in names) for names in KEYS.values()}


def redact(text: str) -> str:
    """Return `text` without secrets: values of variables that hold some, and what looks like a key."""
    for variable, value in os.environ.items():
        if len(value) >= 8 and _SECRET_NAME.search(variable):
            text = text.replace(value, "***")
    return _SECRET_TEXT.sub("***", text)
