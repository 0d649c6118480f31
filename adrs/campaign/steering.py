"""Hints: what the person who runs a search wants to be tried; they enter the prompts of later trials."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from adrs.archive import Archive
from adrs.campaign.control import throttled
from adrs.errors import UsageError
from adrs.events import Listener, Notice

_LONGEST = 1000
_READ_SECONDS = 1.0


@dataclass(frozen=True)
class Hint:
    """A hint; numbers count the hints of a campaign from 0.

    Attributes:
        number: Which one.
        text: What models are told.
        at: When it was given, in seconds since 1970, UTC.
        dropped: Whether it was withdrawn since.
    """

    number: int
    text: str
    at: float
    dropped: bool = False


def hints(archive: Archive) -> list[Hint]:
    """Return all hints of a campaign, the withdrawn ones included, by number."""
    dropped = {data["hint"] for _, data in archive.noted("unsteered")}
    given = [Hint(number, data["hint"], at) for number, (at, _, data) in enumerate(archive.events("steered"))]
    return [replace(hint, dropped=hint.number in dropped) for hint in given]


def steer(archive: Archive, text: str) -> Hint:
    """Give a hint for the prompts of all trials that are planned from now on.

    Raises:
        UsageError: No model is asked, or the hint cannot be told to one.
    """
    _require_prompts(archive)
    hint = text.strip()
    if not hint:
        raise UsageError("the hint is empty", "Say in a sentence what is to be tried.")
    if len(hint) > _LONGEST:
        raise UsageError(f"the hint has {len(hint)} characters, over {_LONGEST}", "Say it in fewer, or as two hints.")
    odd = next((character for character in hint if not character.isprintable()), None)
    if odd is not None:
        raise UsageError(f"the hint has the character {odd!r}", "Write it on one line, in printable characters.")
    archive.add_event("steered", {"hint": hint})
    return hints(archive)[-1]


def drop(archive: Archive, number: int) -> Hint:
    """Withdraw a hint; trials that were planned with it keep it.

    Raises:
        UsageError: There is no such hint, or it was withdrawn before.
    """
    given = hints(archive)
    name = archive.record().name
    if not 0 <= number < len(given):
        raise UsageError(f"{name!r} has no hint {number}", f"`adrs steer {name}` lists its hints.")
    if given[number].dropped:
        raise UsageError(f"hint {number} of {name!r} was withdrawn before", f"`adrs steer {name}` lists its hints.")
    archive.add_event("unsteered", {"hint": number})
    return given[number]


def texts_for(archive: Archive, trial: int) -> Sequence[str]:
    """Return the hints that a trial was planned with, in words."""
    numbers = archive.hints(trial)
    given = hints(archive) if numbers else []
    return tuple(given[number].text for number in numbers)


class Steering:
    """The hints that hold, read again about once a second."""

    def __init__(self, archive: Archive, listener: Listener) -> None:
        self._archive = archive
        self._listener = listener
        self._holding: dict[int, str] = {}
        self._read = throttled(self._look, _READ_SECONDS)

    def __call__(self) -> Sequence[int]:
        """Return the numbers of the hints for a trial that is planned now."""
        self._read()
        return tuple(self._holding)

    def _look(self) -> None:
        holding = {hint.number: hint.text for hint in hints(self._archive) if not hint.dropped}
        for number in holding.keys() - self._holding.keys():
            self._listener(Notice(f"prompts hold hint {number} from now on: {holding[number]}"))
        for number in self._holding.keys() - holding.keys():
            self._listener(Notice(f"prompts hold hint {number} no more"))
        self._holding = holding


def _require_prompts(archive: Archive) -> None:
    record = archive.record()
    if record.config["model"] == "mutator":
        raise UsageError(
            f"the mutator rewrites the programs of {record.name!r}, and reads no hints",
            f"`adrs fork {record.name} --from TRIAL --set model=MODEL` goes on from a trial with a language model.",
        )
