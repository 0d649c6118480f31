"""Creating, checking and upgrading the archive's schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from adrs.errors import ArchiveError, MissingPart

_MIGRATIONS = Path(__file__).parent / "migrations"


class ArchiveOutdated(MissingPart):
    """The archive was written by another version of adrs."""


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest schema, from any released one or from nothing."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def check(connection: Connection, *, url: str) -> None:
    """Refuse a database whose schema is not the newest.

    Raises:
        ArchiveOutdated: It is older (an upgrade exists) or newer (adrs must be upgraded).
        ArchiveError: It is no archive.
    """
    found = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(_config())
    if found is None:
        raise ArchiveError(f"{url!r} is no archive of adrs", "Name the folder of a run.")
    if found == script.get_current_head():
        return
    known = {revision.revision for revision in script.walk_revisions()}
    todo = "Run `adrs archive upgrade RUN`." if found in known else "Upgrade adrs: `pip install -U adrs`."
    raise ArchiveOutdated(f"the archive {url!r} has schema {found!r}", todo)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
