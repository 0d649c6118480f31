"""Search policies: which trials to learn from next. Pure: no model, no sandbox, no database."""

from random import Random
from typing import Protocol

from adrs.trial import Parents, Trial


class Search(Protocol):
    """A search policy. Its whole state is what `tell` was told, in that order: replaying the archive rebuilds it."""

    def ask(self, rng: Random) -> Parents:
        """Return what to learn from next; changes nothing.

        Raises:
            RuntimeError: No valid trial was told yet.
        """
        ...

    def tell(self, trial: Trial) -> None:
        """Learn of a finished trial, valid or not; called once for each, in the archive's order."""
        ...
