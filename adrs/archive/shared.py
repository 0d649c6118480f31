"""Which campaigns a database holds; one of a server may hold several."""

from sqlalchemy import select

from adrs.archive import schema
from adrs.archive.connection import Database
from adrs.archive.tables import campaigns
from adrs.errors import ArchiveError, UsageError


def names_in(url: str) -> list[str]:
    """Return the names of the campaigns in a database, the oldest first; none if it is empty.

    Raises:
        ArchiveOutdated: Another version of adrs made its tables.
        ArchiveError: It cannot be read.
    """
    database = Database(url)
    try:
        with database.transaction() as connection:
            if schema.version(connection) is None:
                return []
            schema.check(connection, url=database.url)
            return list(connection.scalars(select(campaigns.c.name).order_by(campaigns.c.id)))
    finally:
        database.close()


def taken(database: Database, name: str) -> UsageError:
    """Return the error that a campaign's name is in use."""
    if not database.shared:
        return UsageError(f"there is a run called {name!r} already", f"`adrs resume {name}`, or another --name.")
    return UsageError(
        f"the database {database.url!r} holds a campaign called {name!r} already",
        f"Take another --name; `adrs status --archive {database.url}` lists them.",
    )


def find(database: Database, name: str | None) -> int:
    """Return the number of the campaign `name`, or of the only one.

    Raises:
        ArchiveOutdated: Another version of adrs made its tables.
        ArchiveError: There is no such campaign, or the database cannot be read.
    """
    with database.transaction() as connection:
        schema.check(connection, url=database.url)
    with database.transaction() as connection:
        query = select(campaigns.c.id)
        found = connection.scalars(query if name is None else query.where(campaigns.c.name == name)).all()
    if len(found) == 1:
        return int(found[0])
    if name is None:
        raise ArchiveError(f"{database.url!r} holds {len(found)} campaigns", "See `adrs status`.")
    raise ArchiveError(
        f"{database.url!r} holds no campaign {name!r}", f"`adrs status --archive {database.url}` lists those it holds."
    )
