"""Deliveries: the messages that the bot owes, their kinds and states, and the lanes that set their pace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from bot.model.account import AddressClaim, LinkRequest
from bot.model.check_in import Challenge, CheckIn, Note
from bot.model.cycle import Cycle, Pairing
from bot.model.people import Member, School


class DeliveryKind(StrEnum):
    """The kind of message that is owed.

    A new kind needs a migration that calls `allow_kinds` of `storage/migration_helpers.py`.
    """

    INVITATION = "invitation"
    MATCH = "match"
    CHANGED_MATCH = "changed_match"
    ALONE = "alone"
    """Tells a member that no partner could be found."""
    REMOVED = "removed"
    """Tells a member that a coordinator took them out of the cycle."""
    FIRST_DAY = "first_day"
    """Tells a member who has joined that the cycle begins on another day, which begins the `occurrence`."""
    CHECK_IN = "check_in"
    REMINDER = "reminder"
    AGAIN = "again"
    """Repeats a check-in whose owner asked for it "in an hour"."""
    SHARED_ANSWER = "shared_answer"
    """Brings a member's answers to the partner."""
    POOL = "pool"
    """Brings what others shared in a step to a member who shared something too."""
    CHALLENGE = "challenge"
    """Brings the challenges that were given to the owner of a check-in."""
    CHALLENGE_REPLY = "challenge_reply"
    """Brings the reply to the giver of a challenge."""
    NOTE = "note"
    NUDGE = "nudge"
    """Reminds a member of a check-in because the partner asked for it."""
    TOGETHER = "together"
    """Opens one chat for all members of a pairing who share a workspace."""
    REQUEST = "request"
    """Asks a coordinator to get in touch with a member; `occurrence` begins with what it is about."""
    NEW_ADDRESS = "new_address"
    """Asks a member, at the address where they are known, whether a new one is theirs, too, or tells of it."""
    LINK_REQUEST = "link_request"
    """Asks the leaders of a connected school whether another workspace may be linked to it."""
    WORKSPACE_RESTS = "workspace_rests"
    """Tells a coordinator that a school's workspace takes no messages for a time."""
    DIGEST = "digest"
    CYCLE_END = "cycle_end"
    """Asks a coordinator to close a cycle whose last day has passed."""
    CLOSED = "closed"
    """Thanks a member when their cycle is closed."""


class WordsOf(StrEnum):
    """The people who wrote what a kind of message brings. They can change it, take it back, or be forgotten."""

    NOBODY = "nobody"
    """The message is the bot's own sentences."""
    OWNER = "owner"
    """The owner of the check-in that is the subject: their answers."""
    STEP = "step"
    """Everybody who shared something with the pool in the step of the check-in that is the subject."""
    GIVER = "giver"
    """Whoever gave the challenge that the owner of the subject, a check-in, receives."""
    RECEIVER = "receiver"
    """Whoever replied to the challenge that is the subject."""
    AUTHOR = "author"
    """The author of the note that is the subject."""
    CONSENTING = "consenting"
    """Anybody in the cycle who lets principals read an answer; the subject is a school."""


@dataclass(frozen=True, slots=True)
class DeliveryTraits:
    """The facts that are the same for all deliveries of one kind."""

    subject: type
    """The class of the row that `Delivery.subject_id` refers to."""
    words: WordsOf
    """Whose words the message brings: it is made from them, and updated when they change or go."""
    asks: bool = False
    """The message asks for something: a member gets at most one of these a day."""


