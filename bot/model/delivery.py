"""What we owe, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class DeliveryKind(StrEnum):
    """What is owed; `subject_id` of the delivery points at the row it is about."""

    INVITATION = "invitation"  # a cycle
    MATCH = "match"  # a pairing
    CHANGED_MATCH = "changed_match"  # a pairing
    ALONE = "alone"  # a cycle: nobody could be found, said kindly
    CHECK_IN = "check_in"  # a check-in
    REMINDER = "reminder"  # a check-in
    AGAIN = "again"  # a check-in, asked again because its owner said "in an hour"
    SHARED_ANSWER = "shared_answer"  # a check-in, for the partner
    POOL = "pool"  # a check-in, for its owner: what others said
    CHALLENGE = "challenge"  # a check-in of the receiver: what they were given
    CHALLENGE_REPLY = "challenge_reply"  # a challenge, for its giver
    NOTE = "note"  # a note
    NUDGE = "nudge"  # a pairing
    TOGETHER = "together"  # a pairing: one chat of all its people, where they share a workspace
    DIGEST = "digest"  # a school
    CYCLE_END = "cycle_end"  # a cycle, for its coordinators
    CLOSED = "closed"  # a cycle, for everybody in it


ASKS = frozenset(
    {DeliveryKind.INVITATION, DeliveryKind.CHECK_IN, DeliveryKind.REMINDER, DeliveryKind.NUDGE},
)
"""Deliveries that ask for something: at most one a day reaches a person."""

CARRIES_WORDS = frozenset(
    {
        DeliveryKind.SHARED_ANSWER,
        DeliveryKind.CHALLENGE,
        DeliveryKind.CHALLENGE_REPLY,
        DeliveryKind.NOTE,
        DeliveryKind.DIGEST,
    }
)
"""Deliveries that bring what somebody else wrote: its author can take it back where it stands, however late."""


class DeliveryState(StrEnum):
    """queued → sending → sent | failed | dropped; `uncertain`: sent or not, nobody knows yet."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message owed to a member at a time; its words are made at the moment of sending."""

    id: int
    partnership_id: int
    cycle_id: int | None
    member_id: int
    kind: DeliveryKind
    subject_id: int
    occurrence: str = ""
    """Which of several: a digest's week as an ISO date, an `again`'s moment, a challenge's pairing."""
    due_at: datetime
    expires_at: datetime | None = None
    state: DeliveryState = DeliveryState.QUEUED
    reason: str = ""
    """Why it failed or was dropped: a key of the content, never anybody's words."""
    attempts: int = 0
    ref: str = ""
    """Where it stands on the platform, once sent: an update goes there."""
    settled_at: datetime | None = None
    """When it came to its end; of an uncertain one, when it was tried."""
    perhaps_twice: bool = False
    """It was sent again where nobody could be asked whether it had arrived."""
    lease: str = field(default="", compare=False)
    """Whose it is while it is being sent or asked about: only who holds the lease may settle it."""

    @property
    def dedupe_key(self) -> str:
        """What, for whom, which occurrence: planning twice cannot owe twice."""
        return f"{self.kind}:{self.subject_id}:{self.member_id}:{self.occurrence}"


@dataclass(frozen=True, slots=True)
class Limit:
    """How fast a workspace takes messages: one a gap in the long run, and as many as the burst at once."""

    gap: timedelta
    burst: int = 1


@dataclass(frozen=True, slots=True)
class LaneFilter:
    """Which lanes: of one platform, or (without one) of all but some; none of workspaces that are busy."""

    platform: str = ""
    except_platforms: frozenset[str] = frozenset()
    busy: frozenset[str] = frozenset()


ALL_LANES = LaneFilter()
NO_LIMIT = Limit(gap=timedelta())
