"""Use cases on a cycle: start, invite, join, status, pause, close; and its plan once it is confirmed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.errors import UserError
from bot.message import Form, Message, Reply
from bot.model import (
    ASKS,
    CheckIn,
    CheckInState,
    Cycle,
    CycleState,
    DeliveryKind,
    Enrolment,
    EnrolmentState,
    Member,
    Pack,
    Pairing,
    Role,
)
from bot.ports import Tx
from bot.prompts import Prompts, parse_pack
from bot.rules import planning
from bot.rules.school_time import NoTeachingDays, nth_shared_day, slowest_pair
from bot.say import basics
from bot.say import cycles as say_cycles
from bot.use_cases.forms import faults
from bot.use_cases.people import require_role
from bot.use_cases.request import Request
from bot.use_cases.schools import availabilities, availability, availability_at, by_id, moment_for

A_WEEK = timedelta(days=7)
ENDS_WITH_THE_CYCLE = frozenset(
    {
        *ASKS,
        DeliveryKind.AGAIN,
        DeliveryKind.MATCH,
        DeliveryKind.CHANGED_MATCH,
        DeliveryKind.ALONE,
        DeliveryKind.CYCLE_END,
    }
)
"""Words that were given to be carried, and the last weeks' digests, still arrive."""
A_MOMENT = timedelta(seconds=1)


async def pack_of(tx: Tx, cycle: Cycle) -> Pack:
    """The pack as it was when the cycle was made."""
    return parse_pack(cycle.pack_id, await tx.cycles.pack_files(cycle.id))


async def the_current(request: Request, *states: CycleState) -> Cycle:
    """The partnership's open cycle in one of those states (none given: any), else a `UserError`."""
    cycle = await request.tx.cycles.current(request.member.partnership_id)
    if cycle is None:
        raise UserError("no-cycle")
    if states and cycle.state not in states:
        raise UserError("not-in-this-state", state=cycle.state)
    return cycle


# --- draft ----------------------------------------------------------------------------------------------------------


async def open_start(request: Request, prompts: Prompts) -> Form:
    """The form that makes a draft, or changes it."""
    require_role(request, Role.COORDINATOR)
    cycle = await request.tx.cycles.current(request.member.partnership_id)
    if cycle is not None and cycle.state is not CycleState.DRAFT:
        raise UserError("cycle-is-open")
    values = (
        {"pack": cycle.pack_id, "starts_on": cycle.starts_on.isoformat(), "goal": cycle.goal} if cycle else {}
    )
    return say_cycles.start_form(request.voice, prompts.packs(), values)


async def start(request: Request, prompts: Prompts, values: Mapping[str, str]) -> Reply:
    """Make a draft: nobody hears of it yet."""
    tx, voice, member, now = request.tx, request.voice, request.member, request.now
    form = await open_start(request, prompts)
    today = (await availability(tx, member)).local_day(now)
    if wrong := faults(voice, form, values):
        return wrong
    starts_on = date.fromisoformat(values["starts_on"])
    if starts_on <= today:
        return faults(voice, form, values, {"starts_on": voice.text("field.past")}) or form
    earlier = await tx.cycles.current(member.partnership_id)
    if earlier is not None:  # a draft that is being changed
        await tx.cycles.save(replace(earlier, state=CycleState.CLOSED, closed_at=now))
    pack = prompts.pack(values["pack"])
    cycle = Cycle(
        id=0,
        partnership_id=member.partnership_id,
        name=voice.text("cycle.name", month=voice.month(starts_on)),
        goal=values["goal"].strip(),
        pack_id=pack.id,
        pack_version=pack.version,
        state=CycleState.DRAFT,
        starts_on=starts_on,
        started_by=member.id,
        created_at=now,
    )
    plan = await _plan(tx, cycle, pack)
    kept = await tx.cycles.add(cycle, prompts.pack_files(pack.id))
    return say_cycles.draft(voice, kept, pack, plan)


async def show_draft(request: Request, cycle: Cycle) -> Message:
    """The draft again."""
    pack = await pack_of(request.tx, cycle)
    return say_cycles.draft(request.voice, cycle, pack, await _plan(request.tx, cycle, pack))


async def _plan(tx: Tx, cycle: Cycle, pack: Pack) -> say_cycles.Plan:
    """Who would be invited, and how long the cycle takes in the schools' calendars."""
    teachers = await _teachers(tx, cycle.partnership_id)
    schools = await by_id(tx, cycle.partnership_id)
    taking_part = sorted({each.home_school_id for each in teachers})
    if len(taking_part) < 2:
        raise UserError("too-few")
    days = pack.steps[-1].day + pack.steps[-1].open_days - 1
    calendars = {each: await tx.schools.calendar(each) for each in taking_part}
    try:
        first = nth_shared_day([calendars[taking_part[0]]], cycle.starts_on, 1)
        alone = max(nth_shared_day([each], cycle.starts_on, days) for each in calendars.values())
        last, worst = slowest_pair(tuple(calendars.values()), cycle.starts_on, days)
    except NoTeachingDays as none_left:
        raise UserError("no-teaching-days", day=cycle.starts_on.isoformat()) from none_left
    stretched = (last - alone).days >= 7
    a, b = (schools[taking_part[place]].name for place in worst)
    return say_cycles.Plan(
        teachers=len(teachers),
        schools=len(taking_part),
        first_day=first,
        last_day=last,
        shortest=(a, b) if stretched else None,
    )


