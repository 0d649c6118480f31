"""What a controller decides about a trial, from facts alone: made by the loop, and made again by a replay."""

from adrs.config import CampaignConfig
from adrs.evaluation import Status
from adrs.problem import Problem
from adrs.proposing import Proposer
from adrs.randomness import derive
from adrs.search import Search
from adrs.trial import Parents, Proposal, Trial


def width(config: CampaignConfig) -> int:
    """Return how many trials, validations and audits may be in flight at a time."""
    return 1 if _sequential(config) else proposing(config) + 2 * config.workers


def proposing(config: CampaignConfig) -> int:
    """Return how many trials may be proposed at a time: more than calls, so that none waits for a prompt or a disk."""
    calls = config.threads()
    return 1 if _sequential(config) else calls + 1 + calls // 4


def _sequential(config: CampaignConfig) -> bool:
    return config.threads() == 1 and config.workers == 1


def choose(search: Search, seed: int, number: int) -> Parents | None:
    """Return what trial `number` learns from; None for the seed program.

    Raises:
        RuntimeError: The search has heard of no valid trial.
    """
    return search.ask(derive(seed, number, "ask")) if number > 0 else None


def propose(proposer: Proposer, problem: Problem, parents: Parents, *, seed: int, number: int) -> Proposal:
    """Return what is proposed for trial `number`; the seed program needs no proposer."""
    return proposer.propose(problem, parents, derive(seed, number, "propose"))


def seed_proposal(problem: Problem) -> Proposal:
    """Return what is proposed for the trial without parents."""
    return Proposal(problem.seed, "seed", note="the seed program")


class Meanings:
    """Which trial was the first to have a program of each meaning."""

    def __init__(self) -> None:
        self._first: dict[str, int] = {}

    def add(self, number: int, proposal: Proposal) -> None:
        """Note a proposal that is to be evaluated."""
        if proposal.program is not None and proposal.status is Status.VALID:
            self._first[proposal.program.meaning] = number

    def hear(self, trial: Trial) -> None:
        """Note a finished trial; duplicates stand for nothing."""
        if trial.program is not None and trial.evaluation.status is not Status.DUPLICATE:
            self._first.setdefault(trial.program.meaning, trial.number)

    def marked(self, number: int, proposal: Proposal) -> Proposal:
        """Return the proposal, marked as a duplicate if a program of its meaning was tried before."""
        if proposal.program is None or proposal.status is not Status.VALID:
            return proposal
        first = self._first.get(proposal.program.meaning, number)
        return proposal if first == number else duplicate(proposal, first)


def duplicate(proposal: Proposal, first: int) -> Proposal:
    """Return the proposal as a duplicate of trial `first`."""
    message = f"the program does the same as that of trial {first}"
    return Proposal(proposal.program, proposal.model, Status.DUPLICATE, message, proposal.prompt, proposal.note)
