"""Use cases on a cycle: draft it, put it on hold, go on, close it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.errors import UserError
from bot.message import Form, Message, Reply
from bot.model import (
    ASKS,
    CheckInState,
    CommandName,
    Cycle,
    CycleState,
    DeliveryKind,
    Enrolment,
    EnrolmentState,
    Member,
    Pack,
    Role,
)
from bot.ports import Tx
from bot.prompts import Prompts, parse_pack
from bot.rules.school_time import NoTeachingDays, nth_shared_day, slowest_pair
from bot.say import basics
from bot.say import cycles as say_cycles
from bot.use_cases.forms import find_faults
from bot.use_cases.owing import owe
from bot.use_cases.people import require_role
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availability, read_schools_by_id

ENDS_WITH_THE_CYCLE = frozenset(
    {
        *ASKS,
        DeliveryKind.AGAIN,
        DeliveryKind.MATCH,
        DeliveryKind.CHANGED_MATCH,
        DeliveryKind.ALONE,
        DeliveryKind.FIRST_DAY,
        DeliveryKind.CYCLE_END,
    }
)
"""Deliveries dropped when a cycle closes. Shared answers, notes and the last weeks' digests still arrive."""
ONE_SECOND = timedelta(seconds=1)
"""A check-in closes after it is due, even if the cycle is closed at that moment: the store demands it."""


async def read_pack(tx: Tx, cycle: Cycle) -> Pack:
    """Return the pack as it was when the cycle was made."""
    return parse_pack(cycle.pack_id, await tx.cycles.pack_files(cycle.id))


async def get_current(request: Request, *states: CycleState) -> Cycle:
    """Return the partnership's cycle that is not closed; raise `UserError` unless it is in one of `states`.

    Without `states` any state will do.
    """
    cycle = await request.tx.cycles.current(request.member.partnership_id)
    if cycle is None:
        raise UserError("no-cycle")
    if states and cycle.state not in states:
        raise UserError("not-in-this-state", state=cycle.state)
    return cycle


# --- draft -----------------------------------------------------------------------------------------------------------


async def open_start_form(request: Request, prompts: Prompts) -> Form:
    """Return the form for a new draft, or for changing the present one."""
    require_role(request, Role.COORDINATOR)
    cycle = await request.tx.cycles.current(request.member.partnership_id)
    if cycle is not None and cycle.state is not CycleState.DRAFT:
        raise UserError("cycle-is-open")
    values = (
        {"pack": cycle.pack_id, "starts_on": cycle.starts_on.isoformat(), "goal": cycle.goal} if cycle else {}
    )
    return say_cycles.start_form(request.voice, prompts.packs(), values)


async def start(request: Request, prompts: Prompts, values: Mapping[str, str]) -> Reply:
    """Make a draft, or replace the present one; nobody is told yet."""
    require_role(request, Role.COORDINATOR)
    tx, voice, member, now = request.tx, request.voice, request.member, request.now
    form = await open_start_form(request, prompts)
    today = (await read_availability(tx, member)).local_day(now)
    if faults := find_faults(voice, form, values):
        return faults
    starts_on = date.fromisoformat(values["starts_on"])
    if starts_on <= today:
        return find_faults(voice, form, values, {"starts_on": voice.text("field.past")}) or form
    draft = await tx.cycles.current(member.partnership_id)
    if draft is not None:  # the new draft replaces it
        await tx.cycles.save(replace(draft, state=CycleState.CLOSED, closed_at=now))
    pack = prompts.pack(values["pack"])
    cycle = Cycle(
        id=0,
        partnership_id=member.partnership_id,
        name=await _choose_name(request, starts_on),
        goal=values["goal"].strip(),
        pack_id=pack.id,
        pack_version=pack.version,
        state=CycleState.DRAFT,
        starts_on=starts_on,
        started_by=member.id,
        created_at=now,
    )
    plan = await read_plan(tx, cycle, pack)
    stored = await tx.cycles.add(cycle, prompts.pack_files(pack.id))
    return say_cycles.draft(voice, stored, pack, plan)


async def _choose_name(request: Request, starts_on: date) -> str:
    """Return the name of a new cycle, which no earlier cycle that people have heard of has."""
    tx, voice = request.tx, request.voice
    earlier = [
        each
        for each in await tx.cycles.all_of(request.member.partnership_id)
        if each.state is not CycleState.DRAFT and await tx.cycles.was_opened(each.id)
    ]
    names = {each.name for each in earlier}
    name, number = voice.text("cycle.name", month=voice.month(starts_on)), 1
    while name in names:
        number += 1
        name = voice.text("cycle.name-again", month=voice.month(starts_on), n=number)
    return name


async def show_draft(request: Request, cycle: Cycle) -> Message:
    """Return the draft with its plan."""
    pack = await read_pack(request.tx, cycle)
    return say_cycles.draft(request.voice, cycle, pack, await read_plan(request.tx, cycle, pack))


