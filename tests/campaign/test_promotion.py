from dataclasses import replace

from adrs.campaign.promotion import Promotion
from adrs.evaluation import Evaluation, Status
from adrs.testing.samples import sample_problem, sample_trial


def validation(regret):
    return Evaluation(Status.VALID, "validation", scores={"regret": regret})


def test_only_the_few_best_are_validated_and_equal_ranks_once():
    promotion = Promotion(sample_problem(), top=2)
    due = [promotion.due(sample_trial(number, regret)) for number, regret in enumerate([5, 7, 6, 6, 9, 1])]
    assert due == [True, True, True, False, False, True]
    assert not promotion.due(sample_trial(9, status=Status.CRASHED))


def test_the_best_on_validation_leads_and_ties_go_to_the_earlier():
    promotion = Promotion(sample_problem(), top=2)
    assert promotion.validated(sample_trial(1, 5), validation(3.0))
    assert not promotion.validated(sample_trial(2, 1), validation(4.0))
    assert not promotion.validated(sample_trial(3, 1), validation(3.0))
    assert promotion.validated(sample_trial(0, 1), validation(3.0))
    assert not promotion.validated(sample_trial(4, 1), Evaluation(Status.CRASHED, "validation"))
    assert promotion.best is not None
    assert promotion.best[0].number == 0


def test_the_target_needs_the_bounds_too():
    problem = sample_problem()
    bounded = problem.objective.model_copy(update={"bound": 2.0})
    strict = replace(problem, pack=problem.pack.model_copy(update={"objectives": (bounded,)}))
    for given, reached in ((problem, True), (strict, False)):
        promotion = Promotion(given, top=1)
        assert not promotion.reached(3.0)
        promotion.validated(sample_trial(0), validation(3.0))
        assert promotion.reached(3.0) is reached
        assert not promotion.reached(2.9)
        assert not promotion.reached(None)
