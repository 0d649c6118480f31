"""The state of a trial: each change of it is one transaction, made together with the fact that it stands for."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from sqlalchemy import Connection, bindparam, or_, select, update

from adrs.archive.statements import Prepared
from adrs.archive.tables import completions, trials


class TrialState(StrEnum):
    """How far a trial is. A resume goes on from here; what is behind it is never done again."""

    PLANNED = "planned"  # the search chose what it learns from
    PROMPTED = "prompted"  # a request to a model is under way, and money reserved for it
    ANSWERED = "answered"  # the completion is kept, and the money settled
    EDITED = "edited"  # there is a program, or a reason why there is none
    EVALUATING = "evaluating"  # the program is running on the training split
    EVALUATED = "evaluated"  # its evaluation is kept
    TOLD = "told"  # the search has heard of it


_PLANNED, _PROMPTED, _ANSWERED, _EDITED, _EVALUATING, _EVALUATED, _TOLD = TrialState
_FROM: Mapping[TrialState, tuple[TrialState, ...]] = {
    # A repair is a further request; a hedge is sent while another is under way.
    TrialState.PROMPTED: (_PLANNED, _PROMPTED, _ANSWERED),
    TrialState.ANSWERED: (_PLANNED, _PROMPTED, _ANSWERED),  # planned, where an answer was kept in a file for a while
    TrialState.EDITED: (_PLANNED, _PROMPTED, _ANSWERED),
    TrialState.EVALUATING: (_EDITED, _EVALUATING),  # the second time where the sandbox failed the first
    TrialState.EVALUATED: (_EVALUATING,),
    TrialState.TOLD: (_EDITED, _EVALUATED),
}
_COLUMNS: Mapping[TrialState, tuple[str, ...]] = {
    TrialState.EDITED: ("proposed", "program", "meaning", "status", "message", "model", "prompt", "note", "arrived"),
    TrialState.TOLD: ("told", "told_at"),
}
"""What is written into a trial's row together with its state."""


def _move(states: Iterable[TrialState], columns: tuple[str, ...]) -> Prepared:
    mine = (trials.c.campaign == bindparam("of")) & (trials.c.number == bindparam("trial"))
    allowed = or_(*(trials.c.state == str(state) for state in states))
    return Prepared(update(trials).where(mine & allowed), "state", *columns)


_MOVES = {to: _move(states, _COLUMNS.get(to, ())) for to, states in _FROM.items()}


def move(connection: Connection, campaign: int, number: int, to: TrialState, **values: object) -> None:
    """Change a trial's state, and with it the other columns that belong to the change.

    Raises:
        RuntimeError: The trial is in no state that `to` can follow: a bug of ours, or another controller.
    """
    if not follow(connection, campaign, number, to, **values):
        raise RuntimeError(f"trial {number} cannot become {to} from the state that it is in")


def follow(connection: Connection, campaign: int, number: int, to: TrialState, **values: object) -> bool:
    """Change a trial's state where `to` can follow it; return whether it was."""
    return bool(_MOVES[to].run(connection, of=campaign, trial=number, state=str(to), **values).rowcount)


def settle(connection: Connection, campaign: int, number: int) -> None:
    """Take a trial back to what it was before its last request, if none is under way any more."""
    mine = (completions.c.campaign == campaign) & (completions.c.trial == number)
    left = {row.state for row in connection.execute(select(completions.c.state).distinct().where(mine))}
    if "sent" not in left:
        back = TrialState.ANSWERED if "answered" in left else TrialState.PLANNED
        prompted = (trials.c.campaign == campaign) & (trials.c.number == number) & (trials.c.state == _PROMPTED)
        connection.execute(update(trials).where(prompted).values(state=str(back)))
