"""Where a shared archive is: the URL of a database, without what it takes to get in."""

import os
import re
from urllib.parse import parse_qsl, urlencode

from adrs.errors import ConfigError

VARIABLE = "ADRS_ARCHIVE"
_SECRET = re.compile(r"^(?P<before>[^:]+://[^:/@]*):.*@")  # greedy: a password may hold what should have been quoted
_SECRETS = {"password", "sslpassword"}
_FORM = re.compile(r"^postgresql(\+psycopg)?://")


def bare(url: str) -> str:
    """Return a URL without the passwords in it; only such a one is kept or shown."""
    place, mark, query = _SECRET.sub(r"\g<before>@", url).partition("?")
    if not _secret(query):
        return place + mark + query
    rest = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name.lower() not in _SECRETS]
    return f"{place}?{urlencode(rest)}" if rest else place


def checked(url: str) -> str:
    """Return a URL that somebody wrote down as the address of an archive.

    Raises:
        ConfigError: It is none of PostgreSQL, or holds a password.
    """
    if not _FORM.match(url):
        raise ConfigError(
            f"{bare(url)!r} is no URL of a PostgreSQL database",
            "Write postgresql://USER@HOST/DATABASE; without --archive, a run's archive is a file in its folder.",
        )
    if bare(url) != url:
        raise ConfigError(
            f"the URL of the archive {bare(url)!r} was given with a password, which would be kept with the run",
            "Leave it out: PGPASSWORD or ~/.pgpass gives it to the driver.",
        )
    return url


def full(url: str) -> str:
    """Return how to get in at a bare URL: as `ADRS_ARCHIVE` says, if it is about this database."""
    given = os.environ.get(VARIABLE, "")
    return given if bare(given) == url else url


def current(kept: str) -> str:
    """Return where an archive is that was at `kept`: `ADRS_ARCHIVE` knows better."""
    return os.environ.get(VARIABLE) or kept


def _secret(query: str) -> bool:
    return any(name.lower() in _SECRETS for name, _ in parse_qsl(query, keep_blank_values=True))
