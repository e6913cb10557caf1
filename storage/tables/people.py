"""Partnerships, schools with their calendars, members with profiles and addresses."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
)

from bot.model import QuestionState, Role
from storage.tables.base import Id, Json, UTCDateTime, index_where, metadata, one_of

partnership = Table(
    "partnership",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("language", String(16), nullable=False),
    sqlite_autoincrement=True,
)

school = Table(
    "school",
    metadata,
    Column("id", Id, primary_key=True),
    Column("partnership_id", ForeignKey("partnership.id"), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("holidays", String(16), nullable=False),
    Column("opens", Time, nullable=False),
    Column("closes", Time, nullable=False),
    Column("ask_at", Time, nullable=False),
    Column("lead_name", Text, nullable=False),
    Column("lead_contact", Text, nullable=False),
    UniqueConstraint("partnership_id", "source_id"),
    CheckConstraint("closes > opens", name="opens_before_it_closes"),
    sqlite_autoincrement=True,
)

term = Table(
    "term",
    metadata,
    Column("school_id", ForeignKey("school.id"), primary_key=True),
    Column("first_day", Date, primary_key=True),
    Column("last_day", Date, nullable=False),
    Column("title", Text, nullable=False),
    CheckConstraint("last_day >= first_day", name="first_day_first"),
)

closed_day = Table(
    "closed_day",
    metadata,
    Column("school_id", ForeignKey("school.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("reason", Text, nullable=False),
)

member = Table(
    "member",
    metadata,
    Column("id", Id, primary_key=True),
    Column("partnership_id", ForeignKey("partnership.id"), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("email", Text, nullable=False, index=True),
    Column("language", String(16), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("hours_days", String(7), nullable=False),
    Column("hours_start", Time),
    Column("hours_end", Time),
    Column("paused_until", Date),
    Column("erased_at", UTCDateTime),
    UniqueConstraint("partnership_id", "source_id"),
    CheckConstraint("hours_end > hours_start", name="hours_start_before_they_end"),
    CheckConstraint("email = lower(email)", name="email_is_lower_case"),
    CheckConstraint(
        "erased_at IS NULL OR (NOT active AND given_name = '' AND family_name = '' AND email = '')",
        name="erased_is_nobody",
    ),
    sqlite_autoincrement=True,
)

post = Table(
    "post",
    metadata,
    Column("member_id", ForeignKey("member.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("school_id", ForeignKey("school.id"), nullable=False, index=True),
    Column("role", one_of(Role), nullable=False),
    UniqueConstraint("member_id", "school_id", "role"),
)

address = Table(
    "address",
    metadata,
    Column("platform", String(32), primary_key=True),
    Column("workspace", String(255), primary_key=True),
    Column("user", String(255), primary_key=True),
    Column("member_id", ForeignKey("member.id"), nullable=False, index=True),
    Column("route", Text, nullable=False),
    Column("last_used_at", UTCDateTime, nullable=False),
    Column("live", Boolean, nullable=False),
    # The days on which the platform said that the chat takes nothing; 0 again as soon as the person writes.
    Column("blocked_times", Integer, nullable=False, server_default="0"),
    Column("blocked_at", UTCDateTime),
)

# Somebody who wrote to the bot and is no member: no name and no text is kept.
seen_address = Table(
    "seen_address",
    metadata,
    Column("platform", String(32), primary_key=True),
    Column("workspace", String(255), primary_key=True),
    Column("user", String(255), primary_key=True),
    Column("route", Text, nullable=False),
    # From when the directory may be asked for the e-mail address; NULL: it was asked since the last roster.
    Column("ask_at", UTCDateTime),
    Column("expires_at", UTCDateTime, nullable=False, index=True),
)
index_where("ix_seen_address_to_ask", "ask_at IS NOT NULL", seen_address.c.ask_at)

address_claim = Table(
    "address_claim",
    metadata,
    Column("id", Id, primary_key=True),
    Column("member_id", ForeignKey("member.id"), nullable=False, index=True),
    Column("platform", String(32), nullable=False),
    Column("workspace", String(255), nullable=False),
    Column("user", String(255), nullable=False),
    Column("route", Text, nullable=False),
    Column("old_platform", String(32), nullable=False),
    Column("old_workspace", String(255), nullable=False),
    Column("old_user", String(255), nullable=False),
    Column("made_at", UTCDateTime, nullable=False, index=True),
    Column("state", one_of(QuestionState), nullable=False),
    UniqueConstraint("member_id", "platform", "workspace", "user"),
    sqlite_autoincrement=True,
)

profile = Table(
    "profile",
    metadata,
    Column("member_id", ForeignKey("member.id"), primary_key=True),
    Column("subjects", Json, nullable=False),
    Column("phase", Text, nullable=False),
    Column("offers", Json, nullable=False),
    Column("needs", Json, nullable=False),
    Column("slots", Json, nullable=False),
)

held_words = Table(
    "held_words",
    metadata,
    Column("member_id", ForeignKey("member.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("held_at", UTCDateTime, nullable=False, index=True),
    Column("message", Text),
)

# A roster or calendar that somebody sent, until they say what becomes of it: one a member.
kept_file = Table(
    "kept_file",
    metadata,
    Column("id", Id, primary_key=True),
    Column("member_id", ForeignKey("member.id"), nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("sent_at", UTCDateTime, nullable=False, index=True),
    sqlite_autoincrement=True,
)

blocked = Table(
    "blocked",
    metadata,
    Column("member_a", ForeignKey("member.id"), primary_key=True),
    Column("member_b", ForeignKey("member.id"), primary_key=True, index=True),
    Column("blocked_at", UTCDateTime, nullable=False),
    CheckConstraint("member_a < member_b", name="a_before_b"),
)
