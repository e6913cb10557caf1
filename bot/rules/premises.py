"""The premises of a pairing: what must hold of its members when it is confirmed, and after every roster import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations

from bot.model import Member, Post, Role, Seat


class Premise(StrEnum):
    """A premise that no longer holds; `roster.premise-<name>` is its sentence."""

    ACTIVE = "active"
    TEACHER = "teacher"
    NOT_LED = "not-led"
    """Nobody leads a school for which a partner takes part: partners are equals, and principals read no words."""
    SCHOOLS = "schools"


@dataclass(frozen=True, slots=True)
class BrokenPremise:
    """A premise that no longer holds, and the members who must leave the pairing for it."""

    premise: Premise
    member_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EndedPairing:
    """A pairing that ended, with the names of all its members and of those for whom it ended."""

    names: tuple[str, ...]
    premise: Premise
    causes: tuple[str, ...]


def may_take_part(member: Member) -> bool:
    """Return whether somebody who has accepted can have a partner: an active teacher."""
    return member.active and member.has(Role.TEACHER)


def school_of(member: Member, seat: Seat) -> int:
    """Return the school at which a member teaches now: that of the seat, or another where they have moved."""
    taught = [post.school_id for post in member.posts if post.role is Role.TEACHER]
    return seat.school_id if seat.school_id in taught or not taught else taught[0]


def find_broken(seats: Iterable[Seat], members: Mapping[int, Member]) -> BrokenPremise | None:
    """Return the first premise of these seats that no longer holds, or None."""
    seated = [(members[seat.member_id], seat) for seat in seats]
    if gone := [member.id for member, _ in seated if not member.active]:
        return BrokenPremise(Premise.ACTIVE, tuple(gone))
    if changed := [member.id for member, _ in seated if not may_take_part(member)]:
        return BrokenPremise(Premise.TEACHER, tuple(changed))
    schools = {member.id: school_of(member, seat) for member, seat in seated}
    leading = {
        leader.id
        for (leader, _), (other, _) in permutations(seated, 2)
        if Post(Role.PRINCIPAL, schools[other.id]) in leader.posts
    }
    if leading:
        return BrokenPremise(Premise.NOT_LED, tuple(sorted(leading)))
    if len(set(schools.values())) < 2:
        return BrokenPremise(Premise.SCHOOLS, tuple(schools))
    return None
