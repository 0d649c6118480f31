"""Whether a provider is up, as far as its answers tell. No clock and no lock of its own."""

from random import Random

_OPENS_AFTER = 5
_LONGEST_SECONDS = 60.0


class Circuit:
    """Shut while a provider is up; open while it is not, when nothing may be sent but one probe at a time.

    It opens after several unavailable answers without a good one between, or at once where the provider says how
    long to wait; it shuts at the first probe that is answered.

    Attributes:
        since: When it opened; None while it is shut.
        held_until: The end of the last pause that the provider asked for.
    """

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._failures = 0
        self._probes = 0
        self._probing = False
        self._next = 0.0
        self.held_until = 0.0
        self.since: float | None = None

    @property
    def open(self) -> bool:
        return self.since is not None

    @property
    def broken(self) -> bool:
        """Whether it opened because of the number of failures, and not only because the provider asked for a pause."""
        return self.open and self._failures >= _OPENS_AFTER

    @property
    def next(self) -> float:
        """When the next probe is due."""
        return max(self._next, self.held_until)

    def delay(self, now: float) -> float:
        """Return the seconds until a request may be sent; without end while a probe is on its way."""
        if not self.open:
            return 0.0
        return float("inf") if self._probing else self.next - now

    def enter(self) -> bool:
        """Note that a request is sent; return whether it is a probe."""
        self._probing = self.open
        return self._probing

    def leave(self, *, probe: bool) -> None:
        """Note that a request ended, whichever way."""
        if probe:
            self._probing = False

    def good(self, now: float, *, probe: bool) -> None:
        """Note a good answer; one to a request from before it opened is only a reason to send a probe soon."""
        if self.open and not probe:
            self._next = min(self._next, now)
            return
        self.since, self._failures, self._probes = None, 0, 0

    def bad(self, now: float, *, retry_after: float | None, probe: bool) -> None:
        """Note that a request found the provider unavailable."""
        self._failures += 1
        opens = not self.open and (retry_after is not None or self._failures >= _OPENS_AFTER)
        if retry_after is not None:
            self.held_until = max(self.held_until, now + retry_after)
        if opens:
            self.since = now
        if (opens and retry_after is None) or probe:
            self._next = now + self._interval()
            self._probes += 1

    def _interval(self) -> float:
        longest = min(_LONGEST_SECONDS, 2.0**self._probes)
        return longest * self._rng.uniform(0.5, 1.0)
