"""A run of joint practice development: its state, who is in it, who meets whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class CycleState(StrEnum):
    """draft → inviting → matched (a preview) → running → closed; `paused` on the way, and back to running."""

    DRAFT = "draft"
    INVITING = "inviting"
    MATCHED = "matched"
    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One run of joint practice development in a partnership, on the pack version it began with."""

    id: int
    partnership_id: int
    name: str
    goal: str
    """What every partner's children should gain, in the coordinator's words."""
    pack_id: str
    pack_version: str
    state: CycleState
    starts_on: date
    """The first day on which a step may fall."""
    group_size: int = 2
    started_by: int | None = None
    created_at: datetime
    confirmed_at: datetime | None = None
    closed_at: datetime | None = None


class EnrolmentState(StrEnum):
    """What became of an invitation; silence stays `invited`, and is fine."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A member in a cycle, for one school."""

    cycle_id: int
    member_id: int
    school_id: int
    state: EnrolmentState = EnrolmentState.INVITED
    invited_at: datetime
    answered_at: datetime | None = None
    asked_for_another: bool = False
    """Each teacher may decline a partner once a cycle."""
    in_cohort: bool = False
    """Whether they were in when the cycle was confirmed: the locked base of every published figure."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A member's place in a pairing, and the school they sit there for."""

    member_id: int
    school_id: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of why people were matched: a key of the content and the facts it names; never a number about a person.

    Keys: `offer` (giver, taker, practice), `both-need` (practice), `subject` (subject), `phase` (phase),
    `slot` (slot), `new-tie` and `different-schools` (school_a, school_b). Member and school ids travel as text.
    """

    key: str
    facts: tuple[tuple[str, str], ...] = ()

    def fact(self, name: str) -> str:
        """The fact of that name, or an empty text."""
        return dict(self.facts).get(name, "")


class PairingState(StrEnum):
    """A proposal becomes live when the coordinator confirms."""

    PROPOSED = "proposed"
    LIVE = "live"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Two (or three) members from different schools; the first two seats never share a school."""

    id: int
    cycle_id: int
    number: int
    """What coordinators call it: 1, 2, 3 … within the cycle."""
    state: PairingState
    seats: tuple[Seat, ...]
    reasons: tuple[Reason, ...] = ()
    created_at: datetime
    ended_at: datetime | None = None

    @property
    def member_ids(self) -> tuple[int, ...]:
        """Who sits here, in order of the seats."""
        return tuple(seat.member_id for seat in self.seats)

    def partners_of(self, member_id: int) -> tuple[int, ...]:
        """Everybody but this member."""
        return tuple(each for each in self.member_ids if each != member_id)

    def receiver_from(self, member_id: int) -> int:
        """Whom this member challenges: the next seat, so that in a three everybody gives one and gets one."""
        seats = self.member_ids
        return seats[(seats.index(member_id) + 1) % len(seats)]
