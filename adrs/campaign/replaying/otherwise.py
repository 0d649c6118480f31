"""What another search policy would have learned from, had it seen the same trials in the same order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from adrs.campaign.replaying.choices import Choices, Numbers, numbers, recorded
from adrs.campaign.replaying.facts import Facts
from adrs.search.catalogue import Option, open_search


@dataclass(frozen=True)
class Alternative:
    """What a trial was made from, and what it would have been made from: parents, inspirations, failed children."""

    trial: int
    recorded: Numbers
    chosen: Numbers

    @property
    def same_parents(self) -> bool:
        return self.recorded[0] == self.chosen[0]

    @property
    def stands(self) -> bool:
        """Whether the recorded completion would be the answer to what the policy would have asked."""
        return self.recorded == self.chosen


@dataclass(frozen=True)
class Otherwise:
    """Another policy's choices for every trial but the seed.

    Attributes:
        search: The policy.
        alternatives: By trial.
    """

    search: str
    alternatives: Sequence[Alternative]

    @property
    def same_parents(self) -> int:
        return sum(alternative.same_parents for alternative in self.alternatives)

    @property
    def stand(self) -> int:
        """How many recorded completions would stand."""
        return sum(alternative.stands for alternative in self.alternatives)

    @property
    def parts(self) -> int | None:
        """The first trial that would have been another; None if all would be as recorded."""
        return next((each.trial for each in self.alternatives if not each.stands), None)


def choose_otherwise(facts: Facts, search: str, tick: Callable[[], None] = lambda: None) -> Otherwise:
    """Return what the policy `search`, with its default options unless it is the run's own, would have chosen.

    Raises:
        ConfigError: There is no such policy.
        PackError: It cannot search this problem.
    """
    options: dict[str, Option] = dict(facts.config.search_options) if search == facts.config.search else {}
    other = Choices(facts, lambda: open_search(search, facts.problem, options))
    own = Choices(facts, lambda: open_search(facts.config.search, facts.problem, facts.config.search_options))
    found = []
    for plan in facts.plans:
        own.choose(plan)  # where it is not recorded how many trials were told before, this finds it
        if plan.number > 0:
            chosen = other.choose(replace(plan, after=own.heard))
            found.append(Alternative(plan.number, recorded(plan), numbers(chosen)))
        tick()
    return Otherwise(search, found)
