"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False, comment="ISO 8601, UTC"),
        sa.Column("config", sa.JSON(), nullable=False, comment="resolved settings"),
        sa.Column("written", sa.JSON(), nullable=False, comment="versions and hashes of what made the results"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "texts",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
        comment="Programs, messages of prompts and instance lists, each once, by SHA-256.",
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="extended, promoted, unsealed, noticed ..."),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign"],
            ["campaigns.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "references",
        sa.Column("campaign", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("split", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column(
            "instances",
            sa.String(length=64),
            nullable=True,
            comment="hash of the list of (instance, group) that the columns follow",
        ),
        sa.Column("columns", sa.LargeBinary(), nullable=True, comment="per-instance scores by name: JSON, deflated"),
        sa.ForeignKeyConstraint(
            ["campaign"],
            ["campaigns.id"],
        ),
        sa.ForeignKeyConstraint(
            ["instances"],
            ["texts.hash"],
        ),
        sa.PrimaryKeyConstraint("campaign", "name", "split"),
        comment="published baselines, measured in this campaign",
    )
    op.create_table(
        "sessions",
        sa.Column("campaign", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("controller", sa.String(length=200), nullable=False, comment="host:pid"),
        sa.Column("started", sa.Float(), nullable=False, comment="seconds since 1970, UTC"),
        sa.Column("heartbeat", sa.Float(), nullable=False),
        sa.Column("ended", sa.Float(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("finished", sa.Boolean(), nullable=False, comment="budget or target reached"),
        sa.ForeignKeyConstraint(
            ["campaign"],
            ["campaigns.id"],
        ),
        sa.PrimaryKeyConstraint("campaign", "number"),
    )
    op.create_table(
        "trials",
        sa.Column("campaign", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parents", sa.JSON(), nullable=False),
        sa.Column("inspirations", sa.JSON(), nullable=False),
        sa.Column("failed", sa.JSON(), nullable=False, comment="failed children shown in the prompt"),
        sa.Column("proposed", sa.Boolean(), nullable=False),
        sa.Column("program", sa.String(length=64), nullable=True),
        sa.Column(
            "status", sa.String(length=20), nullable=True, comment="status of the proposal; evaluations have their own"
        ),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("model", sa.String(length=200), nullable=True),
        sa.Column("prompt", sa.String(length=64), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "told", sa.Integer(), nullable=True, comment="position in the order in which the search heard of trials"
        ),
        sa.Column("told_at", sa.Float(), nullable=True, comment="seconds since 1970, UTC"),
        sa.ForeignKeyConstraint(
            ["campaign"],
            ["campaigns.id"],
        ),
        sa.ForeignKeyConstraint(
            ["program"],
            ["texts.hash"],
        ),
        sa.PrimaryKeyConstraint("campaign", "number"),
    )
    op.create_index("trials_told", "trials", ["campaign", "told"], unique=True)
    op.create_table(
        "completions",
        sa.Column("campaign", sa.Integer(), nullable=False),
        sa.Column("trial", sa.Integer(), nullable=False),
        sa.Column("call", sa.Integer(), nullable=False, comment="0 is the first prompt of the trial, 1 its repair"),
        sa.Column(
            "request", sa.Integer(), nullable=False, comment="counts up where a call was sent again after a crash"
        ),
        sa.Column("state", sa.String(length=10), nullable=False, comment="sent, answered, failed or unknown"),
        sa.Column("prompt", sa.JSON(), nullable=False, comment="[[role, hash of text], ...]"),
        sa.Column("prompt_hash", sa.String(length=64), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Float(), nullable=False),
        sa.Column("reserved_dollars", sa.Float(), nullable=False),
        sa.Column("reserved_tokens", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True, comment="verbatim"),
        sa.Column("model", sa.String(length=200), nullable=True),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("cached_tokens", sa.Integer(), nullable=True),
        sa.Column("estimated", sa.Boolean(), nullable=True),
        sa.Column("dollars", sa.Float(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("finish", sa.String(length=40), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign", "trial"],
            ["trials.campaign", "trials.number"],
        ),
        sa.PrimaryKeyConstraint("campaign", "trial", "call", "request"),
    )
    op.create_table(
        "evaluations",
        sa.Column("campaign", sa.Integer(), nullable=False),
        sa.Column("trial", sa.Integer(), nullable=False),
        sa.Column("split", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("features", sa.JSON(), nullable=False),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column(
            "instances",
            sa.String(length=64),
            nullable=True,
            comment="hash of the list of (instance, group) that the columns follow",
        ),
        sa.Column("columns", sa.LargeBinary(), nullable=True, comment="per-instance scores by name: JSON, deflated"),
        sa.ForeignKeyConstraint(
            ["campaign", "trial"],
            ["trials.campaign", "trials.number"],
        ),
        sa.ForeignKeyConstraint(
            ["instances"],
            ["texts.hash"],
        ),
        sa.PrimaryKeyConstraint("campaign", "trial", "split"),
    )
