"""A model whose every call is in the archive: before it is sent, and again before its answer is used."""

from collections.abc import Iterable

from adrs.archive import Archive, Call
from adrs.budget import Budget
from adrs.errors import AdrsError
from adrs.llm import AnswerLost, Completion, Model, Prompt, Quote
from adrs.trial import Spend


def first_answers(calls: Iterable[Call]) -> dict[int, Completion]:
    """Return the completion of each call that was answered; of several answers, the one that came first."""
    answered = [call for call in calls if call.completion is not None]
    answered.sort(key=lambda call: (call.arrived if call.arrived is not None else -1, call.request), reverse=True)
    return {call.call: call.completion for call in answered if call.completion is not None}


class Ledgered:
    """The model of one trial. Calls that the archive has answers to are answered from it, and bought once only."""

    def __init__(self, model: Model, archive: Archive, budget: Budget, trial: int) -> None:
        self.name = model.name
        self._model = model
        self._archive = archive
        self._budget = budget
        self._trial = trial
        self._kept = first_answers(archive.calls(trial))
        self._calls = 0

    def quote(self, prompt: Prompt) -> Quote:
        return self._model.quote(prompt)

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        """Return the answer that was kept, or reserve, record, ask, keep and settle.

        Raises:
            BudgetExhausted: The worst case of the call does not fit into the budget; nothing was sent.
            AnswerLost: It was sent and may be billed: the reservation counts as spent.
            ProviderUnavailable, ProviderRefused: As the model; the reservation is released.
        """
        call = self._calls
        self._calls += 1
        if call in self._kept:
            return self._kept[call]
        quote = self._model.quote(prompt)
        worst = Spend(quote.dollars, quote.tokens)
        self._budget.reserve(worst)
        request = self._archive.send(self._trial, call, prompt, seed=seed, quote=quote)
        try:
            completion = self._model.complete(prompt, seed=seed)
        except AnswerLost as error:
            self._archive.fail(self._trial, call, request, str(error), billed=True)
            self._budget.settle(worst, worst)
            raise
        except AdrsError as error:
            self._archive.fail(self._trial, call, request, str(error))
            self._budget.settle(worst, Spend())
            raise
        self._archive.answer(self._trial, call, request, completion)
        self._budget.settle(worst, Spend(completion.dollars, completion.usage.total))
        return completion
