"""Use cases on status: a coordinator's overview, a member's place in the cycle, the ledger."""

from __future__ import annotations

from collections import Counter

from bot.message import Message
from bot.model import CheckInState, CommandName, Cycle, CycleState, Delivery, DeliveryState, Role
from bot.rules import privacy
from bot.say import basics
from bot.say import cycles as say_cycles
from bot.use_cases import cycles, digests
from bot.use_cases.people import require_role
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availability, read_schools_by_id


async def show(request: Request) -> Message:
    """Return the overview of the cycle for a coordinator, or the member's own place in it."""
    is_coordinator = request.member.has(Role.COORDINATOR)
    cycle = await _find_shown_cycle(request)
    if cycle is None:
        start = (
            (basics.runs(request.voice, "button.start", CommandName.START, primary=True),)
            if is_coordinator
            else ()
        )
        return basics.plain(request.voice, "status.none", *start)
    if not is_coordinator:
        return await _show_member_status(request, cycle)
    if cycle.state is CycleState.DRAFT:
        return await cycles.show_draft(request, cycle)
    return await _show_overview(request, cycle)


async def _find_shown_cycle(request: Request) -> Cycle | None:
    """Return the newest cycle; for all but coordinators, the newest to which anybody was invited."""
    tx, member = request.tx, request.member
    if member.has(Role.COORDINATOR):
        return await tx.cycles.last(member.partnership_id)
    for cycle in await tx.cycles.all_of(member.partnership_id):
        if cycle.state is not CycleState.DRAFT and await tx.cycles.was_opened(cycle.id):
            return cycle
    return None


async def _show_overview(request: Request, cycle: Cycle) -> Message:
    """Return the counts of the cycle for a coordinator."""
    tx = request.tx
    deliveries = await tx.deliveries.of_cycle(cycle.id)
    stuck = Counter(each.reason for each in deliveries if _is_stuck(each) and not _tells_of_answers(each))
    resting = await tx.workspaces.resting(cycle.partnership_id)
    schools = await read_schools_by_id(tx, cycle.partnership_id) if resting else {}
    state = say_cycles.CycleNumbers(
        enrolled=Counter(each.state for each in await tx.cycles.enrolments(cycle.id)),
        pairings=len(await tx.pairings.of_cycle(cycle.id)),
        newest=await digests.read_newest(tx, cycle),
        undelivered=sorted(stuck.items()),
        resting=sorted(schools[each].name for each in resting),
    )
    return say_cycles.coordinator_status(request.voice, cycle, await cycles.read_pack(tx, cycle), state)


async def _show_member_status(request: Request, cycle: Cycle) -> Message:
    """Return the member's partners, open check-ins and next ask."""
    tx, voice, member, now = request.tx, request.voice, request.member, request.now
    enrolment = await tx.cycles.enrolment(cycle.id, member.id)
    pairing = await tx.pairings.of_member(cycle.id, member.id)
    pack = await cycles.read_pack(tx, cycle)
    schools = await read_schools_by_id(tx, cycle.partnership_id)
    partners = await tx.members.many(pairing.partners_of(member.id) if pairing else ())
    school_names = {seat.member_id: schools[seat.school_id].name for seat in pairing.seats} if pairing else {}
    availability = await read_availability(tx, member)
    open_check_ins = [
        each for each in await tx.check_ins.open_for(member.id, now) if each.state is CheckInState.OPEN
    ]
    next_check_in = await tx.deliveries.next_for(member.id)
    status = say_cycles.MemberStatus(
        enrolment=enrolment.state if enrolment else None,
        partners=[
            voice.text("person.at", name=each.name, school=school_names[each.id])
            for each in partners.values()
        ],
        given_names=[each.given_name for each in partners.values()],
        pairing_id=pairing.id if pairing else None,
        open_titles=[
            (each.id, pack.step(each.step).words(voice.language).form, availability.local(each.closes_at))
            for each in open_check_ins
        ],
        next_ask=availability.local(next_check_in.due_at) if next_check_in else None,
        paused_until=member.paused_until
        if member.paused_until and member.paused_until > availability.local_day(now)
        else None,
    )
    return say_cycles.member_status(voice, cycle, status, availability.local_day(now))


async def show_ledger(request: Request) -> Message:
    """Return what was sent, what was not, and why."""
    require_role(request, Role.COORDINATOR)
    tx = request.tx
    cycle = await tx.cycles.last(request.member.partnership_id)
    deliveries = await tx.deliveries.of_cycle(cycle.id) if cycle else ()
    stuck = [each for each in deliveries if _is_stuck(each)][:10]
    names = await tx.members.many({each.member_id for each in stuck})
    return say_cycles.ledger(
        request.voice,
        [each for each in deliveries if not _tells_of_answers(each)],
        [
            (names[each.member_id].name, "" if _tells_of_answers(each) else each.kind.value, each.reason)
            for each in stuck
        ],
    )


def _tells_of_answers(delivery: Delivery) -> bool:
    """Return whether the delivery's fate tells what somebody answered; such ones are not counted."""
    return delivery.kind in privacy.TELLS_OF_ANSWERS


def _is_stuck(delivery: Delivery) -> bool:
    """Return whether a delivery should have arrived and has not.

    A queued one with a reason waits for its member to connect.
    """
    unsent = delivery.state in (DeliveryState.FAILED, DeliveryState.UNCERTAIN)
    return unsent or (delivery.state is DeliveryState.QUEUED and bool(delivery.reason))
