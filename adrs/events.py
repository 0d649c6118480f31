"""What happens in a campaign, for whoever watches: the live view, `--json`, notifications."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from adrs.evaluation import Audit, Evaluation
from adrs.trial import Spend, Trial


@dataclass(frozen=True)
class Launched:
    """A controller began, or resumed, a campaign."""

    run: str
    problem: str
    model: str
    sandbox: str
    seed: int
    resumed: bool


@dataclass(frozen=True)
class Recalled:
    """A trial of an earlier session was told to the search again."""

    trial: Trial


@dataclass(frozen=True)
class TrialEnded:
    """A trial was told to the search."""

    trial: Trial
    spent: Spend
    seconds: float


@dataclass(frozen=True)
class Audited:
    """A trial was audited, before it may lead."""

    number: int
    audit: Audit


@dataclass(frozen=True)
class NewBest:
    """A program was promoted: it leads on the validation split, and has passed its audit if it must."""

    trial: Trial
    validation: Evaluation


@dataclass(frozen=True)
class Notice:
    """Something that the user should read now."""

    text: str


@dataclass(frozen=True)
class Paused:
    """Nothing new begins until the user says so; what is in flight is being finished."""


@dataclass(frozen=True)
class Continued:
    """A pause has ended."""


@dataclass(frozen=True)
class Stopping:
    """No new trial will be planned; `in_flight` are being finished."""

    in_flight: int
    reason: str


@dataclass(frozen=True)
class Ended:
    """The controller ended."""

    reason: str
    finished: bool


Event: TypeAlias = Launched | Recalled | TrialEnded | Audited | NewBest | Notice | Paused | Continued | Stopping | Ended
Listener: TypeAlias = Callable[[Event], None]
