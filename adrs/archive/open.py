"""Trials under way, as they were written: what is told of them need not be read again."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from adrs.evaluation import Evaluation
from adrs.trial import Parents, Proposal, Spend, Trial


@dataclass
class _Open:
    parents: Parents
    hints: tuple[int, ...]
    proposal: Proposal | None = None
    evaluation: Evaluation | None = None
    spend: Spend = field(default_factory=Spend)
    asked: bool = False


class OpenTrials:
    """The trials that were planned by this process and that the search has not heard of."""

    def __init__(self) -> None:
        self._trials: dict[int, _Open] = {}

    def clear(self) -> None:
        """Know nothing any more."""
        self._trials.clear()

    def drop(self, number: int) -> None:
        """Know nothing of one trial any more: what it cost is to be read."""
        self._trials.pop(number, None)

    def planned(self, number: int, parents: Parents, hints: Sequence[int]) -> None:
        self._trials[number] = _Open(parents, tuple(hints))

    def hints(self, number: int) -> tuple[int, ...] | None:
        """Return the hints that a trial was planned with; None if it was not planned here."""
        known = self._trials.get(number)
        return None if known is None else known.hints

    def proposed(self, number: int, proposal: Proposal) -> None:
        if number in self._trials:
            self._trials[number].proposal = proposal

    def unasked(self, number: int) -> bool:
        """Return whether it is known that no model was asked for a trial."""
        return number in self._trials and not self._trials[number].asked

    def sent(self, number: int) -> None:
        if number in self._trials:
            self._trials[number].asked = True

    def spent(self, number: int, dollars: float, tokens: int) -> None:
        if number in self._trials:
            self._trials[number].spend += Spend(dollars, tokens)

    def evaluated(self, number: int, evaluation: Evaluation) -> None:
        if number in self._trials and evaluation.split == "train":
            self._trials[number].evaluation = replace(evaluation, results=())

    def told(self, number: int) -> Trial | None:
        """Return a finished trial, as it would be read; None if it was not planned here."""
        known = self._trials.pop(number, None)
        if known is None or known.proposal is None:
            return None
        return trial_of(number, _numbers(known.parents), known.proposal, known.evaluation, known.spend)


def trial_of(
    number: int,
    chosen: tuple[tuple[int, ...], tuple[int, ...]],
    proposal: Proposal,
    trained: Evaluation | None,
    spend: Spend,
) -> Trial:
    """Return a finished trial.

    Args:
        number: Its number.
        chosen: Numbers of its parents and of its inspirations.
        proposal: What was proposed.
        trained: How it did on the training split; None if there was nothing to evaluate.
        spend: What its model calls cost.
    """
    evaluation = trained or Evaluation(proposal.status, message=proposal.message)
    spend += Spend(seconds=evaluation.seconds)
    written = proposal.model, proposal.prompt, proposal.note
    return Trial(number, *chosen, proposal.program, evaluation, *written, spend)


def _numbers(parents: Parents) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return tuple(trial.number for trial in parents.parents), tuple(trial.number for trial in parents.inspirations)
