"""Requests and tokens of the last minute, against their limits. No clock and no lock of its own."""

from collections import deque
from dataclasses import dataclass

MINUTE = 60.0


@dataclass
class Entry:
    """A request that was sent, the tokens that it counts for, and whether that was more than a minute ago."""

    at: float
    tokens: int
    past: bool = False


class Window:
    """What was sent within the last minute: never more than the limits.

    Requests are spread evenly; tokens are not, because only what comes back says how many they were. A request that
    is larger than the limit of tokens counts as the whole of it, so that it is sent and has the minute to itself.
    """

    def __init__(self, *, requests: int | None, tokens: int | None) -> None:
        self._requests = requests
        self._tokens = tokens
        self._entries: deque[Entry] = deque()
        self._sum = 0

    def delay(self, tokens: int, now: float) -> float:
        """Return the seconds until a request of so many tokens may be sent, if no other is."""
        self._forget(now)
        return max(self._spacing(now), self._until_few(now), self._until_small(self._counted(tokens), now))

    def enter(self, tokens: int, now: float) -> Entry:
        """Note that a request is sent, for at most so many tokens."""
        entry = Entry(now, self._counted(tokens))
        self._entries.append(entry)
        self._sum += entry.tokens
        return entry

    def settle(self, entry: Entry, tokens: int) -> None:
        """Note how many tokens a request came to."""
        before, entry.tokens = entry.tokens, self._counted(tokens)
        self._sum += 0 if entry.past else entry.tokens - before

    def _counted(self, tokens: int) -> int:
        return tokens if self._tokens is None else min(tokens, self._tokens)

    def _forget(self, now: float) -> None:
        while self._entries and self._entries[0].at + MINUTE <= now:
            entry = self._entries.popleft()
            entry.past = True
            self._sum -= entry.tokens

    def _spacing(self, now: float) -> float:
        if self._requests is None or not self._entries:
            return 0.0
        return self._entries[-1].at + MINUTE / self._requests - now

    def _until_few(self, now: float) -> float:
        if self._requests is None or len(self._entries) < self._requests:
            return 0.0
        return self._entries[-self._requests].at + MINUTE - now

    def _until_small(self, tokens: int, now: float) -> float:
        """Return the seconds until enough of the minute's tokens are a minute old."""
        if self._tokens is None:
            return 0.0
        excess = self._sum + tokens - self._tokens
        delay = 0.0
        for entry in self._entries:
            if excess <= 0:
                break
            excess -= entry.tokens
            delay = entry.at + MINUTE - now
        return delay
