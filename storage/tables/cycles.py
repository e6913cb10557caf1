"""Cycles, enrolments, pairings, check-ins, answers, challenges and notes."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.model import CheckInState, CycleState, EnrolmentState, PairingState, Share
from storage.tables.base import Id, Json, UTCDateTime, index_where, metadata, one_of

# --- cycles ------------------------------------------------------------------------------------------------

# Keyed by a hash of the files: cycles with the same pack share a row, and an edited pack gets a new one.
pack_snapshot = Table(
    "pack_snapshot",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("files", Json, nullable=False),
)

cycle = Table(
    "cycle",
    metadata,
    Column("id", Id, primary_key=True),
    Column("partnership_id", ForeignKey("partnership.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("goal", Text, nullable=False),
    Column("pack_id", String(64), nullable=False),
    Column("pack_version", String(32), nullable=False),
    Column("pack_fingerprint", ForeignKey("pack_snapshot.fingerprint"), nullable=False),
    Column("state", one_of(CycleState), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("group_size", Integer, nullable=False),
    Column("started_by", ForeignKey("member.id")),
    Column("created_at", UTCDateTime, nullable=False),
    Column("confirmed_at", UTCDateTime),
    Column("closed_at", UTCDateTime),
    CheckConstraint("group_size IN (2, 3)", name="two_or_three"),
    CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at_a_moment"),
    sqlite_autoincrement=True,
)
CYCLE_IS_OPEN = text("state <> 'closed'")
index_where("uq_cycle_open", CYCLE_IS_OPEN.text, cycle.c.partnership_id, unique=True)

enrolment = Table(
    "enrolment",
    metadata,
    Column("cycle_id", ForeignKey("cycle.id"), primary_key=True),
    Column("member_id", ForeignKey("member.id"), primary_key=True, index=True),
    Column("school_id", ForeignKey("school.id"), nullable=False),
    Column("state", one_of(EnrolmentState), nullable=False),
    Column("invited_at", UTCDateTime, nullable=False),
    Column("answered_at", UTCDateTime),
    # True once the member has asked for another partner, which is possible once a cycle.
    Column("asked_for_another", Boolean, nullable=False),
    # True if the member had accepted when the cycle was confirmed: figures are about these people only.
    Column("in_cohort", Boolean, nullable=False),
    UniqueConstraint("cycle_id", "member_id", "school_id"),
)

pairing = Table(
    "pairing",
    metadata,
    Column("id", Id, primary_key=True),
    Column("cycle_id", ForeignKey("cycle.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", one_of(PairingState), nullable=False),
    Column("reasons", Json, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("live_since", UTCDateTime),
    Column("ended_at", UTCDateTime),
    UniqueConstraint("cycle_id", "number"),
    UniqueConstraint("id", "cycle_id"),
    CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_at_a_moment"),
    CheckConstraint("state <> 'live' OR live_since IS NOT NULL", name="live_since_a_moment"),
    sqlite_autoincrement=True,
)

seat = Table(
    "seat",
    metadata,
    Column("pairing_id", Id, primary_key=True, autoincrement=False),
    # The number of the member in the pairing: 1, 2, or 3 for the third of a trio.
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("cycle_id", Id, nullable=False),
    Column("member_id", Id, nullable=False),
    Column("school_id", Id, nullable=False),
    Column("live", Boolean, nullable=False),
    ForeignKeyConstraint(["pairing_id", "cycle_id"], ["pairing.id", "pairing.cycle_id"], ondelete="CASCADE"),
    ForeignKeyConstraint(
        ["cycle_id", "member_id", "school_id"],
        ["enrolment.cycle_id", "enrolment.member_id", "enrolment.school_id"],
    ),
    UniqueConstraint("pairing_id", "member_id"),
    CheckConstraint("place BETWEEN 1 AND 3", name="place"),
    Index("ix_seat_cycle_id_member_id_school_id", "cycle_id", "member_id", "school_id"),
)
index_where("uq_seat_schools_differ", "place <= 2", seat.c.pairing_id, seat.c.school_id, unique=True)
index_where("uq_seat_one_live_pairing", "live", seat.c.cycle_id, seat.c.member_id, unique=True)

# --- check-ins ---------------------------------------------------------------------------------

check_in = Table(
    "check_in",
    metadata,
    Column("id", Id, primary_key=True),
    Column("cycle_id", Id, nullable=False),
    Column("member_id", Id, nullable=False),
    Column("pairing_id", Id),
    Column("step", String(64), nullable=False),
    Column("due_at", UTCDateTime, nullable=False),
    Column("closes_at", UTCDateTime, nullable=False),
    Column("state", one_of(CheckInState), nullable=False),
    # The key of the question that the next plain text answers.
    Column("asking", String(64)),
    # The time at which the bot suggested another wording, which it does once.
    Column("suggested_at", UTCDateTime),
    Column("held_until", UTCDateTime),
    ForeignKeyConstraint(["cycle_id", "member_id"], ["enrolment.cycle_id", "enrolment.member_id"]),
    ForeignKeyConstraint(["pairing_id", "cycle_id"], ["pairing.id", "pairing.cycle_id"]),
    ForeignKeyConstraint(["pairing_id", "member_id"], ["seat.pairing_id", "seat.member_id"]),
    UniqueConstraint("cycle_id", "step", "member_id"),
    CheckConstraint("closes_at > due_at", name="due_before_it_closes"),
    Index(None, "member_id", "cycle_id"),
    Index(None, "pairing_id", "step"),
    sqlite_autoincrement=True,
)

answer = Table(
    "answer",
    metadata,
    Column("check_in_id", ForeignKey("check_in.id"), primary_key=True),
    Column("question", String(64), primary_key=True),
    Column("text", Text, nullable=False),
    Column("share", one_of(Share), nullable=False),
    Column("language", String(16), nullable=False),
    Column("given_at", UTCDateTime, nullable=False),
    Column("edited_at", UTCDateTime),
    Column("message", Text),
)

challenge = Table(
    "challenge",
    metadata,
    Column("id", Id, primary_key=True),
    Column("check_in_id", ForeignKey("check_in.id"), nullable=False, unique=True),
    Column("pairing_id", ForeignKey("pairing.id"), nullable=False, index=True),
    Column("giver_id", Id, index=True),
    Column("receiver_id", Id, index=True),
    Column("evidence", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("suggestion", Text, nullable=False),
    Column("given_at", UTCDateTime, nullable=False),
    Column("released_at", UTCDateTime),
    Column("reply", Text, nullable=False),
    Column("next_step", Text, nullable=False),
    Column("next_step_on", Date),
    Column("replied_at", UTCDateTime),
    ForeignKeyConstraint(["pairing_id", "giver_id"], ["seat.pairing_id", "seat.member_id"]),
    ForeignKeyConstraint(["pairing_id", "receiver_id"], ["seat.pairing_id", "seat.member_id"]),
    CheckConstraint("giver_id <> receiver_id", name="not_to_oneself"),
    CheckConstraint("evidence <> '' AND question <> ''", name="evidence_and_question"),
    CheckConstraint("replied_at IS NULL OR released_at IS NOT NULL", name="released_before_the_reply"),
    sqlite_autoincrement=True,
)

note = Table(
    "note",
    metadata,
    Column("id", Id, primary_key=True),
    Column("pairing_id", ForeignKey("pairing.id"), nullable=False, index=True),
    Column("author_id", Id, index=True),
    Column("text", Text, nullable=False),
    Column("sent_at", UTCDateTime, nullable=False),
    Column("message", Text),
    Column("receiver_id", Id),
    ForeignKeyConstraint(["pairing_id", "author_id"], ["seat.pairing_id", "seat.member_id"]),
    sqlite_autoincrement=True,
)
