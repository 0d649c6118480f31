"""Where the shipped folders lie: packs, prompts and the inside of the wall."""

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).parent


def folder(name: Literal["evaluators", "prompts", "sandbox"]) -> Path:
    """Return the shipped folder `name`: beside the package in a checkout, inside it in a wheel."""
    in_checkout = (_PACKAGE.parent / "pyproject.toml").is_file()
    return _PACKAGE.parent / name if in_checkout else _PACKAGE / "_shipped" / name