async def read_plan(tx: Tx, cycle: Cycle, pack: Pack) -> say_cycles.DraftPlan:
    """Return how many teachers would be invited and how long the cycle takes in the schools' calendars."""
    teachers = await read_teachers(tx, cycle.partnership_id)
    schools = await read_schools_by_id(tx, cycle.partnership_id)
    school_ids = sorted({each.home_school_id for each in teachers})
    if len(school_ids) < 2:
        raise UserError("too-few")
    teaching_days = _count_teaching_days(pack)
    calendars = await tx.schools.calendars(school_ids)
    try:
        first_day = nth_shared_day([calendars[school_ids[0]]], cycle.starts_on, 1)
        slowest_school_ends = max(
            nth_shared_day([each], cycle.starts_on, teaching_days) for each in calendars.values()
        )
        last_day, slowest = slowest_pair(tuple(calendars.values()), cycle.starts_on, teaching_days)
    except NoTeachingDays as none_left:
        raise UserError("no-teaching-days", day=cycle.starts_on.isoformat()) from none_left
    is_stretched = (last_day - slowest_school_ends).days >= 7
    a, b = (schools[school_ids[index]].name for index in slowest)
    return say_cycles.DraftPlan(
        teachers=len(teachers),
        schools=len(school_ids),
        first_day=first_day,
        last_day=last_day,
        stretched_by=(a, b) if is_stretched else None,
    )


async def read_last_day(tx: Tx, cycle: Cycle) -> date:
    """Return the last day of the plan (as `read_plan` does) without reading the teachers."""
    school_ids = sorted(await tx.members.home_schools_of_teachers(cycle.partnership_id))
    if len(school_ids) < 2:
        raise UserError("too-few")
    calendars = await tx.schools.calendars(school_ids)
    teaching_days = _count_teaching_days(await read_pack(tx, cycle))
    try:
        last_day, _ = slowest_pair(tuple(calendars.values()), cycle.starts_on, teaching_days)
    except NoTeachingDays as none_left:
        raise UserError("no-teaching-days", day=cycle.starts_on.isoformat()) from none_left
    return last_day


def _count_teaching_days(pack: Pack) -> int:
    """Return how many teaching days a cycle with this pack takes."""
    return pack.steps[-1].day + pack.steps[-1].open_days - 1


async def read_teachers(tx: Tx, partnership_id: int) -> list[Member]:
    """Return the active teachers of the partnership."""
    return [each for each in await tx.members.of(partnership_id) if each.has(Role.TEACHER)]


# --- hold and close --------------------------------------------------------------------------------------------------


async def hold(request: Request) -> Message:
    """Put the cycle on hold: nothing is asked until it goes on."""
    require_role(request, Role.COORDINATOR)
    cycle = await get_current(request, CycleState.RUNNING)
    await request.tx.cycles.save(replace(cycle, state=CycleState.PAUSED))
    return basics.plain(
        request.voice,
        "held.done",
        basics.runs(request.voice, "button.go-on", CommandName.GO_ON),
        cycle=cycle.name,
    )


async def go_on(request: Request) -> Message:
    """End the hold; check-ins whose days have passed are left out."""
    require_role(request, Role.COORDINATOR)
    cycle = await get_current(request, CycleState.PAUSED)
    await request.tx.cycles.save(replace(cycle, state=CycleState.RUNNING))
    return basics.plain(request.voice, "held.over", cycle=cycle.name)


async def close(request: Request, *, is_confirmed: bool) -> Message:
    """Close the cycle, drop what is still to be asked, and owe everyone a thank-you."""
    require_role(request, Role.COORDINATOR)
    tx, voice, now = request.tx, request.voice, request.now
    cycle = await get_current(request)
    if not is_confirmed:
        return say_cycles.really_close(voice, cycle)
    await tx.deliveries.drop(
        member_id=None, cycle_id=cycle.id, reason="closed", now=now, kinds=ENDS_WITH_THE_CYCLE
    )
    for each in await tx.check_ins.of_cycle(cycle.id):
        if each.state is not CheckInState.PLANNED and each.closes_at > now:
            await tx.check_ins.save(replace(each, closes_at=max(now, each.due_at + ONE_SECOND)))
    await tx.cycles.save(replace(cycle, state=CycleState.CLOSED, closed_at=now))
    if cycle.confirmed_at is None:
        return basics.plain(voice, "close.discarded", cycle=cycle.name)
    enrolled = await _read_accepted(tx, cycle)
    await owe(tx, cycle, DeliveryKind.CLOSED, cycle.id, enrolled, now)
    return basics.plain(voice, "close.done", cycle=cycle.name, n=len(enrolled))


async def _read_accepted(tx: Tx, cycle: Cycle) -> list[Member]:
    """Return the active members who have accepted."""
    ids = get_accepted_ids(await tx.cycles.enrolments(cycle.id))
    return [each for each in (await tx.members.many(ids)).values() if each.active]


def get_accepted_ids(enrolments: Sequence[Enrolment]) -> tuple[int, ...]:
    """Return the ids of the members who have accepted."""
    return tuple(each.member_id for each in enrolments if each.state is EnrolmentState.ACCEPTED)
