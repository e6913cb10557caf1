"""Deliveries, lanes, published digests and handled events."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
)

from bot.model import DeliveryKind, DeliveryState
from storage.tables.base import Id, Json, UTCDateTime, index_where, metadata, one_of

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("partnership_id", ForeignKey("partnership.id"), nullable=False, index=True),
    Column("cycle_id", ForeignKey("cycle.id")),
    Column("member_id", ForeignKey("member.id"), nullable=False, index=True),
    Column("kind", one_of(DeliveryKind), nullable=False),
    Column("subject_id", Id, nullable=False),  # the table is `KINDS[kind].subject`
    Column("occurrence", String(64), nullable=False),
    Column("dedupe_key", String(160), nullable=False, unique=True),
    Column("due_at", UTCDateTime, nullable=False),
    Column("expires_at", UTCDateTime),
    Column("state", one_of(DeliveryState), nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("ref", Text, nullable=False),
    Column("settled_at", UTCDateTime),
    Column("perhaps_twice", Boolean, nullable=False, server_default=false()),
    # A change decided while the message is being sent: `CHANGED`, or the reason of a drop; `settle` applies it.
    Column("meanwhile", String(32), nullable=False, server_default=""),
    Column("lease_until", UTCDateTime),
    Column("lease", String(32), nullable=False, server_default=""),
    Column("lane", String(300)),
    CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="sending_on_a_lease"),
    CheckConstraint(
        "state NOT IN ('sent', 'failed', 'dropped') OR settled_at IS NOT NULL", name="settled_at_a_moment"
    ),
    CheckConstraint("attempts >= 0", name="attempts"),
    # A statement that changes the state of a queued row must take it out of its lane too.
    CheckConstraint("lane IS NULL OR state = 'queued'", name="queued_in_a_lane"),
    Index(None, "subject_id", "kind"),
    # By kind, so that pruning does not read again the rows that it keeps.
    Index(None, "cycle_id", "kind"),
    sqlite_autoincrement=True,
)
index_where("ix_delivery_queued", "state = 'queued'", delivery.c.due_at)
index_where("ix_delivery_sending", "state = 'sending'", delivery.c.lease_until)
index_where("ix_delivery_uncertain", "state = 'uncertain'", delivery.c.id)
index_where("ix_delivery_unlined", "state = 'queued' AND lane IS NULL", delivery.c.due_at, delivery.c.id)
index_where(
    "ix_delivery_lined_up",
    "state = 'queued' AND lane IS NOT NULL",
    delivery.c.lane,
    delivery.c.due_at,
    delivery.c.id,
)

# One lane for each workspace: see storage/queries/lanes.py.
lane = Table(
    "lane",
    metadata,
    Column("name", String(300), primary_key=True),
    # The rate limit: one message every `gap_ms` milliseconds on average, and at most `burst` at once.
    Column("gap_ms", Integer, nullable=False),
    Column("burst", Integer, nullable=False),
    # Theoretical arrival time: the messages already sent use up the limit until then.
    Column("tat", UTCDateTime, nullable=False),
    # The time of the next look at the lane; NULL while nothing waits in it.
    Column("ready_at", UTCDateTime),
    CheckConstraint("gap_ms >= 0 AND burst >= 1", name="a_pace"),
)
index_where("ix_lane_awake", "ready_at IS NOT NULL", lane.c.ready_at)

# Figures hold numbers and keys, nothing that a person wrote, so they are kept when a member is erased.
digest = Table(
    "digest",
    metadata,
    Column("cycle_id", ForeignKey("cycle.id"), primary_key=True),
    Column("school_id", ForeignKey("school.id"), primary_key=True),
    Column("week", Date, primary_key=True),
    Column("figures", Json, nullable=False),
)

event_seen = Table(
    "event_seen",
    metadata,
    Column("platform", String(32), primary_key=True),
    Column("workspace", String(255), primary_key=True),
    Column("event_id", String(255), primary_key=True),
    Column("at", UTCDateTime, nullable=False, index=True),
)
