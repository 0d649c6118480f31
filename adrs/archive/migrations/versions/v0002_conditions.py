"""Under which conditions an evaluation was timed, and in which order things happened."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ORDERS = (
    ("trials", "planned_after", "how many trials the search had heard of when this one was planned"),
    ("trials", "arrived", "position in the order in which proposals were noted"),
    ("evaluations", "arrived", "position in the order in which evaluations were noted"),
)


def upgrade() -> None:
    """Add the conditions and orders, unknown of what happened before."""
    for table in ("evaluations", "references"):
        op.add_column(
            table,
            sa.Column(
                "conditions", sa.JSON(), nullable=True, comment="load of the machine by name; where speed was measured"
            ),
        )
    for table, name, comment in _ORDERS:
        op.add_column(table, sa.Column(name, sa.Integer(), nullable=True, comment=comment))
