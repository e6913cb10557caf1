"""The place of a member in their partnership's work: the facts that answer most of what people ask."""

from __future__ import annotations

from collections.abc import Mapping

from bot.model import Cycle, CycleState, Enrolment, EnrolmentState, Member, Pairing, PairingState, Role
from bot.ports import Tx
from bot.say.places import MemberPlace, Place
from bot.use_cases.request import Request


async def read_place(request: Request) -> MemberPlace:
    """Read where the member stands: the cycle, the partners, the school and the coordinator."""
    tx, member = request.tx, request.member
    cycle = await tx.cycles.last(member.partnership_id)
    enrolment = await tx.cycles.enrolment(cycle.id, member.id) if cycle else None
    pairing = await tx.pairings.of_member(cycle.id, member.id) if cycle else None
    partners = await tx.members.many(pairing.partners_of(member.id) if pairing else ())
    active = tuple(each for each in partners.values() if each.active)
    schools = await _read_schools(tx, pairing, active)
    others = [each for each in await read_coordinators(request) if each.id != member.id]
    return MemberPlace(
        place=await _find_place(request, cycle, enrolment, pairing if active else None),
        cycle=cycle,
        school=await tx.schools.get(member.home_school_id),
        pairing_id=pairing.id if pairing and active else None,
        partners=active,
        partner_schools=tuple(schools[each.id] for each in active),
        coordinator=others[0].name if others else "",
    )


async def read_coordinators(request: Request) -> list[Member]:
    """Return the other coordinators of the partnership; the member alone, if there is no other."""
    everybody = await request.tx.members.of(request.member.partnership_id)
    found = [each for each in everybody if each.has(Role.COORDINATOR)]
    return [each for each in found if each.id != request.member.id] or found


async def _read_schools(tx: Tx, pairing: Pairing | None, partners: tuple[Member, ...]) -> Mapping[int, str]:
    """Return the names of the schools for which the partners take part, by member id."""
    if pairing is None:
        return {}
    wanted = {each.id for each in partners}
    seats = [seat for seat in pairing.seats if seat.member_id in wanted]
    return {seat.member_id: (await tx.schools.get(seat.school_id)).name for seat in seats}


async def _find_place(
    request: Request, cycle: Cycle | None, enrolment: Enrolment | None, pairing: Pairing | None
) -> Place:
    member = request.member
    if cycle is None or enrolment is None or cycle.state is CycleState.DRAFT:
        if member.has(Role.COORDINATOR):
            return Place.COORDINATOR
        return Place.PRINCIPAL if member.has(Role.PRINCIPAL) else Place.NOWHERE
    if cycle.state is CycleState.CLOSED:
        return Place.CLOSED
    if enrolment.state is EnrolmentState.INVITED:
        return Place.INVITED
    if enrolment.state is not EnrolmentState.ACCEPTED:
        return Place.NOWHERE
    if pairing is None or pairing.state is not PairingState.LIVE:
        return Place.JOINED
    answered = await request.tx.check_ins.answers_of(cycle.id, member.id)
    return Place.RUNNING if answered else Place.MATCHED
