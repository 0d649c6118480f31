import pytest

from adrs.evaluation import Result
from evaluators.smtt.feedback import feedback
from evaluators.smtt.scoring import FIGURES, features, score
from tests.packs.smtt.conftest import run


def _result(
    group: str, tardiness: float, optimum: float, *, mdd: float = 0.0, late: int = 1, role: str = "hard"
) -> Result:
    figures = (10, tardiness, optimum, mdd, late, role == "hard", role == "easy")
    return Result(f"{group} {tardiness} {optimum}", group, dict(zip(FIGURES, map(float, figures), strict=True)))


RESULTS = [
    _result("n10 RDD 0.2 TF 0.4", 110, 100, mdd=120),
    _result("n10 RDD 0.2 TF 0.4", 300, 300, mdd=300),
    _result("n10 RDD 0.6 TF 0.4", 150, 100, mdd=100, late=4),
    _result("n10 RDD 0.6 TF 0.4", 50, 0, mdd=0),
    _result("n10 RDD 1.0 TF 0.2", 7, 5, mdd=5, role="easy"),
    _result("n10 RDD 1.0 TF 0.2", 0, 0, mdd=1, role="easy"),
    _result("n10 lognormal p", 900, 100, mdd=200, role="shifted"),
]


class TestScore:
    def test_pools_each_hard_class_and_takes_the_mean_over_classes(self) -> None:
        assert score(RESULTS)["gap"] == pytest.approx((2.5 + 100) / 2)

    def test_easy_classes_count_by_extra_tardiness_per_job(self) -> None:
        assert score(RESULTS)["easy_excess"] == pytest.approx((0.2 - 0.1) / 2)

    def test_reports_gaps_per_instance_without_zero_optima(self) -> None:
        scores = score(RESULTS)
        assert scores["paper_gap"] == pytest.approx((10 + 0 + 50 + 40) / 4)
        assert scores["large_gap"] == pytest.approx((10 + 0 + 50) / 3)
        assert scores["median_gap"] == pytest.approx(25)
        assert scores["worst_gap"] == pytest.approx(50)

    def test_counts_optima_and_needless_tardiness(self) -> None:
        assert score(RESULTS)["optimal"] == pytest.approx(100 * 2 / 6)
        assert score(RESULTS)["violations"] == 1

    def test_counts_a_result_as_often_as_it_is_handed_one(self) -> None:
        twice = score([*RESULTS, RESULTS[0], RESULTS[0]])
        assert twice["gap"] == pytest.approx((100 * 30 / 600 + 100) / 2)

    def test_names_what_the_pack_declares(self, problem) -> None:  # type: ignore[no-untyped-def]
        assert score(RESULTS).keys() == {objective.name for objective in problem.pack.objectives}


class TestFeatures:
    def test_say_where_the_gap_lies_and_how_many_jobs_are_late(self) -> None:
        found = features(RESULTS)
        assert found["narrow"] == pytest.approx(2.5 / 102.5)
        assert found["late"] == pytest.approx(10 / 70)

    def test_a_rule_without_any_gap_has_them_too(self) -> None:
        perfect = [_result(one.group, one.scores["optimum"], one.scores["optimum"]) for one in RESULTS[:4]]
        assert features(perfect)["narrow"] == 0.5

    def test_cover_what_the_pack_declares(self, problem) -> None:  # type: ignore[no-untyped-def]
        declared = {feature.name for feature in problem.pack.features}
        assert features(RESULTS).keys() | {"size"} == declared


class TestFeedback:
    def test_names_classes_sizes_extremes_and_the_rest(self) -> None:
        assert feedback(RESULTS).splitlines() == [
            "Gap to the optimum in %, MDD's in brackets; rows RDD, columns TF, mean over sizes, - where it is tiny:",
            "             0.2             0.4             0.6             0.8             1.0",
            "0.2            -     2.50 (5.00)               -               -               -",
            "0.4            -               -               -               -               -",
            "0.6            -   100.00 (0.00)               -               -               -",
            "0.8            -               -               -               -               -",
            "1.0            -               -               -               -               -",
            "By number of jobs: n10 51.25 (2.50).",
            "Furthest ahead of MDD: n10 RDD 0.2 TF 0.4 2.50 (5.00).",
            "Furthest behind MDD: n10 RDD 0.6 TF 0.4 100.00 (0.00).",
            "Easy classes: +0.0500 time units of tardiness per job against MDD (worst n10 RDD 1.0 TF 0.2: +0.0500); "
            "1 instances tardy that need not be.",
            "Unlike the training instances: n10 lognormal p 800.00 (100.00).",
        ]

    def test_is_short(self) -> None:
        text = feedback(run("def priority(t, p, d, mask, P, n): return d", "train"))
        assert len(text.splitlines()) <= 12
        assert len(text) < 1500
