"""The tables of the archive: the facts of campaigns, and nothing derived from them."""

import zlib
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

SCHEMA = "0003"
"""Revision of the newest migration; these tables are what it leads to."""
METADATA = MetaData()


_LEVEL = 3  # half the time of the usual one, and hardly more bytes


def deflate(content: str) -> bytes:
    """Return text as it is kept: the same bytes for the same text, wherever it comes from."""
    return zlib.compress(content.encode(), _LEVEL)


class Deflated(TypeDecorator[str]):
    """Text that is kept as deflated UTF-8."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else deflate(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else zlib.decompress(value).decode()


class Brief(TypeDecorator[str]):
    """Text as a server takes it: without zero characters, and not longer than was declared."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or dialect.name == "sqlite":
            return value
        return value.replace("\0", "\ufffd")[: getattr(self.impl_instance, "length", None)]


class Plain(Brief):
    """The same of any length."""

    impl = Text
    cache_ok = True


texts = Table(
    "texts",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("content", Deflated, nullable=False),
    comment="Deflated: programs, messages of prompts and instance lists, each once, by SHA-256.",
)

campaigns = Table(
    "campaigns",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("created", String(32), nullable=False, comment="ISO 8601, UTC"),
    Column("config", JSON, nullable=False, comment="resolved settings"),
    Column("written", JSON, nullable=False, comment="versions and hashes of what made the results"),
    Column("session", Integer, comment="the session that may write"),
)

sessions = Table(
    "sessions",
    METADATA,
    Column("campaign", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column(
        "controller",
        String(200),
        nullable=False,
        comment="host:pid:start; start tells processes of one pid apart",
    ),
    Column("started", Float, nullable=False, comment="seconds since 1970, UTC"),
    Column("heartbeat", Float, nullable=False),
    Column("ended", Float),
    Column("reason", Plain),
    Column("finished", Boolean, nullable=False, default=False, comment="budget or target reached"),
    Column("worked", Float, comment="seconds, pauses left out, by a clock that nobody sets; to the last heartbeat"),
    ForeignKeyConstraint(["campaign"], ["campaigns.id"]),
)

trials = Table(
    "trials",
    METADATA,
    Column("campaign", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("parents", JSON, nullable=False),
    Column("inspirations", JSON, nullable=False),
    Column("failed", JSON, nullable=False, comment="failed children shown in the prompt"),
    Column("proposed", Boolean, nullable=False, default=False),
    Column("program", String(64)),
    Column("status", String(20), comment="status of the proposal; evaluations have their own"),
    Column("message", Plain),
    Column("model", Brief(200)),
    Column("prompt", String(64)),
    Column("note", Plain),
    Column("told", Integer, comment="position in the order in which the search heard of trials"),
    Column("told_at", Float, comment="seconds since 1970, UTC"),
    Column("planned_after", Integer, comment="how many trials the search had heard of when this one was planned"),
    Column("arrived", Integer, comment="position in the order in which proposals were noted"),
    Column("meaning", String(64), comment="hash of the program's syntax tree"),
    Column("hints", JSON(none_as_null=True), comment="numbers of the hints that its prompt held"),
    Column("state", String(12), nullable=False, default="planned", comment="see adrs.archive.states"),
    ForeignKeyConstraint(["campaign"], ["campaigns.id"]),
    ForeignKeyConstraint(["program"], ["texts.hash"]),
)
Index("trials_told", trials.c.campaign, trials.c.told, unique=True)

completions = Table(
    "completions",
    METADATA,
    Column("campaign", Integer, primary_key=True),
    Column("trial", Integer, primary_key=True),
    Column("call", Integer, primary_key=True, comment="0 is the first prompt of the trial, 1 its repair"),
    Column("request", Integer, primary_key=True, comment="counts up where a call was sent again after a crash"),
    Column("state", String(10), nullable=False, comment="sent, answered, failed or unknown"),
    Column("prompt", JSON, nullable=False, comment="[[role, hash of text], ...]"),
    Column("prompt_hash", String(64), nullable=False),
    Column("seed", Integer, nullable=False),
    Column("sent", Float, nullable=False),
    Column("reserved_dollars", Float, nullable=False),
    Column("reserved_tokens", Integer, nullable=False),
    Column("text", Deflated, comment="verbatim"),
    Column("model", Brief(200)),
    Column("prompt_tokens", Integer),
    Column("completion_tokens", Integer),
    Column("cached_tokens", Integer),
    Column("estimated", Boolean),
    Column("dollars", Float),
    Column("seconds", Float),
    Column("finish", Brief(40)),
    Column("attempts", Integer),
    Column("error", Plain),
    Column("arrived", Integer, comment="position in the order in which answers were noted"),
    ForeignKeyConstraint(["campaign", "trial"], ["trials.campaign", "trials.number"]),
)


def _outcome() -> list[Column[Any]]:
    """Return the columns of an evaluation."""
    return [
        Column("status", String(20), nullable=False),
        Column("message", Plain, nullable=False),
        Column("scores", JSON, nullable=False),
        Column("features", JSON, nullable=False),
        Column("feedback", Plain, nullable=False),
        Column("seconds", Float, nullable=False),
        Column("instances", String(64), comment="hash of the list of (instance, group) that the columns follow"),
        Column("columns", LargeBinary, comment="per-instance scores by name: JSON, deflated"),
        Column("conditions", JSON(none_as_null=True), comment="load of the machine by name; where speed was measured"),
    ]


evaluations = Table(
    "evaluations",
    METADATA,
    Column("campaign", Integer, primary_key=True),
    Column("trial", Integer, primary_key=True),
    Column("split", String(20), primary_key=True),
    *_outcome(),
    Column("arrived", Integer, comment="position in the order in which evaluations were noted"),
    ForeignKeyConstraint(["campaign", "trial"], ["trials.campaign", "trials.number"]),
    ForeignKeyConstraint(["instances"], ["texts.hash"]),
)

underway = Table(
    "underway",
    METADATA,
    Column("campaign", Integer, primary_key=True),
    Column("trial", Integer, primary_key=True),
    Column("split", String(20), primary_key=True),
    Column("since", Float, nullable=False, comment="seconds since 1970, UTC"),
    ForeignKeyConstraint(["campaign", "trial"], ["trials.campaign", "trials.number"]),
    comment="evaluations that have begun and not ended",
)

references = Table(
    "references",
    METADATA,
    Column("campaign", Integer, primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("split", String(20), primary_key=True),
    *_outcome(),
    ForeignKeyConstraint(["campaign"], ["campaigns.id"]),
    ForeignKeyConstraint(["instances"], ["texts.hash"]),
    comment="published baselines, measured in this campaign",
)

events = Table(
    "events",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("campaign", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("kind", String(40), nullable=False, comment="extended, promoted, unsealed, noticed ..."),
    Column("data", JSON, nullable=False),
    ForeignKeyConstraint(["campaign"], ["campaigns.id"]),
)
Index("events_kind", events.c.campaign, events.c.kind, events.c.id)
