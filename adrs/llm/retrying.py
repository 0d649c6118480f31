"""Asking again when a provider is briefly unavailable: the only place that does."""

import time
from dataclasses import replace

import tenacity

from adrs.errors import ProviderRefused, ProviderUnavailable
from adrs.llm import AnswerLost, Completion, Model, Prompt, Quote
from adrs.llm.waiting import Wait, sleep


class Retrying:
    """A model that asks again when the provider is briefly unavailable.

    Waits are drawn from intervals that double (so that many callers spread out), after what the provider asks
    for. An attempt whose answer was lost may have been billed: it is charged at its quote, and only `losses` of
    them are made good, so that the quote of the whole stays a bound.
    """

    def __init__(
        self, model: Model, *, attempts: int, losses: int = 1, patience: float = 600.0, wait: Wait = sleep
    ) -> None:
        """Wrap `model`.

        Args:
            model: Who is asked.
            attempts: How many requests one completion may take.
            losses: How many lost answers are asked for again.
            patience: A provider that asks to wait longer than these seconds is not waited for.
            wait: Waits between attempts; where it says to stop, the last error is raised.
        """
        self.name = model.name
        self._model = model
        self._attempts = attempts
        self._losses = min(losses, attempts - 1)
        self._patience = patience
        self._wait = wait

    def quote(self, prompt: Prompt) -> Quote:
        once = self._model.quote(prompt)
        return Quote(once.dollars * (1 + self._losses), once.tokens * (1 + self._losses))

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        began = time.monotonic()
        course = _Course(self._attempts, self._losses, self._patience, self._wait)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(ProviderUnavailable),
            after=course.note,
            stop=course.over,
            wait=course.pause,
            before_sleep=course.rest,
            sleep=lambda _: None,  # `rest` did
            reraise=True,
        )
        try:
            completion = retrying(self._model.complete, prompt, seed=seed)
        except (ProviderUnavailable, ProviderRefused) as error:
            if course.lost and not isinstance(error, AnswerLost):
                raise AnswerLost(str(error), error.todo) from error  # an earlier attempt may be billed
            raise
        attempts = completion.attempts + retrying.statistics["attempt_number"] - 1
        completion = replace(completion, attempts=attempts, seconds=time.monotonic() - began)
        return _charged(completion, self._model.quote(prompt), course.lost) if course.lost else completion


class _Course:
    """How one completion is getting on."""

    def __init__(self, attempts: int, losses: int, patience: float, wait: Wait) -> None:
        self.lost = 0
        self._attempts = attempts
        self._losses = losses
        self._patience = patience
        self._wait = wait
        self._backoff = tenacity.wait_random_exponential(multiplier=2, max=60)

    def note(self, state: tenacity.RetryCallState) -> None:
        """Count a failed attempt."""
        self.lost += isinstance(_error(state), AnswerLost)

    def over(self, state: tenacity.RetryCallState) -> bool:
        """Return whether to give up."""
        asked = _error(state).retry_after or 0.0
        return state.attempt_number >= self._attempts or self.lost > self._losses or asked > self._patience

    def pause(self, state: tenacity.RetryCallState) -> float:
        """Return the seconds until the next attempt."""
        return (_error(state).retry_after or 0.0) + self._backoff(state)

    def rest(self, state: tenacity.RetryCallState) -> None:
        """Wait for the next attempt, or give up if asked to stop."""
        if self._wait(state.upcoming_sleep):
            raise _error(state)


def _error(state: tenacity.RetryCallState) -> ProviderUnavailable:
    assert state.outcome is not None
    error = state.outcome.exception()
    assert isinstance(error, ProviderUnavailable)
    return error


def _charged(completion: Completion, quote: Quote, lost: int) -> Completion:
    """Return the completion with the most that lost answers can have cost."""
    prompt = completion.usage.prompt + lost * quote.tokens
    usage = replace(completion.usage, prompt=prompt, estimated=True)
    return replace(completion, usage=usage, dollars=completion.dollars + lost * quote.dollars)
