"""A model that answers from the archive, and notes where it is asked otherwise than was recorded."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from adrs.archive import Call
from adrs.campaign.answers import first_answers
from adrs.campaign.replaying.facts import Divergence
from adrs.errors import AdrsError
from adrs.llm import Completion, Prompt, Quote

_SHOWN = 60


class Unanswered(AdrsError):
    """The archive holds no answer to a call."""


class Recalled:
    """The model of one trial, with its recorded requests for answers; it costs nothing and sends nothing."""

    name = "recalled"

    def __init__(self, trial: int, calls: Sequence[Call]) -> None:
        self._trial = trial
        self._calls = calls
        self.asked = 0
        self.divergences: list[Divergence] = []

    def quote(self, prompt: Prompt) -> Quote:
        return Quote(0.0, 0)

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        """Return the recorded answer to the next call, even if it was another question that was answered.

        Raises:
            Unanswered: There is none.
        """
        requests = [call for call in self._calls if call.call == self.asked]
        self.asked += 1
        for request in requests:
            self.divergences += self._compare(request, prompt, seed)
        answers = first_answers(requests)
        if self.asked - 1 in answers:
            return answers[self.asked - 1]
        raise Unanswered(f"call {self.asked - 1} of trial {self._trial} has no answer in the archive")

    @property
    def unasked(self) -> int:
        """How many of the recorded calls were not made."""
        return len({call.call for call in self._calls if call.call >= self.asked})

    def _compare(self, request: Call, prompt: Prompt, seed: int) -> Iterator[Divergence]:
        if request.prompt != prompt:
            was, now = _first_difference(request.prompt, prompt)
            yield Divergence(self._trial, "prompt", f"call {request.call}: {was}", now)
        if request.seed != seed:
            yield Divergence(self._trial, "seed", f"call {request.call}: {request.seed}", str(seed))


def _first_difference(was: Prompt, now: Prompt) -> tuple[str, str]:
    """Return the first line that is not the same in both, with the prompts' hashes."""
    for before, after in zip_longest(_lines(was), _lines(now), fillvalue="nothing more"):
        if before != after:
            return f"{was.hash[:12]}, {before}", f"{now.hash[:12]}, {after}"
    return was.hash[:12], now.hash[:12]


def _lines(prompt: Prompt) -> Iterator[str]:
    for message in prompt.messages:
        for number, line in enumerate(message.content.split("\n"), 1):
            yield f"{message.role} line {number}: {line[:_SHOWN]!r}"
