"""What is asked and what is said: check-ins, answers, challenges, notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Share(StrEnum):
    """Who reads an answer, set by the pack's step and said before anyone types."""

    ME = "me"
    PARTNER = "partner"
    POOL = "pool"


class CheckInState(StrEnum):
    """Where one ask stands; whether it may still be answered is decided by `closes_at`."""

    PLANNED = "planned"
    OPEN = "open"
    ANSWERED = "answered"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """A step put to one member."""

    id: int
    cycle_id: int
    member_id: int
    pairing_id: int | None
    step: str
    due_at: datetime
    closes_at: datetime
    state: CheckInState = CheckInState.PLANNED
    asking: str | None = None
    """The question that the next plain reply answers."""
    suggested_at: datetime | None = None
    """When the one gentle suggestion about wording was made: there is never a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a member said to one question of a check-in; theirs to change and take back until it closes."""

    check_in_id: int
    question: str
    text: str
    """Words, or a choice's key, or keys joined by `;`, a number, an ISO date or time: by the question's kind."""
    share: Share
    language: str
    given_at: datetime
    edited_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """Evidence, a question and something to try, from one partner to another; unseen until released."""

    id: int
    check_in_id: int
    pairing_id: int
    giver_id: int | None
    receiver_id: int | None
    evidence: str
    question: str
    suggestion: str
    given_at: datetime
    released_at: datetime | None = None
    reply: str = ""
    next_step: str = ""
    next_step_on: date | None = None
    replied_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Words one partner asked the bot to carry to the others."""

    id: int
    pairing_id: int
    author_id: int | None
    text: str
    sent_at: datetime
