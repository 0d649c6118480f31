"""What was proposed for each trial, made again from the recorded completions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from adrs.archive import Planned
from adrs.campaign import decisions
from adrs.campaign.decisions import Meanings
from adrs.campaign.models import Proposers
from adrs.campaign.replaying.facts import Divergence, Facts, Kind
from adrs.campaign.replaying.recalled import Recalled, Unanswered
from adrs.evaluation import Status
from adrs.llm import Model
from adrs.trial import Parents, Proposal


class Proposals:
    """The proposer of a campaign, with the archive for a model."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._model = Recalled(0, ())
        asks = facts.config.model != "mutator"
        self._proposer = Proposers(self._recall if asks else None, facts.archive, facts.config)
        self.divergences: list[Divergence] = []

    def propose(self, plan: Planned, parents: Parents | None) -> Proposal | None:
        """Return what is proposed for a trial, not marked as a duplicate yet; None if the answer is not there."""
        if parents is None:
            return decisions.seed_proposal(self._facts.problem)
        proposer, seed = self._proposer(plan.number), self._facts.config.seed
        try:
            proposal = decisions.propose(proposer, self._facts.problem, parents, seed=seed, number=plan.number)
        except Unanswered as error:
            self._note_model(plan, "" if plan.proposal is None else str(error))
            return None
        self._note_model(plan, "")
        return proposal

    def _recall(self, number: int) -> Model:
        self._model = Recalled(number, self._facts.calls.get(number, ()))
        return self._model

    def _note_model(self, plan: Planned, unanswered: str) -> None:
        self.divergences += self._model.divergences
        made = self._model.asked
        if unanswered:
            self.divergences.append(Divergence(plan.number, "call", unanswered, f"{made} calls are made"))
        elif plan.proposal is not None and self._model.unasked:
            made += self._model.unasked
            replayed = f"{self._model.asked} calls are made"
            self.divergences.append(Divergence(plan.number, "call", f"{made} calls were made", replayed))


def compare(facts: Facts, made: Mapping[int, Proposal]) -> Iterator[Divergence]:
    """Yield where what was made again, and marked as a duplicate or not, is not what is recorded."""
    plans = [plan for plan in facts.plans if plan.proposal is not None]
    order = _order(facts, plans)
    if order is None:
        yield from _compare_in_any_order(plans, made)
        return
    meanings = Meanings()
    for plan in order:
        assert plan.proposal is not None  # only such plans are left
        proposal = meanings.marked(plan.number, made.get(plan.number, _unmarked(plan.proposal)))
        yield from _difference(plan.number, plan.proposal, proposal)
        meanings.add(plan.number, plan.proposal)


def ordered(facts: Facts) -> bool:
    """Return whether it is known in which order proposals came."""
    return facts.sequential or all(plan.arrived is not None for plan in facts.plans if plan.proposal is not None)


def _order(facts: Facts, plans: Sequence[Planned]) -> list[Planned] | None:
    if facts.sequential or not plans:
        return list(plans)
    return sorted(plans, key=lambda plan: plan.arrived or 0) if ordered(facts) else None


def _compare_in_any_order(plans: Sequence[Planned], made: Mapping[int, Proposal]) -> Iterator[Divergence]:
    """As `compare`, where the order is not known: a duplicate is one of any trial of its meaning."""
    alike: dict[str, list[Planned]] = {}
    for plan in plans:
        if plan.proposal is not None and plan.proposal.program is not None:
            alike.setdefault(plan.proposal.program.meaning, []).append(plan)
    for plan in plans:
        assert plan.proposal is not None  # only such plans come here
        proposal = made.get(plan.number, _unmarked(plan.proposal))
        others = alike.get(proposal.program.meaning, []) if proposal.program is not None else []
        marked = [decisions.duplicate(proposal, other.number) for other in others if other is not plan]
        first = not any(other.proposal and other.proposal.status is Status.VALID for other in others if other != plan)
        allowed = ([proposal] if first or proposal.status is not Status.VALID else []) + marked
        if plan.proposal not in allowed:
            yield from _difference(plan.number, plan.proposal, allowed[0])


def _unmarked(proposal: Proposal) -> Proposal:
    """Return a recorded proposal as it was before it was known to be a duplicate."""
    if proposal.status is not Status.DUPLICATE:
        return proposal
    return replace(proposal, status=Status.VALID, message="")


def _difference(number: int, was: Proposal, now: Proposal) -> Iterator[Divergence]:
    """Yield the first fact of a proposal that is not as recorded."""
    pairs: tuple[tuple[Kind, str, str], ...] = (
        ("edit", _program(was), _program(now)),
        ("duplicate" if Status.DUPLICATE in {was.status, now.status} else "edit", _outcome(was), _outcome(now)),
        ("prompt", f"prompt {was.prompt[:12]}", f"prompt {now.prompt[:12]}"),
        ("edit", f"by {was.model}: {was.note!r}", f"by {now.model}: {now.note!r}"),
    )
    if was != now:
        kind, before, after = next(pair for pair in pairs if pair[1] != pair[2])
        yield Divergence(number, kind, before, after)


def _program(proposal: Proposal) -> str:
    return f"program {proposal.program.hash[:12]}" if proposal.program is not None else "no program"


def _outcome(proposal: Proposal) -> str:
    return f"{proposal.status}: {proposal.message}" if proposal.message else str(proposal.status)
