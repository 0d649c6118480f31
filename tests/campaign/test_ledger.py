import pytest

from adrs.archive import Archive
from adrs.budget import Budget, BudgetLimits
from adrs.campaign.ledger import Ledgered, QuoteExceeded
from adrs.campaign.unsaved import take_in
from adrs.errors import ArchiveError, BudgetExhausted, ProviderUnavailable
from adrs.llm import AnswerLost, Completion, Message, Prompt, Usage
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


def test_an_answer_that_the_archive_cannot_take_is_taken_in_later_and_not_bought_again(archive, tmp_path, monkeypatch):
    seller, budget, folder = Seller(), Budget(BudgetLimits(dollars=1)), tmp_path / "unsaved"
    archive.begin_session()

    def full(self, *args):
        raise ArchiveError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Archive, "answer", full)
        with pytest.raises(ArchiveError, match="full"):
            Ledgered(seller, archive, budget, 0, rescue=folder).complete(FIRST, seed=1)
    assert [path.name for path in folder.iterdir()] == ["0-0-0.json"]
    archive.begin_session()
    assert [call.state for call in archive.calls(0)] == ["unknown"]
    take_in(folder, archive)
    assert list(folder.iterdir()) == []
    assert [(call.state, call.spent.dollars) for call in archive.calls(0)] == [("answered", 0.01)]
    assert [plan.state for plan in archive.planned()] == ["answered"]
    assert Ledgered(seller, archive, budget, 0).complete(FIRST, seed=1).text == "reply 1 to 1"
    assert seller.sold == [FIRST.hash]


def test_what_is_no_kept_answer_is_not_taken_in(archive, tmp_path):
    (tmp_path / "0-0-0.json").write_text("{}")
    with pytest.raises(ArchiveError, match="no answer that a session could not keep"):
        take_in(tmp_path, archive)
    assert (tmp_path / "0-0-0.json").exists()


def test_a_provider_that_charges_more_than_it_can_ends_the_campaign_and_is_booked(archive):
    class Dear(Seller):
        def complete(self, prompt, *, seed):
            return Completion("long", "dear-1", Usage(100, 5000), 0.5, 0.1)

    budget = Budget(BudgetLimits(dollars=1))
    with pytest.raises(QuoteExceeded, match=r"charged 0\.5 dollars and 5100 tokens"):
        Ledgered(Dear(), archive, budget, 0).complete(FIRST, seed=1)
    assert (budget.spent, archive.spend()) == (Spend(0.5, 5100), Spend(0.5, 5100))
    assert Ledgered(Seller(), archive, budget, 0).complete(FIRST, seed=1).text == "long"


def test_a_session_that_has_ended_writes_no_more(archive):
    archive.begin_session()
    request = archive.send(0, 0, FIRST, seed=1, quote=Seller().quote(FIRST))
    archive.end_session(reason="it failed", finished=False)
    with pytest.raises(ArchiveError, match="has ended"):
        archive.answer(0, 0, request, Seller().complete(FIRST, seed=1))
    assert [call.state for call in archive.calls(0)] == ["sent"]


def test_a_request_is_answered_once(archive):
    request = archive.send(0, 0, FIRST, seed=1, quote=Seller().quote(FIRST))
    archive.answer(0, 0, request, Seller().complete(FIRST, seed=1))
    with pytest.raises(RuntimeError, match="waits for no answer"):
        archive.answer(0, 0, request, Seller().complete(FIRST, seed=2))
    assert archive.spend() == Spend(0.01, 150)
