"""One attempt to improve a program, successful or not."""

from dataclasses import dataclass

from adrs.evaluation import Evaluation, Status
from adrs.program import Program


@dataclass(frozen=True)
class Spend:
    """What something cost.

    Attributes:
        dollars: Price of the model calls.
        tokens: Prompt and completion tokens of the model calls.
        seconds: Wall time of the evaluations.
    """

    dollars: float = 0.0
    tokens: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Spend") -> "Spend":
        return Spend(self.dollars + other.dollars, self.tokens + other.tokens, self.seconds + other.seconds)


@dataclass(frozen=True)
class Trial:
    """One attempt, as the archive keeps it and the search learns from it.

    Attributes:
        number: 0 is the seed program; later ones count up in the order they were planned.
        parents: Numbers of the trials whose programs were rewritten (several for a crossover).
        inspirations: Numbers of the trials shown beside the parents.
        program: What came out; None if nothing that parses did.
        evaluation: How it did on the training split, or why it never got there.
        model: Name of the model that wrote it; `seed` for the seed program.
        prompt: Content hash of the prompt; empty where no model was prompted.
        note: One line about the change, by whoever made it.
        spend: What the attempt cost.
    """

    number: int
    parents: tuple[int, ...]
    inspirations: tuple[int, ...]
    program: Program | None
    evaluation: Evaluation
    model: str
    prompt: str = ""
    note: str = ""
    spend: Spend = Spend()

    @property
    def valid(self) -> bool:
        """Whether it can be a parent."""
        return self.program is not None and self.evaluation.valid


@dataclass(frozen=True)
class Parents:
    """What the next trial learns from.

    Attributes:
        parents: Trials whose programs are to be rewritten, the main one first; never empty.
        inspirations: Other good or different trials, shown beside them.
        failed: Recent failures and regressions of the main parent's children, oldest first.
    """

    parents: tuple[Trial, ...]
    inspirations: tuple[Trial, ...] = ()
    failed: tuple[Trial, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A child, or why there is none.

    Attributes:
        program: The child; None if the attempt failed.
        status: `unparsed` (or another failure) where there is no child.
        message: Why there is none, in words that can be shown to a model.
        model: Who wrote it.
        prompt: Content hash of the first prompt; empty where no model was prompted.
        note: One line about the change.
    """

    program: Program | None
    model: str
    status: Status = Status.VALID
    message: str = ""
    prompt: str = ""
    note: str = ""
