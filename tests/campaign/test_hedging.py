import threading

import pytest

from adrs.archive import Archive, Call
from adrs.archive.connection import sqlite_url
from adrs.budget import Budget, BudgetLimits
from adrs.campaign.answers import first_answers
from adrs.campaign.hedging import Hedge
from adrs.campaign.ledger import Ledgered
from adrs.errors import ProviderUnavailable
from adrs.llm import Completion, Message, Prompt, Usage
from adrs.trial import Spend
from tests.campaign.world import Seller

PROMPT = Prompt((Message("user", "one"),))


class Stalling(Seller):
    """A seller whose first request waits until it is let go; the others are answered, or fail."""

    def __init__(self, *, fails=False):
        super().__init__()
        self.go = threading.Event()
        self.gone = threading.Event()
        self.fails = fails
        self._lock = threading.Lock()
        self._asked = 0

    def complete(self, prompt, *, seed):
        with self._lock:
            self._asked += 1
            first = self._asked == 1
        if first:
            self.go.wait(30)
        elif self.fails:
            self.go.set()
            raise ProviderUnavailable("503")
        return super().complete(prompt, seed=seed)


@pytest.fixture
def archive(tmp_path):
    archive = Archive.create(sqlite_url(tmp_path / "archive.db"), name="x", config={}, written={})
    archive.plan(0, None)
    yield archive
    archive.close()


def ledgered(seller, archive, budget, *, calm=lambda: True):
    return Ledgered(seller, archive, budget, 0, hedge=Hedge(0.02, calm))


def settled(archive, budget, count):
    """Wait until so many requests are answered and settled, and return the states."""
    deadline = threading.Event()
    while budget.held.dollars > 1e-9 or [call.state for call in archive.calls(0)].count("answered") < count:
        assert not deadline.wait(0.001)
    return [call.state for call in archive.calls(0)]


def test_a_fast_answer_is_not_hedged(archive):
    seller = Seller()
    model = Ledgered(seller, archive, Budget(BudgetLimits()), 0, hedge=Hedge(30.0, lambda: True))
    assert model.complete(PROMPT, seed=1).text == "reply 1 to 1"
    assert [call.state for call in archive.calls(0)] == ["answered"]


def test_the_first_answer_counts_and_both_are_paid(archive):
    seller, budget = Stalling(), Budget(BudgetLimits(dollars=1))
    fast = ledgered(seller, archive, budget).complete(PROMPT, seed=1)
    assert fast.text == "reply 1 to 1"
    assert [call.state for call in archive.calls(0)] == ["sent", "answered"]
    assert budget.spent == Spend(0.01, 150)
    assert budget.held.dollars == pytest.approx(0.02)
    seller.go.set()
    assert settled(archive, budget, 2) == ["answered", "answered"]
    assert budget.spent == archive.spend() == Spend(0.02, 300)


def test_an_answer_that_never_comes_is_unknown_to_the_next_session(archive):
    seller = Stalling()
    bought = ledgered(seller, archive, Budget(BudgetLimits())).complete(PROMPT, seed=1)
    archive.begin_session()
    assert [call.state for call in archive.calls(0)] == ["unknown", "answered"]
    assert archive.spend() == Spend(0.03, 350)
    assert ledgered(Seller(), archive, Budget(BudgetLimits())).complete(PROMPT, seed=1) == bought
    seller.go.set()


def test_none_is_sent_where_the_budget_has_no_room(archive):
    seller, budget = Stalling(), Budget(BudgetLimits(dollars=0.03))
    threading.Timer(0.1, seller.go.set).start()
    assert ledgered(seller, archive, budget).complete(PROMPT, seed=1).text == "reply 1 to 1"
    assert [call.state for call in archive.calls(0)] == ["answered"]
    assert budget.spent.dollars <= 0.03


def test_none_is_sent_while_requests_are_held_back(archive):
    seller, looks = Stalling(), list[None]()

    def calm():
        looks.append(None)
        if len(looks) == 3:
            seller.go.set()
        return False

    ledgered(seller, archive, Budget(BudgetLimits()), calm=calm).complete(PROMPT, seed=1)
    assert [call.state for call in archive.calls(0)] == ["answered"]


def test_a_second_request_that_fails_does_no_harm(archive):
    budget = Budget(BudgetLimits(dollars=1))
    assert ledgered(Stalling(fails=True), archive, budget).complete(PROMPT, seed=1).text == "reply 1 to 1"
    assert [call.state for call in archive.calls(0)] == ["answered", "failed"]
    assert budget.spent.dollars == pytest.approx(0.01)


def test_a_first_request_that_fails_at_once_is_raised(archive):
    class Down(Seller):
        def complete(self, prompt, *, seed):
            raise ProviderUnavailable("503")

    with pytest.raises(ProviderUnavailable):
        ledgered(Down(), archive, Budget(BudgetLimits())).complete(PROMPT, seed=1)
    assert [call.state for call in archive.calls(0)] == ["failed"]


def test_the_answer_that_arrived_first_counts_whatever_was_sent_first():
    def call(request, arrived, text):
        completion = Completion(text, "m", Usage(1, 1), 0.0, 0.0) if text else None
        return Call(0, 0, request, "answered" if text else "sent", PROMPT, completion, Spend(), arrived=arrived)

    assert first_answers([call(0, 7, "slow"), call(1, 3, "fast")])[0].text == "fast"
    assert first_answers([call(0, None, ""), call(1, 3, "fast")])[0].text == "fast"
    assert first_answers([call(0, None, "old"), call(1, None, "older")])[0].text == "old"
    assert first_answers([call(0, None, "")]) == {}
