"""Use cases by which a coordinator amends a cycle: add or remove a person, change its goal or its first day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.errors import UserError
from bot.message import Message
from bot.model import (
    CommandName,
    Cycle,
    CycleState,
    DeliveryKind,
    Enrolment,
    EnrolmentState,
    Role,
)
from bot.ports import Tx
from bot.rules.dates import read_day
from bot.say import basics
from bot.use_cases import cycles, late_changes
from bot.use_cases.enrolments import get_school_as_teacher
from bot.use_cases.owing import owe
from bot.use_cases.people import find_member, require_role
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availability

LONGEST_GOAL = 300


async def add_person(request: Request, name: str) -> Message:
    """Invite one more teacher of the roster, also while the cycle runs; nobody's "no" is asked again."""
    require_role(request, Role.COORDINATOR)
    tx, voice, now = request.tx, request.voice, request.now
    cycle = await cycles.get_current(request, CycleState.INVITING, CycleState.MATCHED, CycleState.RUNNING)
    teachers = await cycles.read_teachers(tx, cycle.partnership_id)
    if not name:
        raise UserError("whom")
    member = find_member(voice, teachers, name)
    enrolment = await tx.cycles.enrolment(cycle.id, member.id)
    if enrolment is not None and enrolment.state is not EnrolmentState.LEFT:
        return basics.plain(voice, f"add.{enrolment.state}", name=member.name)
    if enrolment is None:
        school_id = get_school_as_teacher(member)
        invited = Enrolment(cycle_id=cycle.id, member_id=member.id, school_id=school_id, invited_at=now)
        await tx.cycles.invite([invited])
    else:
        await tx.cycles.save_enrolment(replace(enrolment, state=EnrolmentState.INVITED, answered_at=None))
    occurrence = now.isoformat() if enrolment else ""  # an invitation that was sent before is not sent again
    await owe(tx, cycle, DeliveryKind.INVITATION, cycle.id, [member], now, occurrence=occurrence)
    return basics.plain(voice, "add.done", name=member.name, cycle=cycle.name)


async def remove_person(request: Request, text: str) -> Message:
    """Take a member out of the cycle, once confirmed: their partner gets another pairing, as when somebody leaves."""
    require_role(request, Role.COORDINATOR)
    tx, voice = request.tx, request.voice
    cycle = await cycles.get_current(request)
    words = text.split()
    is_confirmed = len(words) > 1 and words[-1].casefold() == "yes"
    name = " ".join(words[:-1] if is_confirmed else words)
    if not name:
        raise UserError("whom")
    still_in = {
        each.member_id: each
        for each in await tx.cycles.enrolments(cycle.id)
        if each.state in (EnrolmentState.INVITED, EnrolmentState.ACCEPTED)
    }
    member = find_member(voice, list((await tx.members.many(still_in)).values()), name)
    if not is_confirmed:
        button = basics.runs(voice, "button.remove", CommandName.REMOVE, f"{member.name} yes")
        return basics.plain(voice, "remove.really", button, name=member.name, cycle=cycle.name)
    enrolment = still_in[member.id]
    knows = enrolment.state is EnrolmentState.ACCEPTED or await tx.deliveries.was_sent(
        DeliveryKind.INVITATION, cycle.id, member.id
    )
    await late_changes.withdraw(tx, cycle, enrolment, request.now)
    if knows:
        now = request.now
        await owe(tx, cycle, DeliveryKind.REMOVED, cycle.id, [member], now, occurrence=now.isoformat())
    return basics.plain(voice, "remove.done", name=member.name, cycle=cycle.name)


async def change_goal(request: Request, text: str) -> Message:
    """Change the goal of the cycle; questions and messages name the new one from now on."""
    require_role(request, Role.COORDINATOR)
    cycle = await cycles.get_current(request)
    goal = " ".join(text.split())
    if not goal:
        return basics.plain(request.voice, "goal.now", goal=cycle.goal)
    if len(goal) > LONGEST_GOAL:
        return basics.plain(request.voice, "goal.too-long", n=LONGEST_GOAL)
    await request.tx.cycles.save(replace(cycle, goal=goal))
    return basics.plain(request.voice, "goal.done", goal=goal, before=cycle.goal)


async def change_first_day(request: Request, text: str) -> Message:
    """Change the first day of a cycle whose pairings are not confirmed."""
    require_role(request, Role.COORDINATOR)
    tx, voice = request.tx, request.voice
    cycle = await cycles.get_current(request, CycleState.DRAFT, CycleState.INVITING, CycleState.MATCHED)
    today = (await read_availability(tx, request.member)).local_day(request.now)
    day = read_day(text, today)
    if day is None or day <= today:
        return basics.plain(voice, "first-day.unclear")
    changed = replace(cycle, starts_on=day)
    await cycles.read_plan(
        tx, changed, await cycles.read_pack(tx, cycle)
    )  # raises if no teaching days are left
    await tx.cycles.save(changed)
    await _tell_first_day(tx, changed, request.now)
    return basics.plain(voice, "first-day.done", day=voice.day(day), cycle=cycle.name)


async def _tell_first_day(tx: Tx, cycle: Cycle, now: datetime) -> None:
    """Update the invitations that were sent, and owe a line to whoever has joined since."""
    await tx.deliveries.refresh(DeliveryKind.INVITATION, cycle.id, now)
    kinds = frozenset({DeliveryKind.FIRST_DAY})
    await tx.deliveries.drop(member_id=None, cycle_id=cycle.id, reason="changed", now=now, kinds=kinds)
    joined = await tx.members.many(cycles.get_accepted_ids(await tx.cycles.enrolments(cycle.id)))
    occurrence = f"{cycle.starts_on} {now.isoformat()}"
    await owe(tx, cycle, DeliveryKind.FIRST_DAY, cycle.id, joined.values(), now, occurrence=occurrence)
