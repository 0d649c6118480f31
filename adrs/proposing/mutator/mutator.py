"""The mutator: draws edits until one gives a sound child that means something else than its parents."""

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from adrs.evaluation import Status
from adrs.problem import Problem
from adrs.program import Program
from adrs.proposing import Proposal
from adrs.proposing.mutator import constants, crossover, operators, statements, terms
from adrs.proposing.mutator.draft import Draft
from adrs.proposing.mutator.render import rendered
from adrs.trial import Parents

Edit = Callable[[Draft, Random], str | None]
Cross = Callable[[Draft, Draft, Random], str | None]


class Family(NamedTuple):
    """An edit, how often it is drawn, and how its weight changes as programs fill their size.

    Attributes:
        edit: Changes a draft in place and says in words what it did; None if it found nothing to change.
        weight: Its share among the edits, at size 0.
        growth: 1 if it makes programs larger, -1 if smaller, 0 if neither.
        neutral: Whether what the program computes stays the same, so that another edit must follow.
        tunes: Whether it changes constants, so that the more there are the more it is worth.
    """

    edit: Edit
    weight: float
    growth: int = 0
    neutral: bool = False
    tunes: bool = False


EDITS = (
    Family(constants.nudge, 5, tunes=True),
    Family(constants.nudge_all, 3, tunes=True),
    Family(constants.snap, 0.4, tunes=True),
    Family(operators.swap_sign, 1),
    Family(operators.swap_comparison, 0.7),
    Family(operators.swap_function, 0.7),
    Family(operators.swap_operands, 0.3),
    Family(terms.replace_leaf, 2.5),
    Family(terms.replace, 3.5, 1),
    Family(terms.insert, 14, 1),
    Family(terms.scale, 4.5, 1),
    Family(terms.bend, 0.5, 1),
    Family(terms.delete, 2.5, -1),
    Family(terms.move, 5),
    Family(terms.transplant, 1.5),
    Family(terms.change_test, 1),
    Family(terms.reorder, 0.5),
    Family(statements.swap, 0.3),
    Family(statements.remove, 0.7, -1),
    Family(statements.unwrap, 0.3, -1),
    Family(statements.repeat, 0.2, 1),
    Family(statements.adjust, 0.7, 1),
    Family(statements.introduce, 0.5),
    Family(statements.dissolve, 0.4, neutral=True),
)
CROSSES: tuple[tuple[Cross, float], ...] = ((crossover.exchange, 3), (crossover.blend, 2))


class Mutator:
    """Edits the syntax tree of the main parent.

    Args:
        nodes: How much larger than twice the seed a child may be, in nodes of the syntax tree; a parent that is
            larger may be changed, not grown.
        crossing: How often a first edit takes material from another parent or an inspiration, where there is one.
        more: How often another edit follows an edit.
        tries: Attempts at one child before giving up.
    """

    name = "mutator"

    def __init__(self, *, nodes: int = 60, crossing: float = 0.15, more: float = 0.35, tries: int = 60) -> None:
        self._nodes = nodes
        self._crossing = crossing
        self._more = more
        self._tries = tries

    def propose(self, problem: Problem, parents: Parents, rng: Random) -> Proposal:
        trials = (*parents.parents, *parents.inspirations)
        programs = [trial.program for trial in trials if trial.program and trial.program.size]
        for _ in range(self._tries if programs else 0):
            attempt = self._attempt(problem, programs, rng)
            if attempt and self._acceptable(attempt.child, programs, problem):
                return Proposal(attempt.child, self.name, note=attempt.note)
        message = f"no edit of {self._tries} gave another program that is sound, small enough and within the markers"
        return Proposal(None, self.name, Status.UNPARSED, message)

    def _attempt(self, problem: Problem, programs: Sequence[Program], rng: Random) -> "_Attempt | None":
        (main, *others), texts = programs, _prose(problem)
        draft = first = Draft(main, texts)
        full, notes, unsettled = self._full(main, problem), list[str](), True
        while unsettled or rng.random() < self._more:
            if others and not notes and rng.random() < self._crossing:
                note, unsettled = _crossed(draft, Draft(rng.choice(others), texts), rng), False
            else:
                note, neutral = self._edited(draft, full, rng)
                unsettled = unsettled and neutral
            draft = draft.again()
            if note is None or draft.breaks(first):
                return None
            notes.append(note)
        return _Attempt(Program(rendered(main.source, draft.tree)), "; ".join(notes))

    def _limit(self, problem: Problem) -> int:
        return 2 * problem.seed.size + self._nodes

    def _full(self, program: Program, problem: Problem) -> float:
        """Return how much of the room between seed and limit a program takes up, 0 to 1."""
        begin, end = problem.seed.size, self._limit(problem)
        return min(1.0, max(0.0, (program.size - begin) / (end - begin)))

    def _edited(self, draft: Draft, full: float, rng: Random) -> tuple[str | None, bool]:
        """Make one edit; return its note, None if there is nothing to change, and whether it is neutral."""
        factors = {1: 1 - 0.9 * full, 0: 1.0, -1: 1 + 2.5 * full}
        tuned = min(1.0, len(constants.literals(draft)) / 4)
        weights = [family.weight * factors[family.growth] * (tuned if family.tunes else 1) for family in EDITS]
        for _ in EDITS:
            family = rng.choices(EDITS, weights)[0]
            if note := family.edit(draft, rng):
                return note, family.neutral
        return None, False

    def _acceptable(self, child: Program, programs: Sequence[Program], problem: Problem) -> bool:
        small = child.size <= max(self._limit(problem), programs[0].size)
        if not small or problem.complaint(child) or not child.keeps(problem.seed):
            return False
        return child.meaning not in {program.meaning for program in programs}


class _Attempt(NamedTuple):
    child: Program
    note: str


def _crossed(draft: Draft, donor: Draft, rng: Random) -> str | None:
    crosses, weights = zip(*CROSSES, strict=True)
    cross: Cross = rng.choices(crosses, weights)[0]
    return cross(draft, donor, rng)


def _prose(problem: Problem) -> tuple[str, ...]:
    """Return what a pack says about the parameters of its functions: the seed's comments, then the statement."""
    comments = "\n".join(line.partition("#")[2] for line in problem.seed.source.splitlines())
    return comments, problem.statement
