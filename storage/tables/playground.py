"""Tables of the playground: its conversations and its clock."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from storage.tables.base import Id, Json, UTCDateTime, metadata

playground_line = Table(
    "playground_line",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace", String(255), nullable=False),
    Column("person", String(255), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("author", String(8), nullable=False),
    Column("delivery_id", ForeignKey("delivery.id"), unique=True),
    Column("html", Text, nullable=False),
    Column("plain", Text, nullable=False),
    Column("previews", Json, nullable=False),  # JSON texts by platform
    Column("replaced", Boolean, nullable=False),
    CheckConstraint("author IN ('bot', 'person')", name="author"),
    Index(None, "workspace", "person"),
    sqlite_autoincrement=True,
)

playground_clock = Table(
    "playground_clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("now", UTCDateTime, nullable=False),
    CheckConstraint("id = 1", name="only_one"),
)
