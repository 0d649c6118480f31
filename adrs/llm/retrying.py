"""Asking again where one call fails and others do not. Outages of a provider are its scheduler's business."""

import time
from dataclasses import replace

import tenacity

from adrs.errors import AdrsError, Interrupted, ProviderRefused, ProviderUnavailable
from adrs.llm import AnswerLost, Completion, Model, OutageTooLong, Prompt, Quote
from adrs.llm.waiting import Wait, sleep


class Retrying:
    """A model that asks again when the provider is briefly unavailable.

    Waits are drawn from intervals that double, so that many callers spread out. An attempt whose answer was lost may
    have been billed: it is charged at its quote, and only `losses` of them are made good, so that the quote of the
    whole stays a bound.
    """

    def __init__(self, model: Model, *, attempts: int, losses: int = 1, wait: Wait = sleep) -> None:
        """Wrap `model`.

        Args:
            model: Who is asked.
            attempts: How often one completion may be asked for.
            losses: How many lost answers are asked for again.
            wait: Waits between attempts; where it says to stop, none follows.
        """
        self.name = model.name
        self._model = model
        self._attempts = attempts
        self._losses = min(losses, attempts - 1)
        self._wait = wait

    def quote(self, prompt: Prompt) -> Quote:
        once = self._model.quote(prompt)
        return Quote(once.dollars * (1 + self._losses), once.tokens * (1 + self._losses))

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        began = time.monotonic()
        course = _Course(self._attempts, self._losses, self._wait)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_passing),
            after=course.note,
            stop=course.over,
            wait=tenacity.wait_random_exponential(multiplier=2, max=60),
            before_sleep=course.rest,
            sleep=lambda _: None,  # `rest` did
            reraise=True,
        )
        try:
            completion = retrying(self._model.complete, prompt, seed=seed)
        except (ProviderUnavailable, ProviderRefused, Interrupted) as error:
            failure = course.failure(error)
            if failure is error:
                raise
            raise failure from error
        attempts = completion.attempts + course.sent
        completion = replace(completion, attempts=attempts, seconds=time.monotonic() - began)
        return _charged(completion, self._model.quote(prompt), course.lost) if course.lost else completion


class _Course:
    """How one completion is getting on."""

    def __init__(self, attempts: int, losses: int, wait: Wait) -> None:
        self.lost = 0
        self.sent = 0
        self._attempts = attempts
        self._losses = losses
        self._wait = wait

    def note(self, state: tenacity.RetryCallState) -> None:
        """Count a failed attempt."""
        self.lost += isinstance(_error(state), AnswerLost)
        self.sent += _error(state).attempts

    def over(self, state: tenacity.RetryCallState) -> bool:
        """Return whether to give up."""
        return state.attempt_number >= self._attempts or self.lost > self._losses

    def rest(self, state: tenacity.RetryCallState) -> None:
        """Wait for the next attempt, or give up if asked to stop."""
        if self._wait(state.upcoming_sleep):
            raise Interrupted(f"stopped before another attempt: {_error(state)}", "`adrs resume` asks again.")

    def failure(self, error: AdrsError) -> AdrsError:
        """Return the error that ends it, which says what was sent and whether it may be billed."""
        sent = self.sent + (0 if _passing(error) else error.attempts)  # those are noted
        if self.lost and not isinstance(error, AnswerLost):
            error = AnswerLost(str(error), error.todo)  # an earlier attempt may be billed
        error.attempts = sent
        return error


def _passing(error: BaseException) -> bool:
    return isinstance(error, ProviderUnavailable) and not isinstance(error, OutageTooLong)


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
