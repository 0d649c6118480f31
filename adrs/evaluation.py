"""What an evaluator says about a program: a value, never an exception."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias


class Status(StrEnum):
    """How an attempt ended. Only a valid one has scores."""

    VALID = "valid"
    INVALID = "invalid"  # it answered, and the answer breaks a rule of the problem
    CRASHED = "crashed"  # it raised, or its process died
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    UNPARSED = "unparsed"  # the model's reply held no applicable edit, or the result is no program
    DUPLICATE = "duplicate"  # the same program was evaluated before


class CandidateFailed(Exception):
    """A candidate broke a rule; raised by policies and evaluators, turned into an Evaluation at the boundary."""

    def __init__(self, status: Status, message: str) -> None:
        self.status = status
        self.message = "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in message)
        super().__init__(self.message)


@dataclass(frozen=True)
class Result:
    """What a program achieved on one instance.

    Attributes:
        instance: The instance's name, unique within its problem.
        group: The class of instances that it belongs to; feedback and tables are per class.
        scores: Raw figures by name (a cost, a reference, a gap); the evaluator's `score` folds them.
    """

    instance: str
    group: str
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Evaluation:
    """What came of running a program on one split.

    Attributes:
        status: How it ended.
        split: The instances it ran on: `train`, `validation` or `test`; empty if it never ran.
        message: Why it failed, in words that can be shown to a model; empty if valid.
        scores: Value of each declared objective; empty unless valid.
        results: One per instance, in the split's order; empty unless valid.
        features: Behaviour and size descriptors by name, for quality-diversity searches.
        feedback: Per-class remarks in words, for the next prompt.
        seconds: Wall time of the evaluation.
        conditions: What the machine was like while speed was measured, by name; empty unless it was.
    """

    status: Status
    split: str = ""
    message: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    results: tuple[Result, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)
    feedback: str = ""
    seconds: float = 0.0
    conditions: Mapping[str, float] = field(default_factory=dict)

    @property
    def valid(self) -> bool:
        """Whether the scores can be compared."""
        return self.status is Status.VALID


Cause: TypeAlias = Literal["order", "seed", "state", "names", "chance", "failure", "together"]


@dataclass(frozen=True)
class Finding:
    """One thing that a program's results must not depend on, and do.

    Attributes:
        cause: `order`: in which order the instances come. `seed`: of hashes and of the shared random streams. `state`:
            what the process did before. `names`: how what an instance holds is numbered. `chance`: on nothing that is
            in our hands (a clock, addresses, unseeded randomness). `failure`: it fails where it did not before.
            `together`: on none of these alone, and on all at once.
        message: What was seen, in words that can be shown to a model.
    """

    cause: Cause
    message: str


@dataclass(frozen=True)
class Audit:
    """What came of running a program again under conditions that must not matter; passed if nothing was found.

    Attributes:
        split: The instances that it ran on.
        findings: What its results depend on.
        seconds: Wall time of the audit.
    """

    split: str
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether the program may be promoted."""
        return not self.findings

    @property
    def verdict(self) -> str:
        """The audit in a few words: `passed`, or `marked` and the causes."""
        return "passed" if self.passed else f"marked: {', '.join(finding.cause for finding in self.findings)}"
