"""Creating, checking and upgrading the archive's schema."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from adrs.archive.tables import SCHEMA
from adrs.errors import ArchiveError, MissingPart

_MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('adrs schema'))")  # released at the commit


class ArchiveOutdated(MissingPart):
    """The archive was written by another version of adrs.

    Attributes:
        upgradable: Whether this version can upgrade it.
    """

    def __init__(self, what: str, todo: str, *, upgradable: bool) -> None:
        super().__init__(what, todo)
        self.upgradable = upgradable


def upgrade(connection: Connection, *, to: str = "head") -> None:
    """Bring the database to the newest schema (or to the one named), from any released one or from nothing."""
    from alembic import command  # here, since readers of archives do without it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def make(connection: Connection, *, url: str) -> None:
    """Make the newest schema in an empty database; one that has a schema is checked, since others may be using it.

    Raises:
        ArchiveOutdated: As `check`.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_ONE_AT_A_TIME)
    if version(connection) is None:
        upgrade(connection)
    else:
        check(connection, url=url)


def version(connection: Connection) -> str | None:
    """Return the schema of a database; None where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def check(connection: Connection, *, url: str) -> None:
    """Refuse a database whose schema is not the newest.

    Raises:
        ArchiveOutdated: It is older (an upgrade exists) or newer (adrs must be upgraded).
        ArchiveError: It is no archive.
    """
    require(version(connection), url=url)


def require(found: str | None, *, url: str) -> None:
    """Refuse a schema that is not the newest, as `check`; None where there is none at all."""
    if found is None:
        raise ArchiveError(f"{url!r} is no archive of adrs", "Name the folder of a run, or the database of one.")
    if found == SCHEMA:
        return
    upgradable = str(found) < SCHEMA
    todo = "Run `adrs archive upgrade RUN`." if upgradable else "Upgrade adrs: `pip install -U adrs`."
    raise ArchiveOutdated(f"the archive {url!r} has schema {found!r}, not {SCHEMA!r}", todo, upgradable=upgradable)
