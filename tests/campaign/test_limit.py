"""Whatever calls cost, however they end and whenever the controller dies: the limit is kept."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.budget import Budget, BudgetLimits
from adrs.campaign.ledger import Ledgered
from adrs.errors import AdrsError, ProviderUnavailable
from adrs.llm import AnswerLost, Completion, Message, Prompt, Quote, Usage

PROMPT = Prompt((Message("user", "one"),))


class Killed(BaseException):
    """The controller died in the middle of a call."""


class Till:
    """A model whose calls cost a share of their worst case, and end as they are told to; it counts what it billed."""

    name = "till"

    def __init__(self):
        self.billed = 0.0
        self.next = (0.0, 0.0, "answered")
        self._lock = threading.Lock()

    def quote(self, prompt):
        return Quote(self.next[0], 1000)

    def complete(self, prompt, *, seed):
        worst, share, end = self.next
        if end == "refused":
            raise ProviderUnavailable("503")
        with self._lock:
            self.billed += worst * share
        if end == "lost":
            raise AnswerLost("cut off")
        if end == "killed":
            raise Killed
        return Completion("text", self.name, Usage(10, 10), worst * share, 0.0)


CALLS = st.lists(
    st.tuples(st.floats(0, 0.6), st.floats(0, 1), st.sampled_from(["answered", "refused", "lost", "killed"])),
    max_size=12,
)


@given(limit=st.floats(0.1, 2), calls=CALLS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_course_of_calls_and_kills_exceeds_the_limit(tmp_path_factory, limit, calls):
    url = sqlite_url(tmp_path_factory.mktemp("limit") / "archive.db")
    till = Till()
    with closing(Archive.create(url, name="x", config={}, written={})) as archive:
        budget = session(archive, limit)
        for number, call in enumerate(calls):
            till.next = call
            archive.plan(number, None)
            try:
                Ledgered(till, archive, budget, number).complete(PROMPT, seed=1)
            except AdrsError:
                pass
            except Killed:
                budget = session(archive, limit)
            booked = archive.spend().dollars
            assert till.billed <= booked + 1e-9  # nothing that was billed is forgotten
            assert booked <= limit + 1e-6
        assert sum(call.state == "answered" for call in archive.calls()) <= len(calls)


def session(archive, limit):
    """Begin a session as a fresh process does."""
    archive.begin_session()
    return Budget(BudgetLimits(dollars=limit), archive.spend())


@pytest.mark.parametrize("seed", range(3))
def test_many_calls_at_a_time_fill_the_limit_and_do_not_exceed_it(tmp_path, seed):
    """Costs are drawn, and answers come in any order; what one call leaves over, another may use."""
    rng, till = Random(seed), Till()
    till.next = (0.1, 0.3, "answered")
    delays = [rng.random() / 200 for _ in range(100)]

    class Slow(Till):
        def complete(self, prompt, *, seed):
            threading.Event().wait(delays[seed])
            return till.complete(prompt, seed=seed)

    slow = Slow()
    slow.next = till.next
    with closing(Archive.create(sqlite_url(tmp_path / "archive.db"), name="x", config={}, written={})) as archive:
        budget = session(archive, 1.0)
        for number in range(100):
            archive.plan(number, None)

        def buy(number):
            try:
                return Ledgered(slow, archive, budget, number).complete(PROMPT, seed=number)
            except AdrsError:
                return None

        with ThreadPoolExecutor(8) as threads:
            bought = [answer for answer in threads.map(buy, range(100)) if answer is not None]
        assert till.billed == pytest.approx(archive.spend().dollars)
        assert 0.9 - 1e-9 <= till.billed <= 1.0 + 1e-9  # less than one worst case is left
        assert len(bought) == 31
