from adrs.evaluation import Status
from adrs.report.lineage import lineage
from adrs.testing.samples import sample_problem, sample_trial

TRIALS = {
    trial.number: trial
    for trial in (
        sample_trial(0, 20.0),
        sample_trial(1, 15.0),
        sample_trial(2, 30.0, parents=(1, 0)),
        sample_trial(3, parents=(2,), status=Status.CRASHED),
        sample_trial(4, 5.0, parents=(0,)),
    )
}


def test_the_chain_goes_from_the_seed_along_first_parents() -> None:
    validations = {1: TRIALS[4].evaluation}
    chain = lineage(sample_problem(), TRIALS, validations, 2)
    assert [(a.trial, a.parents, a.train, a.gain, a.validation) for a in chain] == [
        (0, (), 20.0, None, None),
        (1, (0,), 15.0, 5.0, 5.0),
        (2, (1, 0), 30.0, -15.0, None),
    ]


def test_a_failure_has_ancestors_and_no_score() -> None:
    last = lineage(sample_problem(), TRIALS, {}, 3)[-1]
    assert (last.status, last.train, last.gain) == (Status.CRASHED, None, None)


def test_the_seed_stands_alone() -> None:
    (seed,) = lineage(sample_problem(), TRIALS, {}, 0)
    assert (seed.trial, seed.gain) == (0, None)
