"""Use cases on enrolments: invite the teachers, accept, decline."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from bot.errors import UserError
from bot.message import Message
from bot.model import (
    CommandName,
    Cycle,
    CycleState,
    DeliveryKind,
    Enrolment,
    EnrolmentState,
    Member,
    Role,
)
from bot.say import basics
from bot.say import cycles as say_cycles
from bot.use_cases import cycles
from bot.use_cases.owing import owe
from bot.use_cases.people import require_role
from bot.use_cases.request import Request


async def get_inviting_cycle(request: Request) -> Cycle:
    """Return the cycle to which this coordinator may invite now; raise `UserError` without one."""
    require_role(request, Role.COORDINATOR)
    return await cycles.get_current(request, CycleState.DRAFT, CycleState.INVITING)


async def invite(request: Request, among: Collection[Member] | None = None) -> Message:
    """Invite the partnership's teachers (only those in `among`, if given), each within their own hours."""
    require_role(request, Role.COORDINATOR)
    tx = request.tx
    cycle = await get_inviting_cycle(request)
    wanted_ids = None if among is None else {each.id for each in among}
    teachers = [
        each
        for each in await cycles.read_teachers(tx, cycle.partnership_id)
        if wanted_ids is None or each.id in wanted_ids
    ]
    if not teachers:
        raise UserError("nobody-to-invite")
    await tx.cycles.save(replace(cycle, state=CycleState.INVITING))
    await tx.cycles.invite(
        [
            Enrolment(
                cycle_id=cycle.id,
                member_id=each.id,
                school_id=get_school_as_teacher(each),
                invited_at=request.now,
            )
            for each in teachers
        ]
    )
    await owe(tx, cycle, DeliveryKind.INVITATION, cycle.id, teachers, request.now)
    return basics.plain(
        request.voice,
        "invited.done",
        basics.runs(request.voice, "button.preview", CommandName.PREVIEW),
        n=len(teachers),
    )


def get_school_as_teacher(member: Member) -> int:
    """Return the id of the school at which the member teaches."""
    return next(post.school_id for post in member.posts if post.role is Role.TEACHER)


async def compose_invitation(request: Request, cycle: Cycle, last_day: date) -> Message:
    """Return the message of an invitation to a cycle that is planned to end on that day."""
    tx = request.tx
    pack = await cycles.read_pack(tx, cycle)
    coordinator = await tx.members.get(cycle.started_by) if cycle.started_by else None
    return say_cycles.invitation(
        request.voice, cycle, pack, coordinator.name if coordinator else "", last_day
    )


async def join(request: Request) -> Message:
    """Accept an invitation, or come back after leaving. The caller then calls `pair_late_joiner`."""
    tx = request.tx
    cycle = await tx.cycles.current(request.member.partnership_id)
    enrolment = await tx.cycles.enrolment(cycle.id, request.member.id) if cycle else None
    if cycle is None or enrolment is None:
        raise UserError("nothing-to-join")
    if enrolment.state is not EnrolmentState.ACCEPTED:
        await tx.cycles.save_enrolment(
            replace(enrolment, state=EnrolmentState.ACCEPTED, answered_at=request.now)
        )
    return say_cycles.joined(request.voice, cycle)


async def decline(request: Request) -> Message:
    """Decline an invitation; nobody asks for a reason."""
    tx = request.tx
    cycle = await tx.cycles.current(request.member.partnership_id)
    enrolment = await tx.cycles.enrolment(cycle.id, request.member.id) if cycle else None
    if cycle is None or enrolment is None or enrolment.state is EnrolmentState.ACCEPTED:
        raise UserError("nothing-to-join")
    await tx.cycles.save_enrolment(replace(enrolment, state=EnrolmentState.DECLINED, answered_at=request.now))
    return basics.plain(
        request.voice, "declined.done", basics.runs(request.voice, "button.join", CommandName.JOIN)
    )
