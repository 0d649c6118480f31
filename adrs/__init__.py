"""LLM-driven discovery of scheduling algorithms."""

__version__ = "0.1.0"
