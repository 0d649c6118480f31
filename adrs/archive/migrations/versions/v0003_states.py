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
_STATE = "see adrs.archive.states"
_TEXTS = "Deflated: programs, messages of prompts and instance lists, each once, by SHA-256."
_CONTROLLER = "host:pid:start; start tells processes of one pid apart"


def upgrade() -> None:
    """Add what is new, unknown of what happened before; deflate every text."""
    for table, name, comment in _ORDERS:
        op.add_column(table, sa.Column(name, sa.Integer(), nullable=True, comment=comment))
    op.add_column("campaigns", sa.Column("session", sa.Integer(), comment="the session that may write"))
    op.add_column(
        "sessions",
        sa.Column(
            "worked", sa.Float(), comment="seconds, pauses left out, by a clock that nobody sets; to the last heartbeat"
        ),
    )
    op.add_column("trials", sa.Column("meaning", sa.String(64), comment="hash of the program's syntax tree"))
    op.add_column("trials", sa.Column("hints", sa.JSON(), comment="numbers of the hints that its prompt held"))
    state = sa.Column("state", sa.String(12), nullable=False, server_default="planned", comment=_STATE)
    op.add_column("trials", state)
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
    _deflate("texts", sa.Column("content", sa.LargeBinary(), nullable=False, server_default=""), ("hash",))
    text = sa.Column("text", sa.LargeBinary(), nullable=True, comment="verbatim")
    _deflate("completions", text, ("campaign", "trial", "call", "request"))
    _comment()


def _comment() -> None:
    """Change the comments of what is there; SQLite keeps none."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.create_table_comment("texts", _TEXTS)
    op.alter_column("sessions", "controller", comment=_CONTROLLER)


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


def _deflate(table: str, packed: "sa.Column[bytes]", keys: tuple[str, ...]) -> None:
    """Turn a column of text into one of deflated UTF-8."""
    column, packed.name = packed.name, "deflated"
    op.add_column(table, packed)
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
