"""Every error that adrs raises on purpose.

AdrsError                     exit code 1: our failure
├── UsageError                2: the command line, a configuration or a pack is wrong
│   ├── ConfigError
│   ├── PackError
│   └── UnknownProblem
├── GoalMissed                3: the work was done, and the answer is no
├── MissingPart               4: something needed is not here (Docker, a key, an upgrade)
│   ├── SandboxUnavailable
│   └── ProviderRefused       the provider refuses this key, model or request; asking again cannot help
├── ProviderUnavailable       1: the provider is briefly unavailable; asking again may help
│   └── AnswerLost            the request was sent and may be billed (in `adrs.llm`)
├── BudgetExhausted           1: the next call could exceed a limit of the budget
├── ArchiveError              1: the archive cannot be read or written
├── EvaluatorBroken           1: the trusted side of a problem contradicts itself; no score can be believed
└── Interrupted               130: stopped by the user; `adrs resume` goes on
"""


class AdrsError(Exception):
    """What went wrong in one sentence, and what to do in another.

    Attributes:
        todo: The way out, as an instruction; empty where there is none.
        attempts: Requests that were sent to a provider before this was raised.
    """

    exit_code = 1
    attempts = 0

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(what)
        self.todo = todo


class UsageError(AdrsError):
    """The command line, a configuration or a pack is wrong."""

    exit_code = 2


class ConfigError(UsageError):
    """A setting is unknown, contradictory or out of range."""


class PackError(UsageError):
    """A problem pack does not keep its own declarations."""


class UnknownProblem(UsageError):
    """No problem of this name or path was found."""


class GoalMissed(AdrsError):
    """The work was done, and its goal was not reached."""

    exit_code = 3


class MissingPart(AdrsError):
    """Something that the work needs is not here."""

    exit_code = 4


class SandboxUnavailable(MissingPart):
    """The wall itself failed; this says nothing about the program behind it."""


class ProviderRefused(MissingPart):
    """The provider refuses the key, the model or the request; asking again cannot help."""

    attempts = 1


class ProviderUnavailable(AdrsError):
    """The provider is briefly unavailable (429, 5xx, no connection, no reply in time).

    Attributes:
        retry_after: Seconds that the provider asked us to wait; None where it did not say.
    """

    attempts = 1

    def __init__(self, what: str, todo: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(what, todo)
        self.retry_after = retry_after


class BudgetExhausted(AdrsError):
    """The next call could exceed a limit of the budget."""


class ArchiveError(AdrsError):
    """The archive cannot be read or written."""


class EvaluatorBroken(AdrsError):
    """The trusted side of a problem contradicts itself (a result below a proven optimum, say)."""


class Interrupted(AdrsError):
    """The user stopped the work; it can be resumed."""

    exit_code = 130
