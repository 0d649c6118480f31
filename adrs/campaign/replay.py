"""A campaign played again from its archive: every decision of its controller is made anew and compared.

Completions and evaluations are facts, and taken as they are recorded; so is the order in which they came where several
were awaited at a time. When to stop is no decision in this sense: it follows from clocks, prices and people.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from platform import python_version

from adrs import __version__
from adrs.archive import Planned
from adrs.campaign.models import open_prompts
from adrs.campaign.replaying import promotions, proposals
from adrs.campaign.replaying.choices import Choices, in_words, numbers, orders, recorded
from adrs.campaign.replaying.facts import Divergence, Facts, Kind, read
from adrs.campaign.replaying.proposals import Proposals
from adrs.search.catalogue import open_search
from adrs.trial import Proposal

__all__ = ["Divergence", "Facts", "Kind", "Replay", "changes", "read", "replay"]


@dataclass(frozen=True)
class Replay:
    """What came of a replay.

    Attributes:
        trials: Trials that were replayed, unfinished ones included.
        unfinished: How many of them the search had not heard of.
        divergences: What came out otherwise, by trial and kind; of a trial whose parents did, nothing that follows.
        notes: What could be checked only in part, and why.
    """

    trials: int
    unfinished: int
    divergences: tuple[Divergence, ...]
    notes: tuple[str, ...] = ()

    @property
    def first(self) -> Divergence | None:
        return self.divergences[0] if self.divergences else None


def changes(facts: Facts) -> list[str]:
    """Return what is no longer as it was when the run began, so that divergences are to be expected."""
    written, problem = facts.record.written, facts.problem
    found = []
    if problem.hash != written.get("problem_hash", problem.hash):
        found.append(f"the problem {problem.name!r} is not what it was when the run began")
    prompts = written.get("prompts_hash")
    if prompts and open_prompts(facts.config).hash != prompts:
        found.append("the prompt templates are not what they were when the run began: prompts will diverge")
    if written.get("adrs", __version__) != __version__:
        found.append(f"the run was made by adrs {written['adrs']}, and this is {__version__}")
    if written.get("python", python_version()) != python_version():
        found.append(f"the run was made by Python {written['python']}, and this is {python_version()}")
    return found


def replay(facts: Facts, tick: Callable[[], None] = lambda: None) -> Replay:
    """Return what comes of making every decision again.

    Args:
        facts: What is recorded.
        tick: Called after each trial.
    """
    contradictions = list(orders(facts))
    if any(divergence.kind == "evaluation" for divergence in contradictions):  # nothing can be told to a search
        return _result(facts, contradictions, ())
    choices = Choices(facts, lambda: open_search(facts.config.search, facts.problem, facts.config.search_options))
    made = Proposals(facts)
    found = [*contradictions, *_trials(facts, choices, made, tick)]
    found += [*promotions.validations(facts), *promotions.promotions(facts)]
    return _result(facts, found, tuple(_notes(facts, choices)))


def _trials(facts: Facts, choices: Choices, proposer: Proposals, tick: Callable[[], None]) -> Iterator[Divergence]:
    """Yield what comes out otherwise of planning and proposing."""
    made: dict[int, Proposal] = {}
    for plan in facts.plans:
        if facts.given(plan.number):
            tick()
            continue
        chosen = choices.choose(plan)
        if numbers(chosen) != recorded(plan):
            yield Divergence(plan.number, "parents", in_words(recorded(plan)), in_words(numbers(chosen)))
        elif _was_asked(facts, plan):
            proposal = proposer.propose(plan, chosen)
            if proposal is not None:
                made[plan.number] = proposal
        tick()
    yield from proposer.divergences
    known = {divergence.trial for divergence in proposer.divergences if divergence.kind == "prompt"}
    for divergence in proposals.compare(facts, made):
        if divergence.kind != "prompt" or divergence.trial not in known:
            yield divergence


def _was_asked(facts: Facts, plan: Planned) -> bool:
    return plan.proposal is not None or plan.number in facts.calls


def _notes(facts: Facts, choices: Choices) -> Iterator[str]:
    if choices.found:
        yield (
            f"of {choices.found} trials it is not recorded how many the search had heard of before: "
            "the least number that gives the recorded parents was taken"
        )
    if not proposals.ordered(facts):
        yield "in which order proposals came is not recorded: of duplicates only that there is such a trial was checked"
    if not promotions.ordered(facts):
        yield "how promotions came about is not recorded in full: only the last was checked"


def _result(facts: Facts, found: list[Divergence], notes: tuple[str, ...]) -> Replay:
    unfinished = sum(plan.told is None for plan in facts.plans)
    own = [divergence for divergence in found if not facts.given(divergence.trial)]
    if facts.origin is not None:
        notes += (f"the trials up to {facts.origin.trial} are {facts.origin.run}'s, and were taken as given",)
    return Replay(len(facts.plans), unfinished, tuple(sorted(own, key=lambda each: each.place)), notes)
