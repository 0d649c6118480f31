"""What an evaluator says about a program: a value, never an exception."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


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
        super().__init__(message)
        self.status = status
        self.message = message


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
    """

    status: Status
    split: str = ""
    message: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    results: tuple[Result, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)
    feedback: str = ""
    seconds: float = 0.0

    @property
    def valid(self) -> bool:
        """Whether the scores can be compared."""
        return self.status is Status.VALID
