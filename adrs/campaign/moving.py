"""Putting a campaign that was made in a folder into a database."""

from adrs.archive import schema
from adrs.archive.connection import Database, sqlite_url
from adrs.archive.copying import copy
from adrs.archive.shared import find
from adrs.campaign.folder import RunFolder


def move(folder: RunFolder, archive: str, name: str) -> None:
    """Put the campaign into the database at the URL `archive`, and in its place say where it is.

    Raises:
        UsageError: The database holds a campaign of this name.
        ArchiveError: It cannot be written.
    """
    source, target = Database(sqlite_url(folder.archive)), Database(archive)
    try:
        with target.transaction() as connection:
            schema.make(connection, url=target.url)
        copy(source, find(source, None), target)
    finally:
        source.close()
        target.close()
    folder.write_address(archive, name)
    folder.archive.unlink()
