"""A model that is asked when its scheduler says so."""

from dataclasses import replace

from adrs.errors import AdrsError, ProviderUnavailable
from adrs.llm import AnswerLost, Completion, Model, Prompt, Quote
from adrs.llm.scheduling.scheduler import Scheduler, Sent
from adrs.llm.waiting import Wait


class Scheduled:
    """A model whose requests wait for their turn, and are made again after an outage that held them back."""

    def __init__(self, model: Model, scheduler: Scheduler, *, wait: Wait) -> None:
        self.name = model.name
        self._model = model
        self._scheduler = scheduler
        self._wait = wait

    def quote(self, prompt: Prompt) -> Quote:
        return self._model.quote(prompt)

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        """Return the model's answer.

        Raises:
            AnswerLost, ProviderRefused: As the model.
            ProviderUnavailable: This request failed, and others are answered.
            OutageTooLong: No request is answered.
            Interrupted: The wait was cut short.
        """
        requests: list[Sent] = []
        try:
            while True:
                completion = self._ask(requests, prompt, seed)
                if completion is not None:
                    return replace(completion, attempts=len(requests))
        except AdrsError as error:
            error.attempts = len(requests)
            raise

    def _ask(self, requests: list[Sent], prompt: Prompt, seed: int) -> Completion | None:
        """Make one more request; return its answer, or None if it met an outage and is to be made again."""
        tokens = self._model.quote(prompt).tokens
        sent = self._scheduler.enter(tokens, self._wait)
        requests.append(sent)
        try:
            completion = self._model.complete(prompt, seed=seed)
        except ProviderUnavailable as error:
            lost = isinstance(error, AnswerLost)
            again = self._scheduler.failed(sent, error, first=requests[0], tokens=tokens if lost else 0)
            if lost or not again:
                raise
            return None
        except BaseException:
            self._scheduler.answered(sent)
            raise
        self._scheduler.answered(sent, completion.usage.total)
        return completion
