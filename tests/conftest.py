"""What tests of several parts share: databases of both kinds."""

import pytest

from adrs.archive.connection import sqlite_url
from tests.archive.postgres import Postgres, programs

STORES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
"""For `parametrize`, with `database_url` or `database_for`: the stores that an archive may be kept in."""


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server."""
    if programs() is None:
        pytest.skip("the server programs of PostgreSQL are not here: install Debian's package postgresql")
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres):
    """The URL of an empty database on a server."""
    return postgres.url(postgres.new_database())


@pytest.fixture(params=STORES)
def store(request):
    """The name of each store in turn."""
    return request.param


@pytest.fixture
def url(request, store, tmp_path):
    """The URL of a database for an archive, in each store."""
    return sqlite_url(tmp_path / "archive.db") if store == "sqlite" else request.getfixturevalue("postgres_url")
