import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.errors import Interrupted, ProviderRefused, ProviderUnavailable
from adrs.llm import AnswerLost, Completion, Message, OutageTooLong, Prompt, Quote, Usage
from adrs.llm.retrying import Retrying
from adrs.llm.scheduling.pace import Pace
from adrs.llm.scheduling.scheduled import Scheduled
from adrs.llm.scheduling.scheduler import Scheduler
from adrs.llm.scheduling.schedulers import Schedulers
from adrs.llm.scheduling.weather import Cleared, Outage, Weather

PROMPT = Prompt((Message("user", "?"),))
PATIENT = Pace(outage_seconds=1800.0)


class Clock:
    """A clock that a wait moves on at once."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def today(self) -> float:
        return 1e9 + self.time

    def rest(self, turn: threading.Condition, seconds: float) -> None:
        assert seconds > 0
        self.time += seconds


@dataclass
class Provider:
    """A model that answers, or fails, by the clock; a request takes no time."""

    clock: Clock
    weather: Callable[[float], Exception | None]
    name: str = "m"
    asked: list[float] = field(default_factory=list)

    def quote(self, prompt: Prompt) -> Quote:
        return Quote(1.0, 100)

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        self.asked.append(self.clock.now())
        error = self.weather(self.clock.now())
        if error is not None:
            raise error
        return Completion("yes", "m", Usage(10, 5), 0.5, 0.0)


@dataclass
class Line:
    """A provider behind a scheduler, with one call at a time."""

    weather: Callable[[float], Exception | None]
    pace: Pace = PATIENT
    stop: Callable[[float], bool] = lambda seconds: False
    heard: list[Weather] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.provider = Provider(self.clock, self.weather)
        self.scheduler = Scheduler("m", self.pace, hear=self.heard.append, clock=self.clock)
        self.model = Scheduled(self.provider, self.scheduler, wait=self.stop)

    def ask(self, *, attempts: int = 5) -> Completion:
        return Retrying(self.model, attempts=attempts, wait=self._pause).complete(PROMPT, seed=1)

    def _pause(self, seconds: float) -> bool:
        self.clock.time += seconds
        return self.stop(seconds)


def down_until(end: float, error: Callable[[], Exception]) -> Callable[[float], Exception | None]:
    return lambda now: error() if now < end else None


def busy() -> ProviderUnavailable:
    return ProviderUnavailable("busy")


@pytest.mark.parametrize("end", [60.0, 600.0, 1700.0])
def test_an_outage_is_waited_out_by_one_call(end: float) -> None:
    line = Line(down_until(end, busy))
    completion = line.ask()
    assert completion.attempts == len(line.provider.asked)
    assert end <= line.clock.now() <= end + 60.0
    outage, cleared = line.heard
    assert isinstance(outage, Outage)
    assert (outage.model, outage.reason) == ("m", "busy")
    assert 0 < outage.probe - outage.since <= 1.0
    assert isinstance(cleared, Cleared)
    assert cleared.seconds == pytest.approx(line.provider.asked[-1] - (outage.since - 1e9))


def test_an_outage_that_is_too_long_is_not_asked_again() -> None:
    line = Line(down_until(1e9, busy), Pace(outage_seconds=300.0))
    with pytest.raises(OutageTooLong, match="busy") as caught:
        line.ask()
    assert 300.0 <= line.clock.now() <= 400.0
    assert caught.value.attempts == len(line.provider.asked)
    before = len(line.provider.asked)
    with pytest.raises(OutageTooLong):
        line.ask()
    assert len(line.provider.asked) == before


def test_a_pause_that_is_asked_for_uses_up_no_attempt() -> None:
    line = Line(down_until(100.0, lambda: ProviderUnavailable("slow down", retry_after=7.0)))
    completion = line.ask(attempts=1)
    gaps = [later - time for time, later in pairwise(line.provider.asked)]
    assert all(gap >= 7.0 for gap in gaps)
    assert completion.attempts == len(line.provider.asked) > 4


def test_a_short_pause_is_not_told_and_a_long_one_is() -> None:
    short = Line(down_until(3.0, lambda: ProviderUnavailable("slow down", retry_after=4.0)))
    short.ask()
    assert short.heard == []
    long = Line(down_until(3.0, lambda: ProviderUnavailable("slow down", retry_after=40.0)))
    long.ask()
    assert [type(weather) for weather in long.heard] == [Outage, Cleared]
    assert 40.0 <= long.clock.now() <= 41.0


def test_a_provider_that_asks_for_a_day_is_not_waited_for() -> None:
    line = Line(lambda now: ProviderUnavailable("quota of the day", retry_after=86400.0))
    with pytest.raises(OutageTooLong, match="quota of the day"):
        line.ask()
    assert line.clock.now() < 1.0


def test_a_call_that_fails_alone_uses_up_its_attempts() -> None:
    line = Line(lambda now: busy())
    for _ in range(3):
        with pytest.raises(ProviderUnavailable) as caught:
            line.ask(attempts=2)
        assert caught.value.attempts == 2
        line.scheduler.answered(line.scheduler.enter(0, line.stop))  # another call is answered
    assert line.heard == []


def test_a_call_that_is_always_sent_away_ends_even_if_others_are_answered() -> None:
    line = Line(lambda now: ProviderUnavailable("too large", retry_after=5.0), Pace(outage_seconds=60.0))

    def others(seconds: float) -> bool:
        line.scheduler._circuit.good(line.clock.now(), probe=True)
        return False

    line.stop = others
    line.model = Scheduled(line.provider, line.scheduler, wait=others)
    with pytest.raises(ProviderUnavailable, match="too large"):
        line.ask(attempts=1)
    assert 60.0 <= line.clock.now() <= 80.0


def test_a_stop_cuts_an_outage_short() -> None:
    line = Line(lambda now: ProviderUnavailable("busy", retry_after=600.0))
    line.model = Scheduled(line.provider, line.scheduler, wait=lambda seconds: line.clock.now() > 20.0)
    with pytest.raises(Interrupted) as caught:
        line.ask()
    assert line.clock.now() < 21.0
    assert caught.value.attempts == 1


def test_a_refusal_is_an_answer() -> None:
    line = Line(lambda now: busy() if now < 15.0 else ProviderRefused("bad key"))
    with pytest.raises(ProviderRefused) as caught:
        line.ask(attempts=50)
    assert caught.value.attempts == len(line.provider.asked)
    assert line.scheduler.calm


def test_lost_answers_stay_limited_in_an_outage() -> None:
    line = Line(lambda now: AnswerLost("cut off"))
    for _ in range(4):
        with pytest.raises(AnswerLost) as caught:
            line.ask()
        assert caught.value.attempts == 2
    assert [type(weather) for weather in line.heard] == [Outage]


def test_requests_keep_to_the_pace() -> None:
    line = Line(lambda now: None, Pace(requests_per_minute=20, tokens_per_minute=400))
    for _ in range(31):
        line.ask()
    assert line.clock.now() == pytest.approx(90.0, abs=0.1)  # 15 tokens each leave room for 20 bounds of 100


def test_a_bound_is_kept_free_of_the_tokens_that_were_used() -> None:
    line = Line(lambda now: None, Pace(tokens_per_minute=150))
    for _ in range(8):
        line.ask()
    assert line.provider.asked == pytest.approx([0.0] * 4 + [60.0] * 4, abs=0.01)  # 4 * 15 + 100 are over 150


@given(st.lists(st.sampled_from(["good", "busy", "pause", "lost", "refused"]), max_size=40), st.integers(1, 3))
def test_whatever_happens_the_line_goes_on_and_every_request_is_counted(course: list[str], attempts: int) -> None:
    makes: dict[str, Callable[[], Exception]] = {
        "busy": busy,
        "pause": lambda: ProviderUnavailable("p", retry_after=3.0),
    }
    makes |= {"lost": lambda: AnswerLost("l"), "refused": lambda: ProviderRefused("r")}
    left = list(course)
    line = Line(lambda now: makes.get(left.pop(0) if left else "good", lambda: None)())
    counted = 0
    for _ in range(40):
        try:
            counted += line.ask(attempts=attempts).attempts
        except (ProviderUnavailable, ProviderRefused) as error:
            counted += error.attempts
    assert counted == len(line.provider.asked)
    assert line.scheduler.calm
    assert line.ask().text == "yes"


def test_first_come_first_served_with_one_in_flight() -> None:
    scheduler = Scheduler("m", Pace(concurrency=1), hear=lambda weather: None)
    held = scheduler.enter(1, never)
    order: list[int] = []

    def work(number: int) -> None:
        sent = scheduler.enter(1, never)
        order.append(number)
        scheduler.answered(sent)

    with ThreadPoolExecutor(8) as threads:
        for number in range(8):
            threads.submit(work, number)
            while len(scheduler._line) <= number:
                pass
        assert order == []
        assert not scheduler.calm
        scheduler.answered(held)
    assert order == list(range(8))


def test_at_most_as_many_as_allowed_are_in_flight() -> None:
    scheduler = Scheduler("m", Pace(concurrency=3), hear=lambda weather: None)
    lock, flying, most, together = threading.Lock(), 0, 0, threading.Barrier(3)

    def work(_: int) -> None:
        nonlocal flying, most
        sent = scheduler.enter(1, never)
        with lock:
            flying += 1
            most = max(most, flying)
        together.wait(10)
        with lock:
            flying -= 1
        scheduler.answered(sent)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(300)))
    assert most == 3


def test_one_scheduler_for_each_model_at_each_endpoint() -> None:
    schedulers = Schedulers()
    one = schedulers.of("a", None, Pace())
    assert schedulers.of("a", None, Pace()) is one
    assert schedulers.of("b", None, Pace()) is not one
    assert schedulers.of("a", "http://localhost", Pace()) is not one


def test_all_is_calm_while_providers_are_up_and_nothing_waits() -> None:
    schedulers = Schedulers()
    assert not schedulers.calm  # there is nobody to send anything to
    scheduler = schedulers.of("a", None, Pace())
    schedulers.of("b", None, Pace())
    sent = scheduler.enter(1, never)
    assert schedulers.calm
    scheduler.failed(sent, ProviderUnavailable("busy", retry_after=9.0), first=sent)
    assert not schedulers.calm


def never(seconds: float) -> bool:
    return False
