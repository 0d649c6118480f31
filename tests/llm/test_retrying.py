from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.errors import AdrsError, Interrupted, ProviderRefused, ProviderUnavailable
from adrs.llm import AnswerLost, Completion, Message, OutageTooLong, Prompt, Quote, Usage
from adrs.llm.openai import OpenAIModel
from adrs.llm.prices import Price, Terms
from adrs.llm.retrying import Retrying
from tests.llm.server import OpenAIServer, cut_off, fails, says

PROMPT = Prompt((Message("user", "?"),))
GOOD = Completion("yes", "m", Usage(10, 5), dollars=0.5, seconds=0.0)
ONCE = Quote(dollars=1.0, tokens=100)


def busy() -> ProviderUnavailable:
    return ProviderUnavailable("busy")


def lost() -> AnswerLost:
    return AnswerLost("lost")


class Course:
    """A model that fails as told, then answers, and a clock that says how long was waited."""

    name = "m"

    def __init__(self, failures: Sequence[AdrsError], *, stop: bool = False) -> None:
        self.failures = list(failures)
        self.calls = 0
        self.waits: list[float] = []
        self.stop = stop

    def quote(self, prompt: Prompt) -> Quote:
        return ONCE

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return GOOD

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return self.stop


def ask(course: Course, *, attempts: int = 5, losses: int = 1) -> Completion:
    model = Retrying(course, attempts=attempts, losses=losses, wait=course.wait)
    return model.complete(PROMPT, seed=1)


def test_it_asks_until_there_is_an_answer() -> None:
    course = Course([busy(), busy()])
    completion = ask(course)
    assert replace(completion, seconds=0.0) == replace(GOOD, attempts=3)
    assert len(course.waits) == 2


def test_attempts_are_limited_and_the_last_error_is_raised() -> None:
    course = Course([busy(), busy(), ProviderUnavailable("still busy"), busy()])
    with pytest.raises(ProviderUnavailable, match="still busy"):
        ask(course, attempts=3)
    assert course.calls == 3
    assert len(course.waits) == 2


def test_a_refusal_is_not_asked_again() -> None:
    course = Course([ProviderRefused("no")])
    with pytest.raises(ProviderRefused):
        ask(course)
    assert (course.calls, course.waits) == (1, [])


def test_waits_grow_and_are_spread() -> None:
    courses = [Course([busy() for _ in range(8)]) for _ in range(30)]
    for course in courses:
        ask(course, attempts=9)
    firsts, lasts = ([course.waits[place] for course in courses] for place in (0, -1))
    assert max(firsts) <= 2.0
    assert 2.0 < max(lasts) <= 60.0
    assert len(set(firsts)) > 20


def test_an_outage_that_was_waited_out_is_not_asked_again() -> None:
    course = Course([OutageTooLong("down for an hour")])
    with pytest.raises(OutageTooLong):
        ask(course)
    assert (course.calls, course.waits) == (1, [])


def test_a_stop_ends_the_waiting_without_another_request() -> None:
    course = Course([busy(), busy()], stop=True)
    with pytest.raises(Interrupted) as caught:
        ask(course)
    assert course.calls == caught.value.attempts == 1


def test_a_lost_answer_is_charged_at_its_quote() -> None:
    completion = ask(Course([lost()]))
    assert completion.dollars == GOOD.dollars + ONCE.dollars
    assert completion.usage == Usage(10 + ONCE.tokens, 5, estimated=True)
    assert completion.text == "yes"


def test_lost_answers_are_limited() -> None:
    course = Course([lost(), lost()])
    with pytest.raises(AnswerLost):
        ask(course)
    assert course.calls == 2


@pytest.mark.parametrize("last", [busy(), ProviderRefused("no")])
def test_a_failure_after_a_lost_answer_says_that_money_may_be_spent(last: AdrsError) -> None:
    with pytest.raises(AnswerLost, match=str(last)):
        ask(Course([lost(), last]), attempts=2)


@given(
    failures=st.lists(st.sampled_from([busy, lost]), max_size=8),
    attempts=st.integers(1, 6),
    losses=st.integers(0, 3),
)
def test_no_completion_costs_more_than_the_quote(
    failures: list[Callable[[], ProviderUnavailable]], attempts: int, losses: int
) -> None:
    course = Course([failure() for failure in failures])
    model = Retrying(course, attempts=attempts, losses=losses, wait=course.wait)
    quote = model.quote(PROMPT)
    try:
        completion, sent = model.complete(PROMPT, seed=1), 0
    except ProviderUnavailable as error:
        completion, sent = None, error.attempts
    if completion is None:
        gone = failures[: course.calls].count(lost)  # whoever books the failure books the whole quote
        assert gone * ONCE.dollars <= quote.dollars
        assert sent == course.calls
    else:
        assert completion.dollars <= quote.dollars
        assert completion.usage.total <= quote.tokens
        assert completion.attempts == course.calls <= attempts


def test_over_the_wire(openai_server: OpenAIServer) -> None:
    openai_server.script(fails(503), fails(500), cut_off, says("at last"))
    terms = Terms(Price(1e-6, 1e-6, 1e-6), 50, None, 5.0)
    clock = Course([])
    once = OpenAIModel("m", terms, base_url=openai_server.url)
    model = Retrying(once, attempts=5, wait=clock.wait)
    completion = model.complete(PROMPT, seed=1)
    assert (completion.text, completion.attempts) == ("at last", 4)
    assert completion.dollars == pytest.approx(120e-6 + once.quote(PROMPT).dollars)
