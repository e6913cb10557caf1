"""Cycles, enrolments and pairings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class CycleState(StrEnum):
    """The state of a cycle: draft → inviting → matched (a preview) → running → closed; running ↔ paused."""

    DRAFT = "draft"
    INVITING = "inviting"
    MATCHED = "matched"
    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One run of joint practice development in a partnership, with the pack's files as they were when it was made."""

    id: int
    partnership_id: int
    name: str
    goal: str
    """The gain for pupils that the cycle is for, as the coordinator wrote it."""
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
    """The state of an enrolment; who does not answer stays invited."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A member's part in a cycle, for one school."""

    cycle_id: int
    member_id: int
    school_id: int
    state: EnrolmentState = EnrolmentState.INVITED
    invited_at: datetime
    answered_at: datetime | None = None
    asked_for_another: bool = False
    """True once the member has asked for another partner, which is possible once a cycle."""
    in_cohort: bool = False
    """True if the member had accepted when the cycle was confirmed: figures are about these people only."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A member in a pairing, and the school for which they take part."""

    member_id: int
    school_id: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why people were paired: a key of the content with its facts; never a number about a person.

    Keys: `offer` (giver, taker, practice), `both-need` (practice), `subject` (subject), `phase` (phase),
    `slot` (slot), `new-tie` and `different-schools` (school_a, school_b). Member and school ids are written as text.
    """

    key: str
    facts: tuple[tuple[str, str], ...] = ()

    def fact(self, name: str) -> str:
        """Return the fact of that name, or an empty text."""
        return dict(self.facts).get(name, "")


class PairingState(StrEnum):
    """The state of a pairing: a proposed one becomes live when the coordinator confirms."""

    PROPOSED = "proposed"
    LIVE = "live"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Two or three members who work together; the first two are always of different schools."""

    id: int
    cycle_id: int
    number: int
    """The number by which coordinators name it, from 1 within the cycle."""
    state: PairingState
    seats: tuple[Seat, ...]
    reasons: tuple[Reason, ...] = ()
    created_at: datetime
    ended_at: datetime | None = None

    @property
    def member_ids(self) -> tuple[int, ...]:
        """The members, in order of the seats."""
        return tuple(seat.member_id for seat in self.seats)

    def partners_of(self, member_id: int) -> tuple[int, ...]:
        """Return all members but this one."""
        return tuple(each for each in self.member_ids if each != member_id)

    def receiver_from(self, member_id: int) -> int:
        """Return whom a member challenges: the next seat, so that in a trio everybody gives and receives one."""
        seats = self.member_ids
        return seats[(seats.index(member_id) + 1) % len(seats)]
