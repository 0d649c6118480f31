"""The state of each trial, who may write, in which order things happened, and texts deflated."""

import zlib

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ORDERS = (
    ("trials", "planned_after", "how many trials the search had heard of when this one was planned"),
    ("trials", "arrived", "position in the order in which proposals were noted"),
    ("evaluations", "arrived", "position in the order in which evaluations were noted"),
    ("completions", "arrived", "position in the order in which answers were noted"),
)
_BATCH = 500


def upgrade() -> None:
    """Add what is new, unknown of what happened before; deflate every text."""
    for table, name, comment in _ORDERS:
        op.add_column(table, sa.Column(name, sa.Integer(), nullable=True, comment=comment))
    op.add_column("campaigns", sa.Column("session", sa.Integer(), comment="the session that may write"))
    op.add_column("sessions", sa.Column("worked", sa.Float(), comment="seconds, pauses left out; see tables"))
    op.add_column("trials", sa.Column("meaning", sa.String(64), comment="hash of the program's syntax tree"))
    op.add_column("trials", sa.Column("hints", sa.JSON(), comment="numbers of the hints that its prompt held"))
    op.add_column("trials", sa.Column("state", sa.String(12), nullable=False, server_default="planned"))
    op.execute(_STATES)
    op.create_table(
        "underway",
        sa.Column("campaign", sa.Integer(), nullable=False),
        sa.Column("trial", sa.Integer(), nullable=False),
        sa.Column("split", sa.String(20), nullable=False),
        sa.Column("since", sa.Float(), nullable=False, comment="seconds since 1970, UTC"),
        sa.ForeignKeyConstraint(["campaign", "trial"], ["trials.campaign", "trials.number"]),
        sa.PrimaryKeyConstraint("campaign", "trial", "split"),
        comment="evaluations that have begun and not ended",
    )
    op.create_index("events_kind", "events", ["campaign", "kind", "id"])
    _deflate("texts", "content", ("hash",), nullable=False)
    _deflate("completions", "text", ("campaign", "trial", "call", "request"), nullable=True)


_STATES = """
UPDATE trials SET state = CASE
    WHEN told IS NOT NULL THEN 'told'
    WHEN EXISTS (SELECT 1 FROM evaluations e WHERE e.campaign = trials.campaign AND e.trial = trials.number
                 AND e.split = 'train') THEN 'evaluated'
    WHEN proposed THEN 'edited'
    WHEN EXISTS (SELECT 1 FROM completions c WHERE c.campaign = trials.campaign AND c.trial = trials.number
                 AND c.state = 'sent') THEN 'prompted'
    WHEN EXISTS (SELECT 1 FROM completions c WHERE c.campaign = trials.campaign AND c.trial = trials.number
                 AND c.state = 'answered') THEN 'answered'
    ELSE 'planned' END
"""


def _deflate(table: str, column: str, keys: tuple[str, ...], *, nullable: bool) -> None:
    """Turn a column of text into one of deflated UTF-8."""
    empty = None if nullable else sa.text("''")
    added = sa.Column("deflated", sa.LargeBinary(), nullable=nullable, server_default=empty)
    op.add_column(table, added)
    rows = sa.table(table, *(sa.column(name) for name in (*keys, column, "deflated")))
    same = sa.and_(*(rows.c[key] == sa.bindparam(f"key_{key}") for key in keys))
    change = sa.update(rows).where(same).values(deflated=sa.bindparam("packed"))
    connection = op.get_bind()
    found = connection.execute(sa.select(*(rows.c[key] for key in keys), rows.c[column])).all()
    for start in range(0, len(found), _BATCH):
        values = [
            {
                **{f"key_{key}": part for key, part in zip(keys, row, strict=False)},
                "packed": zlib.compress(row[-1].encode()),
            }
            for row in found[start : start + _BATCH]
            if row[-1] is not None
        ]
        if values:
            connection.execute(change, values)
    op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    op.execute(f"ALTER TABLE {table} RENAME COLUMN deflated TO {column}")
