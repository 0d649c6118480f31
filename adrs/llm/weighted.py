"""A choice between models."""

from collections.abc import Sequence

from adrs.llm import Completion, Model, Prompt, Quote
from adrs.randomness import derive


class Weighted:
    """A model that is one of several, drawn anew for each call; the call's seed decides, so replay draws the same."""

    def __init__(self, choices: Sequence[tuple[Model, float]]) -> None:
        """Choose among `choices`, in proportion to their weights."""
        self._models = [model for model, _ in choices]
        self._weights = [weight for _, weight in choices]
        self.name = ",".join(model.name for model in self._models)

    def quote(self, prompt: Prompt) -> Quote:
        quotes = [model.quote(prompt) for model in self._models]
        return Quote(max(quote.dollars for quote in quotes), max(quote.tokens for quote in quotes))

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        [model] = derive(seed, "model").choices(self._models, self._weights)
        return model.complete(prompt, seed=seed)
