from dataclasses import replace

from adrs.campaign.promotion import Promotion
from adrs.evaluation import Audit, Evaluation, Finding, Status
from adrs.testing.samples import sample_problem, sample_trial


def validation(regret):
    return Evaluation(Status.VALID, "validation", scores={"regret": regret})


PASSED, MARKED = Audit("validation"), Audit("validation", (Finding("state", "it remembers"),))


def best(promotion):
    return promotion.best and promotion.best[0].number


def contender(promotion):
    return promotion.contender and promotion.contender.number


def test_only_the_few_best_are_validated_and_equal_ranks_once():
    promotion = Promotion(sample_problem(), top=2, audits=False)
    due = [promotion.due(sample_trial(number, regret)) for number, regret in enumerate([5, 7, 6, 6, 9, 1])]
    assert due == [True, True, True, False, False, True]
    assert not promotion.due(sample_trial(9, status=Status.CRASHED))


def test_the_best_on_validation_leads_and_ties_go_to_the_earlier():
    promotion = Promotion(sample_problem(), top=2, audits=False)
    for number, regret, leads in ((1, 3.0, 1), (2, 4.0, 1), (3, 3.0, 1), (0, 3.0, 0)):
        promotion.validated(sample_trial(number), validation(regret))
        assert best(promotion) == leads
    promotion.validated(sample_trial(4), Evaluation(Status.CRASHED, "validation"))
    assert best(promotion) == 0
    assert promotion.contender is None


def test_a_trial_leads_once_it_has_passed_its_audit():
    promotion = Promotion(sample_problem(), top=2, audits=True)
    promotion.validated(sample_trial(1), validation(3.0))
    assert (best(promotion), contender(promotion)) == (None, 1)
    promotion.audited(1, PASSED)
    assert (best(promotion), contender(promotion)) == (1, None)
    promotion.validated(sample_trial(2), validation(4.0))
    assert (best(promotion), contender(promotion)) == (1, None)
    promotion.validated(sample_trial(3), validation(2.0))
    assert (best(promotion), contender(promotion)) == (1, 3)


def test_after_a_marked_trial_the_next_has_its_turn_until_one_passes():
    promotion = Promotion(sample_problem(), top=5, audits=True)
    for number, regret in ((0, 9.0), (1, 2.0), (2, 1.0), (3, 3.0)):
        promotion.validated(sample_trial(number), validation(regret))
    turns = []
    while promotion.contender is not None:
        turns.append(contender(promotion))
        promotion.audited(turns[-1], PASSED if turns[-1] == 3 else MARKED)
    assert (turns, best(promotion)) == ([2, 1, 3], 3)


def test_the_last_audit_counts_and_validations_and_audits_may_come_in_any_order():
    promotion = Promotion(sample_problem(), top=5, audits=True)
    promotion.audited(1, PASSED)
    promotion.validated(sample_trial(1), validation(2.0))
    assert best(promotion) == 1
    promotion.audited(1, MARKED)
    assert (best(promotion), contender(promotion)) == (None, None)


def test_without_audits_a_marked_trial_does_not_lead_either():
    promotion = Promotion(sample_problem(), top=5, audits=False)
    for number, regret in ((0, 2.0), (1, 1.0)):
        promotion.validated(sample_trial(number), validation(regret))
    promotion.audited(1, MARKED)
    assert (best(promotion), contender(promotion)) == (0, None)


def test_the_target_needs_the_bounds_too():
    problem = sample_problem()
    bounded = problem.objective.model_copy(update={"bound": 2.0})
    strict = replace(problem, pack=problem.pack.model_copy(update={"objectives": (bounded,)}))
    for given, reached in ((problem, True), (strict, False)):
        promotion = Promotion(given, top=1, audits=False)
        assert not promotion.reached(3.0)
        promotion.validated(sample_trial(0), validation(3.0))
        assert promotion.reached(3.0) is reached
        assert not promotion.reached(2.9)
        assert not promotion.reached(None)
