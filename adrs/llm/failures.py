"""What it means that a call failed: whether asking again may help, whether it may have been billed, what to do."""

import contextlib
import json
import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import httpx

from adrs.errors import AdrsError, ProviderRefused, ProviderUnavailable
from adrs.llm import AnswerLost
from adrs.llm.keys import redact

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
_NOT_SENDABLE = (httpx.LocalProtocolError, UnicodeEncodeError)
_PASSING = (408, 409, 425, 429)  # client errors that pass; every 5xx does too
_SHOWN = 300  # characters of the provider's own words


def explain(error: Exception, *, name: str, variable: str) -> AdrsError:
    """Return our error for whatever the openai or litellm client raised.

    The HTTP exchange in the chain of causes decides: both clients rename and merge errors on the way.

    Args:
        error: What was raised.
        name: The model that was asked.
        variable: The environment variable that holds the key.
    """
    chain = _chain(error)
    for cause in chain:
        if isinstance(cause, httpx.HTTPStatusError):
            return _from_reply(cause.response, name, variable)
    if any(isinstance(cause, _NOT_SENDABLE) for cause in chain):
        return ProviderRefused(f"{name!r} cannot be asked: {_last(chain)}", f"Check the characters of {variable}.")
    if any(isinstance(cause, _NOT_SENT) for cause in chain):
        return ProviderUnavailable(f"{name!r} cannot be reached: {_last(chain)}", "Check the network and --base-url.")
    if any(isinstance(cause, TimeoutError | httpx.TimeoutException) for cause in chain):
        return AnswerLost(f"{name!r} did not answer in time", "Raise `model_seconds` if it needs longer.")
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and 400 <= status < 500 and status not in _PASSING:
        return _refused(status, _words(str(error)), name, variable)  # the client itself refused to send it
    return AnswerLost(f"the answer of {name!r} was lost: {_last(chain)}", "It is asked again.")


def malformed(name: str, body: str) -> AnswerLost:
    """Return the error for a reply that is not a completion."""
    return AnswerLost(f"{name!r} answered something that is no completion: {_words(body)}", "It is asked again.")


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that a provider asks to wait, by whichever header; None where it asks nothing.

    Args:
        headers: Of the reply; names in lower case, or a mapping that ignores case.
        now: Seconds since the epoch, against which a date counts.
    """
    for header, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        with contextlib.suppress(KeyError, ValueError):
            seconds = float(headers[header]) * unit
            return max(0.0, seconds) if math.isfinite(seconds) else None
    with contextlib.suppress(KeyError, ValueError):
        return max(0.0, parsedate_to_datetime(headers["retry-after"]).timestamp() - now)
    return None


def _chain(error: BaseException | None) -> list[BaseException]:
    """Return an error, its cause, the cause of that, and so on."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def _from_reply(response: httpx.Response, name: str, variable: str) -> AdrsError:
    status, words = response.status_code, _words(response.text)
    if status < 500 and (status not in _PASSING or "insufficient_quota" in response.text):
        return _refused(status, words, name, variable)
    what = "is busy" if status == 429 else "is unavailable"
    wait = retry_after(response.headers, time.time())
    return ProviderUnavailable(f"{name!r} {what} ({status}): {words}", "Ask again later.", retry_after=wait)


def _refused(status: int, words: str, name: str, variable: str) -> ProviderRefused:
    if status in (401, 403):
        todo = f"Check the key in {variable}, and that it may use this model."
    elif status in (402, 429):
        todo = f"Add credit to the account that {variable} belongs to, or name another --model."
    elif status == 404:
        todo = "Check the name given to --model; with --base-url it is sent as it stands, without a provider before it."
    else:
        todo = "If it is the length, lower --max-tokens or name a --model with a longer context."
    return ProviderRefused(f"{name!r} refused the request ({status}): {words}", todo)


def _words(body: str) -> str:
    """Return what a reply says, in one line that can be shown."""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        body = str(json.loads(body)["error"]["message"])
    line = " ".join(redact(body).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def _last(chain: list[BaseException]) -> str:
    return _words(str(chain[-1])) or type(chain[-1]).__name__
