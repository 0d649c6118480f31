"""Models by name, as `--model` takes them."""

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adrs.errors import ConfigError, UsageError
from adrs.llm import Model
from adrs.llm.keys import describe_keys, require_key
from adrs.llm.prices import Terms, list_price, parse_price
from adrs.llm.scheduling.pace import Pace
from adrs.llm.scheduling.schedulers import Schedulers
from adrs.llm.waiting import Wait, sleep

__all__ = ["ModelSettings", "describe_keys", "open_model"]

_FORMS = "Models are named `PROVIDER/MODEL` (`openai/gpt-5`), `scripted:FILE`, `recorded:FILE` or `mailbox[:FOLDER]`."


@dataclass(frozen=True)
class ModelSettings:
    """How models are asked.

    Attributes:
        max_tokens: The longest reply.
        temperature: None for the provider's default.
        seconds: The longest wait for one reply of a provider; a mailbox is waited for without end.
        attempts: How often one call is asked for that fails while others do not.
        base_url: An endpoint that speaks OpenAI's protocol and serves the model.
        price: Dollars per million tokens, `PROMPT,COMPLETION[,CACHED]`, of every model named; None for the list price.
        folder: The mailbox, where its name says no other.
        record: A cassette to which every completion is appended.
        pace: The limits of each model that is asked over the network.
        schedulers: Where such models wait for their turn; pass one to all models of a process.
    """

    max_tokens: int = 8192
    temperature: float | None = None
    seconds: float = 300.0
    attempts: int = 5
    base_url: str | None = None
    price: str | None = None
    folder: Path | None = None
    record: Path | None = None
    pace: Pace = field(default_factory=Pace)
    schedulers: Schedulers = field(default_factory=Schedulers)


def open_model(name: str, settings: ModelSettings, *, wait: Wait = sleep) -> Model:
    """Return the model that `name` names, ready to be asked.

    Several names with commas between them are a choice, by equal or by given weights: `a/b=0.8,c/d=0.2`.

    Args:
        name: As `--model` takes it.
        settings: How it is asked.
        wait: Waits between retries and for mail; pass `threading.Event.wait` to be able to cut it short.

    Raises:
        UsageError: There is no such model.
        ConfigError: A setting is wrong, or the price of the model is not known.
        MissingPart: The key of its provider is not set.
    """
    choices = [_choice(part.strip(), settings, wait) for part in name.split(",")]
    model = choices[0][0]
    if len(choices) > 1:
        from adrs.llm.weighted import Weighted

        model = Weighted(choices)
    if settings.record is None:
        return model
    from adrs.llm.recorded import Recording

    return Recording(model, settings.record)


def _choice(part: str, settings: ModelSettings, wait: Wait) -> tuple[Model, float]:
    name, equals, weight = part.rpartition("=")
    if not equals:
        return _open(part, settings, wait), 1.0
    try:
        value = float(weight)
    except ValueError:
        value = math.nan
    if not (0 < value < math.inf):
        raise UsageError(f"{weight!r} is not the weight of a model", "Write `a/b=0.8,c/d=0.2`.")
    return _open(name, settings, wait), value


def _open(name: str, settings: ModelSettings, wait: Wait) -> Model:
    kind, colon, rest = name.partition(":")
    if kind in _LOCAL and (colon or kind == "mailbox"):
        return _LOCAL[kind](rest, settings, wait)
    from adrs.llm.retrying import Retrying
    from adrs.llm.scheduling.scheduled import Scheduled

    model = _endpoint(name, settings) if settings.base_url else _provider(name, settings)
    scheduler = settings.schedulers.of(name, settings.base_url, settings.pace)
    # A lost answer is bought again by the ledger, as a request of its own: a crash then leaves one request open.
    return Retrying(Scheduled(model, scheduler, wait=wait), attempts=settings.attempts, losses=0, wait=wait)


def _scripted(rest: str, settings: ModelSettings, wait: Wait) -> Model:
    from adrs.llm.scripted import Scripted

    return Scripted.from_file(Path(rest))


def _recorded(rest: str, settings: ModelSettings, wait: Wait) -> Model:
    from adrs.llm.recorded import Recorded

    return Recorded(Path(rest))


def _mailbox(rest: str, settings: ModelSettings, wait: Wait) -> Model:
    from adrs.llm.mailbox import Mailbox

    folder = Path(rest) if rest else settings.folder or Path("mailbox")
    return Mailbox(folder, max_tokens=settings.max_tokens, wait=wait)


_LOCAL: Mapping[str, Callable[[str, ModelSettings, Wait], Model]] = {
    "scripted": _scripted,
    "recorded": _recorded,
    "mailbox": _mailbox,
}


def _endpoint(name: str, settings: ModelSettings) -> Model:
    from adrs.llm.openai import OpenAIModel

    assert settings.base_url is not None
    if not settings.base_url.startswith(("http://", "https://")):
        raise ConfigError(f"{settings.base_url!r} is no URL of an endpoint", "Write http://HOST:PORT/v1 or https://….")
    if settings.price is None:
        raise ConfigError(
            f"what {settings.base_url!r} asks for a token is not known",
            "Add `--price 0,0` if it is your own, else `--price PROMPT,COMPLETION` in dollars per million tokens.",
        )
    return OpenAIModel(name, _terms(name, settings), base_url=settings.base_url)


def _provider(name: str, settings: ModelSettings) -> Model:
    provider, slash, _ = name.partition("/")
    if not slash:
        raise _provider_missing(name)
    require_key(provider)
    _require_provider(provider)
    from adrs.llm.litellm import LitellmModel

    return LitellmModel(name, _terms(name, settings))


def _terms(name: str, settings: ModelSettings) -> Terms:
    price = parse_price(settings.price) if settings.price is not None else list_price(name)
    return Terms(price, settings.max_tokens, settings.temperature, settings.seconds)


def _require_provider(provider: str) -> None:
    """Check that litellm knows a provider; some are in its list, others it only resolves."""
    import openai

    from adrs.llm.loading import load_litellm

    litellm = load_litellm()
    known = [str(getattr(entry, "value", entry)) for entry in litellm.provider_list]
    if provider in known:
        return
    try:
        litellm.get_llm_provider(f"{provider}/model")
    except openai.OpenAIError:
        close = difflib.get_close_matches(provider, known, 1)
        hint = f"Did you mean {close[0]!r}? " if close else ""
        raise UsageError(f"there is no provider {provider!r}", hint + _FORMS) from None


def _provider_missing(name: str) -> UsageError:
    from adrs.llm.loading import load_litellm

    provider = load_litellm().model_cost.get(name, {}).get("litellm_provider")
    hint = f"Did you mean `{provider}/{name}`? " if provider else ""
    return UsageError(f"there is no model {name!r}", hint + _FORMS)
