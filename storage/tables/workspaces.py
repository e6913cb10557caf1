"""Workspaces that were let in, the codes for it, and what a platform's own installing needs."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

from bot.model import QuestionState
from storage.tables.base import Id, UTCDateTime, metadata, one_of

workspace = Table(
    "workspace",
    metadata,
    Column("platform", String(32), primary_key=True),
    Column("id", String(255), primary_key=True),
    Column("partnership_id", ForeignKey("partnership.id"), nullable=False),
    Column("linked_at", UTCDateTime, nullable=False),
    Column("linked_by", String(255), nullable=False, server_default=""),
    Column("gone_at", UTCDateTime, index=True),
)

workspace_school = Table(
    "workspace_school",
    metadata,
    Column("platform", String(32), primary_key=True),
    Column("workspace_id", String(255), primary_key=True),
    Column("school_id", ForeignKey("school.id"), primary_key=True, index=True),
    ForeignKeyConstraint(
        ["platform", "workspace_id"], ["workspace.platform", "workspace.id"], ondelete="CASCADE"
    ),
)

link_code = Table(
    "link_code",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("school_id", ForeignKey("school.id"), nullable=False),
    Column("expires_at", UTCDateTime, nullable=False),
    Column("asks", Boolean, nullable=False, server_default=true()),
)

link_request = Table(
    "link_request",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String(32), nullable=False),
    Column("workspace", String(255), nullable=False),
    Column("school_id", ForeignKey("school.id"), nullable=False),
    Column("user", String(255), nullable=False),  # who typed the code
    Column("made_at", UTCDateTime, nullable=False, index=True),
    Column("state", one_of(QuestionState), nullable=False),
    UniqueConstraint("platform", "workspace", "school_id"),
    sqlite_autoincrement=True,
)

# One row for each wrong code that was typed in a workspace; nothing of the code is kept.
wrong_code = Table(
    "wrong_code",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String(32), nullable=False),
    Column("workspace", String(255), nullable=False),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
    Index(None, "platform", "workspace"),
    sqlite_autoincrement=True,
)

# Of Slack: one token an installation. An installation for a whole organisation has no team.
platform_token = Table(
    "platform_token",
    metadata,
    Column("platform", String(32), primary_key=True),
    Column("workspace", String(255), primary_key=True),
    Column("name", Text, nullable=False),
    Column("token", LargeBinary, nullable=False),  # encrypted
    Column("installed_at", UTCDateTime, nullable=False),
)

# Who began to install and has not come back yet; only a fingerprint is kept.
install_state = Table(
    "install_state",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
)

# Notes on a platform, of one kind each: that it was heard, that a workspace rests, that it refused an answer.
platform_note = Table(
    "platform_note",
    metadata,
    Column("platform", String(32), primary_key=True),
    Column("workspace", String(255), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("reason", String(255), nullable=False),
    Column("times", Integer, nullable=False),
    Column("first_at", UTCDateTime, nullable=False),
    Column("last_at", UTCDateTime, nullable=False),
    Column("told", Boolean, nullable=False, server_default=false()),  # coordinators were told of it
)
