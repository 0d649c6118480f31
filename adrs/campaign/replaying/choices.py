"""Which trials each trial was to learn from, asked of the search again."""

from collections.abc import Callable, Iterator

from adrs.archive import Planned
from adrs.campaign import decisions
from adrs.campaign.replaying.facts import Divergence, Facts
from adrs.search import Search
from adrs.trial import Parents


def orders(facts: Facts) -> Iterator[Divergence]:
    """Yield what contradicts the order of planning, proposing and telling, or an evaluation that is not there."""
    known = 0
    for place, plan in enumerate(facts.plans):
        if plan.number != place:
            yield Divergence(plan.number, "order", f"planned in place {place}", f"planned in place {plan.number}")
        if facts.sequential:
            yield from _places(plan)
        after, told = plan.after if plan.after is not None else known, len(facts.told)
        latest = plan.told if plan.told is not None else told
        if not known <= after <= latest:
            allowed = f"planned with {known} to {latest} told"
            yield Divergence(plan.number, "order", f"planned with {after} told", allowed)
        known = max(known, min(after, told))
        yield from _evaluated(facts, plan)


def _places(plan: Planned) -> Iterator[Divergence]:
    """With one thing done at a time, all places are the trial's number."""
    names = {"planned with {} told": plan.after, "proposed in place {}": plan.arrived, "told in place {}": plan.told}
    for name, place in names.items():
        if place is not None and place != plan.number:
            yield Divergence(plan.number, "order", name.format(place), name.format(plan.number))


def _evaluated(facts: Facts, plan: Planned) -> Iterator[Divergence]:
    if plan.told is None:
        return
    due = plan.proposal is not None and plan.proposal.program is not None and plan.proposal.status == "valid"
    made = plan.number in facts.trained
    if due != made:
        words = {True: "evaluated on train", False: "not evaluated on train"}
        yield Divergence(plan.number, "evaluation", words[made], words[due])


class Choices:
    """A search that is told again what it was told, and asked again what it was asked; in the order of numbers.

    Args:
        facts: What is recorded.
        search: Opens the search.
    """

    def __init__(self, facts: Facts, search: Callable[[], Search]) -> None:
        self._facts = facts
        self._open = search
        self._search = search()
        self.heard = 0
        """How many trials it was told so far."""
        self.found = 0
        """How many places in the order were not recorded, and found by what they lead to."""

    def choose(self, plan: Planned) -> Parents | None:
        """Return what the search answers for a trial; None for the seed program, or where it has no answer.

        Where it is not recorded how many trials it had heard of, the least number is taken that gives what is recorded.
        """
        if plan.after is not None or self._facts.sequential:
            self._hear(plan.number if plan.after is None else plan.after)
            return self._ask(plan.number)
        return self._find(plan)

    def _find(self, plan: Planned) -> Parents | None:
        begin, latest = self.heard, len(self._facts.told) if plan.told is None else plan.told
        for heard in range(begin, latest + 1):
            self._hear(heard)
            chosen = self._ask(plan.number)
            if numbers(chosen) == recorded(plan):
                self.found += 1
                return chosen
        self._search, self.heard = self._open(), 0
        self._hear(begin)
        return self._ask(plan.number)

    def _hear(self, count: int) -> None:
        for trial in self._facts.told[self.heard : count]:
            self._search.tell(trial)
        self.heard = max(self.heard, min(count, len(self._facts.told)))

    def _ask(self, number: int) -> Parents | None:
        try:
            return decisions.choose(self._search, self._facts.config.seed, number)
        except RuntimeError:  # no valid trial was told yet
            return None


Numbers = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


def numbers(chosen: Parents | None) -> Numbers:
    """Return the numbers of parents, inspirations and failed children."""
    groups = (chosen.parents, chosen.inspirations, chosen.failed) if chosen else ((), (), ())
    first, second, third = (tuple(trial.number for trial in group) for group in groups)
    return first, second, third


def recorded(plan: Planned) -> Numbers:
    """Return the same as it is recorded."""
    return plan.parents, plan.inspirations, plan.failed


def in_words(chosen: Numbers) -> str:
    """Return a choice in words."""
    names = ("parents", "beside them", "failed")
    said = [f"{name} {', '.join(map(str, group))}" for name, group in zip(names, chosen, strict=True) if group]
    return "; ".join(said) or "no parents"