KINDS: Mapping[DeliveryKind, DeliveryTraits] = MappingProxyType(
    {
        DeliveryKind.INVITATION: DeliveryTraits(Cycle, WordsOf.NOBODY, asks=True),
        DeliveryKind.MATCH: DeliveryTraits(Pairing, WordsOf.NOBODY),
        DeliveryKind.CHANGED_MATCH: DeliveryTraits(Pairing, WordsOf.NOBODY),
        DeliveryKind.ALONE: DeliveryTraits(Cycle, WordsOf.NOBODY),
        DeliveryKind.REMOVED: DeliveryTraits(Cycle, WordsOf.NOBODY),
        DeliveryKind.FIRST_DAY: DeliveryTraits(Cycle, WordsOf.NOBODY),
        DeliveryKind.CHECK_IN: DeliveryTraits(CheckIn, WordsOf.NOBODY, asks=True),
        DeliveryKind.REMINDER: DeliveryTraits(CheckIn, WordsOf.NOBODY, asks=True),
        DeliveryKind.AGAIN: DeliveryTraits(CheckIn, WordsOf.NOBODY),
        DeliveryKind.SHARED_ANSWER: DeliveryTraits(CheckIn, WordsOf.OWNER),
        DeliveryKind.POOL: DeliveryTraits(CheckIn, WordsOf.STEP),
        DeliveryKind.CHALLENGE: DeliveryTraits(CheckIn, WordsOf.GIVER),
        DeliveryKind.CHALLENGE_REPLY: DeliveryTraits(Challenge, WordsOf.RECEIVER),
        DeliveryKind.NOTE: DeliveryTraits(Note, WordsOf.AUTHOR),
        DeliveryKind.NUDGE: DeliveryTraits(CheckIn, WordsOf.NOBODY, asks=True),
        DeliveryKind.TOGETHER: DeliveryTraits(Pairing, WordsOf.NOBODY),
        DeliveryKind.REQUEST: DeliveryTraits(Member, WordsOf.NOBODY),
        DeliveryKind.NEW_ADDRESS: DeliveryTraits(AddressClaim, WordsOf.NOBODY),
        DeliveryKind.LINK_REQUEST: DeliveryTraits(LinkRequest, WordsOf.NOBODY),
        DeliveryKind.WORKSPACE_RESTS: DeliveryTraits(School, WordsOf.NOBODY),
        DeliveryKind.DIGEST: DeliveryTraits(School, WordsOf.CONSENTING),
        DeliveryKind.CYCLE_END: DeliveryTraits(Cycle, WordsOf.NOBODY),
        DeliveryKind.CLOSED: DeliveryTraits(Cycle, WordsOf.NOBODY),
    }
)
ASKS = frozenset(kind for kind in DeliveryKind if KINDS[kind].asks)
FROM_PARTNERS = frozenset(
    kind
    for kind in DeliveryKind
    if KINDS[kind].words in (WordsOf.OWNER, WordsOf.GIVER, WordsOf.RECEIVER, WordsOf.AUTHOR)
)
"""The kinds that bring what a partner wrote."""
CARRIES_WORDS = frozenset(kind for kind in DeliveryKind if KINDS[kind].words is not WordsOf.NOBODY)
"""The kinds that bring what somebody else wrote. They are never pruned: their author can change or erase it later."""


class DeliveryState(StrEnum):
    """queued → sending → sent | failed | dropped, or `uncertain` while it is not known whether it arrived."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message owed to a member at a time; its text is composed when it is sent."""

    id: int
    partnership_id: int
    cycle_id: int | None
    member_id: int
    kind: DeliveryKind
    subject_id: int
    occurrence: str = ""
    """Distinguishes several about one subject: a digest's week, the time of an `again`, a challenge's pairing."""
    due_at: datetime
    expires_at: datetime | None = None
    state: DeliveryState = DeliveryState.QUEUED
    reason: str = ""
    """Why it waits, failed or was dropped: a key of the content, never anything that a person wrote."""
    attempts: int = 0
    ref: str = ""
    """The platform's reference to the sent message, by which it can be updated."""
    settled_at: datetime | None = None
    """When it was sent, failed or was dropped; for an uncertain delivery, when it was tried."""
    perhaps_twice: bool = False
    """It was sent again on a platform that cannot say whether the first try arrived."""
    lease: str = field(default="", compare=False)
    """The token of the worker that sends it or asks about it: only the holder may settle it."""

    @property
    def dedupe_key(self) -> str:
        """The unique key that stops the same message from being owed twice."""
        return f"{self.kind}:{self.subject_id}:{self.member_id}:{self.occurrence}"


@dataclass(frozen=True, slots=True)
class Limit:
    """A workspace's rate limit: one message per `gap` on average, and up to `burst` at once."""

    gap: timedelta
    burst: int = 1


@dataclass(frozen=True, slots=True)
class LaneFilter:
    """A choice of lanes: those of one platform, or of all but some platforms, without some workspaces."""

    platform: str = ""
    except_platforms: frozenset[str] = frozenset()
    except_workspaces: frozenset[str] = frozenset()
    """Workspaces of `platform`."""


ALL_LANES = LaneFilter()
NO_LIMIT = Limit(gap=timedelta())
