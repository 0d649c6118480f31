"""Which answer to a call counts: the first that arrived."""

from collections.abc import Iterable

from adrs.archive import Call
from adrs.llm import Completion


def first_answers(calls: Iterable[Call]) -> dict[int, Completion]:
    """Return, by call, the answers that count among the requests of one trial."""
    answers: dict[int, Completion] = {}
    for call in sorted(calls, key=_arrival):
        if call.completion is not None:
            answers.setdefault(call.call, call.completion)
    return answers


def _arrival(call: Call) -> tuple[float, int]:
    """Return the place of a request among those answered; without a recorded one, in the order of sending."""
    return (call.request if call.arrived is None else call.arrived), call.request
