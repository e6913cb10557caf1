"""Participants of a cycle, as the pairing engine and the texts see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from bot.model import Cycle, Member, Pairing, Post, Role, Seat
from bot.pairing import Person, quality
from bot.ports import NewPairing, Tx
from bot.rules import premises
from bot.say import pairings as say_pairings
from bot.use_cases import cycles
from bot.use_cases.schools import read_schools_by_id


async def read_participants(tx: Tx, cycle: Cycle) -> list[Person]:
    """Return the members who have accepted and can have a partner, as the pairing engine needs them.

    Who has moved to another school during a cycle keeps a partner there is, and gets no new one: the seats and figures
    of the cycle name the school for which they were invited.
    """
    enrolments = {each.member_id: each for each in await tx.cycles.enrolments(cycle.id)}
    members = await tx.members.many(cycles.get_accepted_ids(tuple(enrolments.values())))
    profiles = await tx.members.profiles(list(members))
    addresses = await tx.members.current_addresses(list(members))
    schools = await read_schools_by_id(tx, cycle.partnership_id)
    participants = []
    for member in members.values():
        school = schools[enrolments[member.id].school_id]
        if premises.may_take_part(member) and Post(Role.TEACHER, school.id) in member.posts:
            address = addresses.get(member.id)
            participants.append(
                Person(
                    id=member.id,
                    school_id=school.id,
                    profile=profiles[member.id],
                    languages=(member.language,),
                    platform=address.platform if address else "",
                    time_zone=school.time_zone,
                )
            )
    return participants


async def has_moved(tx: Tx, cycle: Cycle, member: Member) -> bool:
    """Return whether the member no longer teaches at the school for which they were invited."""
    enrolment = await tx.cycles.enrolment(cycle.id, member.id)
    return enrolment is not None and Post(Role.TEACHER, enrolment.school_id) not in member.posts


async def read_blocked(tx: Tx, cycle: Cycle, joined: Sequence[Person]) -> frozenset[frozenset[int]]:
    """Return the pairs that must never be, whatever school somebody takes part for.

    They are those that were blocked, a principal with a teacher of their school, and colleagues of a second school.
    """
    members = await tx.members.many([each.id for each in joined])
    of_school: defaultdict[int, list[int]] = defaultdict(list)
    for each in joined:
        of_school[each.school_id].append(each.id)
    close = {
        frozenset((each.id, other_id))
        for each in joined
        for post in members[each.id].posts
        if post.role is Role.PRINCIPAL or (post.role is Role.TEACHER and post.school_id != each.school_id)
        for other_id in of_school[post.school_id]
        if other_id != each.id
    }
    return await tx.members.blocked(cycle.partnership_id) | close


async def read_shown(
    tx: Tx, cycle: Cycle, pairings: Sequence[Pairing]
) -> list[say_pairings.PairingWithMembers]:
    """Return the pairings with the members and schools that their texts name."""
    members = await tx.members.many({each for pairing in pairings for each in pairing.member_ids})
    schools = await read_schools_by_id(tx, cycle.partnership_id)
    return [say_pairings.PairingWithMembers(pairing, members, schools) for pairing in pairings]


def find_pairing_of(pairings: Sequence[Pairing], member_id: int) -> Pairing | None:
    """Return the pairing of this member, or None."""
    return next((each for each in pairings if member_id in each.member_ids), None)


def form_pairing(group: Sequence[Person], blocked: frozenset[frozenset[int]]) -> NewPairing | None:
    """Return a pairing of these people with its reasons, or None if the rules forbid it.

    The first two members are of different schools.
    """
    pairs = [(a, b) for index, a in enumerate(group) for b in group[index + 1 :]]
    if any(frozenset((a.id, b.id)) in blocked for a, b in pairs):
        return None
    first_two = next(((a, b) for a, b in pairs if a.school_id != b.school_id), None)
    if first_two is None or (len(group) == 2 and group[0].school_id == group[1].school_id):
        return None
    ordered = [*first_two, *(each for each in group if each not in first_two)]
    return NewPairing(tuple(Seat(each.id, each.school_id) for each in ordered), quality.reasons(ordered))
