"""Under which conditions an evaluation was timed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the conditions, unknown of what was evaluated before."""
    for table in ("evaluations", "references"):
        op.add_column(
            table,
            sa.Column(
                "conditions", sa.JSON(), nullable=True, comment="load of the machine by name; where speed was measured"
            ),
        )
