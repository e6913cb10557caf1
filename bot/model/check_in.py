"""Check-ins, answers, challenges and notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Share(StrEnum):
    """The readers of an answer: set by the pack's step, and told before anybody types."""

    ME = "me"
    PARTNER = "partner"
    POOL = "pool"


class CheckInState(StrEnum):
    """The state of a check-in; until `closes_at` it may be answered in any state but planned."""

    PLANNED = "planned"
    OPEN = "open"
    ANSWERED = "answered"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """A step as it is put to one member."""

    id: int
    cycle_id: int
    member_id: int
    pairing_id: int | None
    step: str
    due_at: datetime
    closes_at: datetime
    state: CheckInState = CheckInState.PLANNED
    asking: str | None = None
    """The key of the question that the next plain text answers."""
    suggested_at: datetime | None = None
    """The time at which the bot suggested another wording, which it does once."""
    held_until: datetime | None = None
    """Until then nobody else reads the answers, because some of them were typed in the chat; None: not held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A member's reply to one question of a check-in, which they may change or take back until it closes."""

    check_in_id: int
    question: str
    text: str
    """By the question's kind: text, an option's key, keys joined by `;`, a number, an ISO date or time."""
    share: Share
    language: str
    given_at: datetime
    edited_at: datetime | None = None
    message: str | None = None
    """The platform's reference to the chat message in which it was typed; None for an answer given in a form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """Evidence, a question and a suggestion from one partner to another, who reads them once they are released."""

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
    """A text that a member asked the bot to carry to their partners; it is empty once it was taken back."""

    id: int
    pairing_id: int
    author_id: int | None
    text: str
    sent_at: datetime
    message: str | None = None
    """As `Answer.message`."""
    receiver_id: int | None = None
    """The one partner for whom it is; None: all partners."""
