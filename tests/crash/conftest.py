import pytest

from tests.crash.shop import Shop
from tests.crash.yard import Nursery, Yard


@pytest.fixture(scope="session")
def nursery():
    with Nursery() as nursery:
        yield nursery


@pytest.fixture
def shop():
    with Shop() as shop:
        yield shop


@pytest.fixture
def yard_of(nursery, shop, tmp_path):
    """Makes a campaign of 12 trials and one worker that buys in the shop, unless settings say otherwise."""

    def build(name="a", *, within=nursery, constants=None, **settings):
        folder = tmp_path / name
        folder.mkdir()
        return Yard.of(within, folder, shop.url, constants=constants or {}, **{"trials": 12, "workers": 1} | settings)

    return build


@pytest.fixture
def yard(yard_of):
    return yard_of()
