import pytest

from adrs.archive import Archive
from adrs.budget import Budget, BudgetLimits
from adrs.campaign.ledger import Ledgered
from adrs.errors import BudgetExhausted, ProviderUnavailable
from adrs.llm import AnswerLost, Message, Prompt
from adrs.trial import Spend
from tests.campaign.world import Seller

FIRST, REPAIR = Prompt((Message("user", "one"),)), Prompt((Message("user", "two"),))


@pytest.fixture
def archive(url):
    archive = Archive.create(url, name="x", config={}, written={})
    archive.plan(0, None)
    yield archive
    archive.close()


def test_a_call_is_bought_once(archive):
    seller, budget = Seller(), Budget(BudgetLimits(dollars=1))
    bought = [Ledgered(seller, archive, budget, 0).complete(FIRST, seed=1)]
    model = Ledgered(seller, archive, budget, 0)
    kept = [model.complete(FIRST, seed=1), model.complete(REPAIR, seed=2)]
    assert kept[0] == bought[0]
    assert seller.sold == [FIRST.hash, REPAIR.hash]
    assert budget.spent == Spend(0.02, 300)
    assert budget.held.dollars == pytest.approx(0)


def test_the_answer_is_in_the_archive_before_it_is_used(archive):
    completion = Ledgered(Seller(), archive, Budget(BudgetLimits()), 0).complete(FIRST, seed=1)
    (call,) = archive.calls(0)
    assert (call.completion, call.prompt, call.state) == (completion, FIRST, "answered")


def test_what_does_not_fit_the_budget_is_never_sent(archive):
    seller = Seller()
    with pytest.raises(BudgetExhausted):
        Ledgered(seller, archive, Budget(BudgetLimits(dollars=0.015)), 0).complete(FIRST, seed=1)
    assert seller.sold == []
    assert archive.calls(0) == []


def test_a_refused_call_is_released_and_asked_again_later(archive):
    class Down(Seller):
        def complete(self, prompt, *, seed):
            raise ProviderUnavailable("503")

    budget = Budget(BudgetLimits(dollars=1))
    with pytest.raises(ProviderUnavailable):
        Ledgered(Down(), archive, budget, 0).complete(FIRST, seed=1)
    assert budget.held.dollars == pytest.approx(0)
    Ledgered(Seller(), archive, budget, 0).complete(FIRST, seed=1)
    assert [call.state for call in archive.calls(0)] == ["failed", "answered"]


def test_a_lost_answer_counts_at_its_worst(archive):
    class Cut(Seller):
        def complete(self, prompt, *, seed):
            raise AnswerLost("cut off")

    budget = Budget(BudgetLimits(dollars=1))
    with pytest.raises(AnswerLost):
        Ledgered(Cut(), archive, budget, 0).complete(FIRST, seed=1)
    assert budget.spent == Spend(0.04, 400)  # it was bought again, once
    assert [(call.state, call.error) for call in archive.calls(0)] == [("unknown", "cut off")] * 2
    assert archive.spend() == Spend(0.04, 400, 0.0)


def test_a_call_that_a_crash_left_open_is_sent_again_and_both_count(archive):
    class Dying(Seller):
        def complete(self, prompt, *, seed):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Ledgered(Dying(), archive, Budget(BudgetLimits()), 0).complete(FIRST, seed=1)
    archive.begin_session()
    Ledgered(Seller(), archive, Budget(BudgetLimits()), 0).complete(FIRST, seed=1)
    assert [call.state for call in archive.calls(0)] == ["unknown", "answered"]
    assert archive.spend() == Spend(0.03, 350, 0.0)