async def _teachers(tx: Tx, partnership_id: int) -> list[Member]:
    return [each for each in await tx.members.of(partnership_id) if each.has(Role.TEACHER)]


# --- inviting -------------------------------------------------------------------------------------------------------


async def may_invite(request: Request) -> Cycle:
    """The cycle to which that member may invite now, else a `UserError`."""
    require_role(request, Role.COORDINATOR)
    return await the_current(request, CycleState.DRAFT, CycleState.INVITING)


async def invite(request: Request, among: Collection[Member] | None = None) -> Message:
    """Invite every teacher of the partnership, or those among some, each in their own school's hours."""
    tx = request.tx
    cycle = await may_invite(request)
    wanted = None if among is None else {each.id for each in among}
    teachers = [
        each for each in await _teachers(tx, cycle.partnership_id) if wanted is None or each.id in wanted
    ]
    if not teachers:
        raise UserError("nobody-to-invite")
    people = await availabilities(tx, teachers)
    await tx.cycles.save(replace(cycle, state=CycleState.INVITING))
    await tx.cycles.invite(
        [
            Enrolment(
                cycle_id=cycle.id,
                member_id=each.id,
                school_id=_school_as_teacher(each),
                invited_at=request.now,
            )
            for each in teachers
        ]
    )
    await tx.deliveries.owe(
        [
            planning.owe(
                cycle, each.id, DeliveryKind.INVITATION, cycle.id, moment_for(people[each.id], request.now)
            )
            for each in teachers
        ]
    )
    return basics.plain(
        request.voice,
        "invited.done",
        basics.runs(request.voice, "button.preview", "preview"),
        n=len(teachers),
    )


def _school_as_teacher(member: Member) -> int:
    return next(post.school_id for post in member.posts if post.role is Role.TEACHER)


async def invitation(request: Request, cycle: Cycle) -> Message:
    """The words of an invitation."""
    tx = request.tx
    pack = await pack_of(tx, cycle)
    plan = await _plan(tx, cycle, pack)
    coordinator = await tx.members.get(cycle.started_by) if cycle.started_by else None
    return say_cycles.invitation(
        request.voice, cycle, pack, coordinator.name if coordinator else "", plan.last_day
    )


async def join(request: Request) -> Message:
    """Accept an invitation, or come back. Late joiners are placed by `pairings`, which the caller asks."""
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
    """Not this time: fine, and nobody asks why."""
    tx = request.tx
    cycle = await tx.cycles.current(request.member.partnership_id)
    enrolment = await tx.cycles.enrolment(cycle.id, request.member.id) if cycle else None
    if cycle is None or enrolment is None or enrolment.state is EnrolmentState.ACCEPTED:
        raise UserError("nothing-to-join")
    await tx.cycles.save_enrolment(replace(enrolment, state=EnrolmentState.DECLINED, answered_at=request.now))
    return basics.plain(request.voice, "declined.done", basics.runs(request.voice, "button.join", "join"))


# --- running --------------------------------------------------------------------------------------------------------


async def plan_pairing(tx: Tx, cycle: Cycle, pack: Pack, pairing: Pairing, now: datetime) -> None:
    """Plan (or plan anew) what a live pairing is asked from now on; what was asked already stays as it was."""
    members = await tx.members.many(pairing.member_ids)
    people = await availabilities(tx, list(members.values()))
    try:
        planned = planning.check_ins(cycle, pack, pairing, people, cycle.starts_on)
    except NoTeachingDays as none_left:
        raise UserError("no-teaching-days", day=cycle.starts_on.isoformat()) from none_left
    known = {
        (each.member_id, each.step): each
        for member_id in pairing.member_ids
        for each in await tx.check_ins.of_member(cycle.id, member_id)
    }
    moved = []
    for each in planned:
        earlier = known.get((each.member_id, each.step))
        if earlier is not None and earlier.closes_at > now:
            is_planned = earlier.state is CheckInState.PLANNED
            moved.append(
                replace(
                    earlier,
                    pairing_id=pairing.id,
                    due_at=each.due_at if is_planned else earlier.due_at,
                    closes_at=each.closes_at if is_planned else max(each.closes_at, earlier.closes_at),
                )
            )
            await tx.check_ins.save(moved[-1])
            if pack.step(each.step).is_challenge and earlier.state is CheckInState.ANSWERED:
                await _carry_challenge(tx, cycle, moved[-1], pairing, now)
    added = await tx.check_ins.add(
        [each for each in planned if (each.member_id, each.step) not in known and each.closes_at > now]
    )
    closing = {
        step.key: max(each.closes_at for each in planned if each.step == step.key) for step in pack.steps
    }
    await tx.deliveries.owe(
        [
            owed
            for each in (*moved, *added)
            for owed in planning.asks(cycle, pack, each, people[each.member_id], closing[each.step])
        ]
    )


