"""What problems ask of the wall."""

import pytest

from adrs.errors import PackError
from adrs.evaluating.needs import needs_of
from adrs.problem import open_pack
from adrs.sandbox import Needs
from adrs.testing.samples import PACK, sample_problem
from tests.foreign.conftest import PROBLEMS


@pytest.fixture
def pack(tmp_path):
    """A copy of the sample pack, with lines in front of its problem.toml."""

    def copy(lines):
        folder = tmp_path / "queues"
        folder.mkdir()
        for path in PACK.glob("*.*"):
            (folder / path.name).write_text(path.read_text())
        (folder / "baselines").symlink_to(PACK / "baselines")
        (folder / "problem.toml").write_text(lines + "\n" + (PACK / "problem.toml").read_text())
        return open_pack(folder)

    return copy


def test_a_plain_problem_asks_for_nothing():
    assert needs_of(sample_problem()) == Needs()


def test_what_the_user_asks_for_is_passed_on():
    needs = needs_of(sample_problem(), isolation="fresh", runtime="runsc")
    assert (needs.isolation, needs.runtime) == ("fresh", "runsc")


def test_pinned_packages_are_preloaded_by_their_names(pack):
    needs = needs_of(pack('packages = ["numpy", "sortedcontainers==2.4.0", "more-itertools==10.1.0"]'))
    assert needs.packages == ("sortedcontainers==2.4.0", "more-itertools==10.1.0")
    assert needs.modules == ("sortedcontainers", "more_itertools")


def test_modules_can_be_named(pack):
    needs = needs_of(pack('packages = ["scipy==1.14.1"]\nmodules = ["scipy.optimize"]'))
    assert needs.modules == ("scipy.optimize",)


@pytest.mark.parametrize("package", ["scipy", "scipy>=1.0", "scipy==1.0; rm -rf", "-e ."])
def test_packages_must_be_pinned(pack, package):
    with pytest.raises(PackError, match="packages"):
        pack(f'packages = ["{package}"]')


def test_a_foreign_problem_comes_with_its_evaluator():
    needs = needs_of(open_pack(PROBLEMS / "openevolve_cascade"))
    assert (needs.inside, needs.isolation) == ("evaluator", "fresh")
    assert needs.folder is not None
