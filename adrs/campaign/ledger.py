"""A model whose every call is in the archive: before it is sent, and again before its answer is used."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from adrs.archive import Archive
from adrs.budget import Budget
from adrs.campaign import unsaved
from adrs.campaign.answers import first_answers
from adrs.campaign.hedging import Hedge, first_bought
from adrs.errors import AdrsError, ArchiveError, BudgetExhausted
from adrs.llm import AnswerLost, Completion, Model, Prompt, Quote
from adrs.trial import Spend

_ROUNDING = 1 + 1e-9


class QuoteExceeded(AdrsError):
    """A provider charged more than the most that the call could cost; the answer is kept, and was paid."""


class Ledgered:
    """The model of one trial. Calls that the archive has answers to are answered from it, and bought once only."""

    def __init__(
        self,
        model: Model,
        archive: Archive,
        budget: Budget,
        trial: int,
        *,
        hedge: Hedge | None = None,
        slots: AbstractContextManager[object] | None = None,
        rescue: Path | None = None,
    ) -> None:
        """Book the calls to `model` on a trial.

        Args:
            model: Who is asked.
            archive: Where calls are kept.
            budget: What they are paid from.
            trial: What they are made for.
            hedge: When a call that is slow is sent a second time; never if absent.
            slots: Held while a request is under way, and not while its answer is kept or used; may wait, or raise.
            rescue: A folder for answers that the archive cannot take.
        """
        self.name = model.name
        self._model = model
        self._archive = archive
        self._budget = budget
        self._trial = trial
        self._hedge = hedge
        self._slots = slots or nullcontext()
        self._rescue = rescue
        self._kept = first_answers(archive.calls(trial))
        self._calls = 0

    def quote(self, prompt: Prompt) -> Quote:
        return self._model.quote(prompt)

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        """Return the answer that was kept, or reserve, record, ask, keep and settle; once more if the answer is lost.

        Raises:
            BudgetExhausted: The worst case of the call does not fit into the budget; nothing was sent.
            AnswerLost: It was sent and may be billed: the reservation counts as spent.
            ProviderUnavailable, ProviderRefused: As the model; the reservation is released.
            QuoteExceeded: The provider charged more than it can have been asked for.
            ArchiveError: The answer could not be kept in the archive; it lies in the folder `rescue`.
        """
        call = self._calls
        self._calls += 1
        if call in self._kept:
            return self._kept[call]
        if self._hedge is None:
            try:
                return self._buy(call, prompt, seed)
            except AnswerLost:
                return self._buy(call, prompt, seed)
        first_bought(
            lambda: self._buy(call, prompt, seed), lambda: self._buy(call, prompt, seed, again=True), self._hedge
        )
        return first_answers(self._archive.calls(self._trial))[call]  # what a resumed session would find

    def _buy(self, call: int, prompt: Prompt, seed: int, *, again: bool = False) -> Completion:
        """Make a request of its own in the ledger, and in the budget."""
        quote = self._model.quote(prompt)
        worst = Spend(quote.dollars, quote.tokens)
        with nullcontext() if again else self._slots:
            self._reserve(worst, waits=not again)
            request = self._archive.send(self._trial, call, prompt, seed=seed, quote=quote)
            completion = self._ask(prompt, seed, call, request, worst)
        self._keep(call, request, completion)
        self._settle(worst, completion)
        return completion

    def _reserve(self, worst: Spend, *, waits: bool) -> None:
        if waits:
            self._budget.reserve(worst)
        elif not self._budget.try_reserve(worst):
            raise BudgetExhausted("there is no room for a second request beside those under way")

    def _ask(self, prompt: Prompt, seed: int, call: int, request: int, worst: Spend) -> Completion:
        """Send a request; note where it fails."""
        try:
            return self._model.complete(prompt, seed=seed)
        except AnswerLost as error:
            self._archive.fail(self._trial, call, request, str(error), billed=True, attempts=error.attempts)
            self._budget.settle(worst, worst)
            raise
        except AdrsError as error:
            self._archive.fail(self._trial, call, request, str(error), attempts=error.attempts)
            self._budget.settle(worst, Spend())
            raise

    def _keep(self, call: int, request: int, completion: Completion) -> None:
        try:
            self._archive.answer(self._trial, call, request, completion)
        except ArchiveError:
            if self._rescue is not None:
                unsaved.write(self._rescue, self._trial, call, request, completion)
            raise

    def _settle(self, worst: Spend, completion: Completion) -> None:
        actual = Spend(completion.dollars, completion.usage.total)
        self._budget.settle(worst, actual)
        if actual.dollars > worst.dollars * _ROUNDING or actual.tokens > worst.tokens:
            raise QuoteExceeded(
                f"{completion.model!r} charged {actual.dollars:.6g} dollars and {actual.tokens} tokens for a call that "
                f"could cost {worst.dollars:.6g} and {worst.tokens} at most",
                "It does not keep to max_tokens: mend that, or raise --max-tokens. The answer is kept, and was paid.",
            )