async def _carry_challenge(tx: Tx, cycle: Cycle, check_in: CheckIn, pairing: Pairing, now: datetime) -> None:
    """What was given and not opened yet goes along where its reader does; else its writer is asked anew."""
    given = await tx.challenges.of_check_in(check_in.id)
    if given is None or given.released_at is not None or given.pairing_id == pairing.id:
        return
    await tx.challenges.take_back(check_in.id)
    if given.receiver_id == pairing.receiver_from(check_in.member_id):
        await tx.challenges.give(replace(given, id=0, pairing_id=pairing.id))
        return
    await tx.check_ins.save(replace(check_in, state=CheckInState.OPEN, asking=None))
    again = planning.owe(cycle, check_in.member_id, DeliveryKind.AGAIN, check_in.id, now)
    await tx.deliveries.owe([replace(again, occurrence=now.isoformat(), expires_at=check_in.closes_at)])


async def plan_digests(tx: Tx, cycle: Cycle, now: datetime) -> None:
    """A digest a week for every principal, and word to the coordinators when the days are over."""
    members = await tx.members.of(cycle.partnership_id)
    schools = await by_id(tx, cycle.partnership_id)
    check_ins = await tx.check_ins.of_cycle(cycle.id)
    if not check_ins:
        return
    last = max(each.closes_at for each in check_ins)  # what is asked on a Friday is counted a week later
    principals = [
        (member, school, await availability_at(tx, member, school))
        for member, school in planning.principals_of(members, schools)
    ]
    await tx.deliveries.owe(list(planning.digests(cycle, principals, now.date(), last.date() + A_WEEK)))
    for member in members:
        if member.has(Role.COORDINATOR):
            moment = moment_for(await availability(tx, member), last + A_WEEK)
            await tx.deliveries.owe(
                [planning.owe(cycle, member.id, DeliveryKind.CYCLE_END, cycle.id, moment)]
            )


async def hold(request: Request) -> Message:
    """Pause the whole cycle: nothing is asked until it goes on."""
    require_role(request, Role.COORDINATOR)
    cycle = await the_current(request, CycleState.RUNNING)
    await request.tx.cycles.save(replace(cycle, state=CycleState.PAUSED))
    return basics.plain(
        request.voice, "held.done", basics.runs(request.voice, "button.go-on", "go on"), cycle=cycle.name
    )


async def go_on(request: Request) -> Message:
    """End the pause of the cycle; questions whose days have passed are left out."""
    require_role(request, Role.COORDINATOR)
    cycle = await the_current(request, CycleState.PAUSED)
    await request.tx.cycles.save(replace(cycle, state=CycleState.RUNNING))
    return basics.plain(request.voice, "held.over", cycle=cycle.name)


async def close(request: Request, *, really: bool) -> Message:
    """End the cycle: what was queued is dropped, everybody is thanked."""
    require_role(request, Role.COORDINATOR)
    tx, voice, now = request.tx, request.voice, request.now
    cycle = await the_current(request)
    if not really:
        return say_cycles.really_close(voice, cycle)
    await tx.deliveries.drop(
        member_id=None, cycle_id=cycle.id, reason="closed", now=now, kinds=ENDS_WITH_THE_CYCLE
    )
    for each in await tx.check_ins.of_cycle(cycle.id):
        if each.state is not CheckInState.PLANNED and each.closes_at > now:
            await tx.check_ins.save(replace(each, closes_at=max(now, each.due_at + A_MOMENT)))
    await tx.cycles.save(replace(cycle, state=CycleState.CLOSED, closed_at=now))
    if cycle.confirmed_at is None:
        return basics.plain(voice, "close.discarded", cycle=cycle.name)
    enrolled = await _accepted(tx, cycle)
    people = await availabilities(tx, enrolled)
    await tx.deliveries.owe(
        [
            planning.owe(cycle, each.id, DeliveryKind.CLOSED, cycle.id, moment_for(people[each.id], now))
            for each in enrolled
        ]
    )
    return basics.plain(voice, "close.done", cycle=cycle.name, n=len(enrolled))


async def _accepted(tx: Tx, cycle: Cycle) -> list[Member]:
    ids = accepted_ids(await tx.cycles.enrolments(cycle.id))
    return [each for each in (await tx.members.many(ids)).values() if each.active]


def accepted_ids(enrolments: Sequence[Enrolment]) -> tuple[int, ...]:
    """Who has joined."""
    return tuple(each.member_id for each in enrolments if each.state is EnrolmentState.ACCEPTED)
