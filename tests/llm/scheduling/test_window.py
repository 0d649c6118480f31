from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from adrs.llm.scheduling.window import MINUTE, Entry, Window


@dataclass(frozen=True)
class Ask:
    """A request: how long after the one before, its bound, and what it comes to, how much later."""

    pause: float
    bound: int
    tokens: int
    seconds: float


ASKS = st.builds(
    Ask,
    pause=st.one_of(st.just(0.0), st.floats(0, 90)),
    bound=st.integers(0, 1500),
    tokens=st.integers(0, 1500),
    seconds=st.floats(0, 100),
)


def drive(window: Window, asks: list[Ask]) -> list[Entry]:
    """Send each as soon as the window allows, and settle it when its time has come; return what was sent."""
    now, sent = 1000.0, list[Entry]()
    due: list[tuple[float, Entry, int]] = []
    for ask in asks:
        now += ask.pause
        while True:
            due = [entry for entry in due if not _settled(window, entry, now)]
            delay = window.delay(ask.bound, now)
            if delay <= 0:
                break
            now += max(delay, 0.001) if not due else min([max(delay, 0.001), *(at - now for at, _, _ in due)])
        entry = window.enter(ask.bound, now)
        sent.append(entry)
        due.append((now + ask.seconds + 0.001, entry, min(ask.tokens, ask.bound)))
    return sent


def _settled(window: Window, due: tuple[float, Entry, int], now: float) -> bool:
    at, entry, tokens = due
    if at <= now:
        window.settle(entry, tokens)
    return at <= now


@given(
    st.lists(ASKS, max_size=60), st.one_of(st.none(), st.integers(1, 20)), st.one_of(st.none(), st.integers(1, 3000))
)
def test_no_minute_holds_more_than_the_limits(asks: list[Ask], requests: int | None, tokens: int | None) -> None:
    sent = drive(Window(requests=requests, tokens=tokens), asks)
    for first in sent:
        minute = [entry for entry in sent if first.at <= entry.at < first.at + MINUTE]
        assert requests is None or len(minute) <= requests
        assert tokens is None or sum(entry.tokens for entry in minute) <= tokens


def test_requests_are_evenly_spread_and_reach_the_limit() -> None:
    sent = drive(Window(requests=30, tokens=None), [Ask(0, 1, 1, 0)] * 91)
    gaps = [later.at - entry.at for entry, later in pairwise(sent)]
    assert min(gaps) > 1.99
    assert sent[90].at - sent[0].at < 3 * MINUTE + 0.1


def test_tokens_that_were_not_used_let_the_next_go_at_once() -> None:
    window = Window(requests=None, tokens=1000)
    entry = window.enter(900, 0.0)
    assert window.delay(200, 1.0) == MINUTE - 1.0
    window.settle(entry, 100)
    assert window.delay(200, 1.0) == 0.0


def test_a_request_larger_than_the_limit_has_a_minute_to_itself() -> None:
    window = Window(requests=None, tokens=1000)
    window.enter(1, 0.0)
    assert window.delay(5000, 30.0) == 30.0
    window.enter(5000, 60.0)
    assert window.delay(1, 61.0) == 59.0


def test_without_limits_nothing_waits() -> None:
    window = Window(requests=None, tokens=None)
    for _ in range(1000):
        window.enter(10**9, 0.0)
    assert window.delay(10**9, 0.0) == 0.0
