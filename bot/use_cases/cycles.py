"""Use cases on a cycle: draft, show, pause, go on, close."""

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
        DeliveryKind.CYCLE_END,
    }
)
"""Words that were given to be carried, and the last weeks' digests, still arrive."""
ONE_SECOND = timedelta(seconds=1)


async def read_pack(tx: Tx, cycle: Cycle) -> Pack:
    """The pack as it was when the cycle was made."""
    return parse_pack(cycle.pack_id, await tx.cycles.pack_files(cycle.id))


async def get_current(request: Request, *states: CycleState) -> Cycle:
    """The partnership's open cycle in one of those states (none given: any), else a `UserError`."""
    cycle = await request.tx.cycles.current(request.member.partnership_id)
    if cycle is None:
        raise UserError("no-cycle")
    if states and cycle.state not in states:
        raise UserError("not-in-this-state", state=cycle.state)
    return cycle


# --- draft ----------------------------------------------------------------------------------------------------------


async def open_start_form(request: Request, prompts: Prompts) -> Form:
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
    form = await open_start_form(request, prompts)
    today = (await read_availability(tx, member)).local_day(now)
    if wrong := find_faults(voice, form, values):
        return wrong
    starts_on = date.fromisoformat(values["starts_on"])
    if starts_on <= today:
        return find_faults(voice, form, values, {"starts_on": voice.text("field.past")}) or form
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
    plan = await read_plan(tx, cycle, pack)
    kept = await tx.cycles.add(cycle, prompts.pack_files(pack.id))
    return say_cycles.draft(voice, kept, pack, plan)


async def show_draft(request: Request, cycle: Cycle) -> Message:
    """The draft again."""
    pack = await read_pack(request.tx, cycle)
    return say_cycles.draft(request.voice, cycle, pack, await read_plan(request.tx, cycle, pack))


async def read_plan(tx: Tx, cycle: Cycle, pack: Pack) -> say_cycles.DraftPlan:
    """Who would be invited, and how long the cycle takes in the schools' calendars."""
    teachers = await read_teachers(tx, cycle.partnership_id)
    schools = await read_schools_by_id(tx, cycle.partnership_id)
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
    return say_cycles.DraftPlan(
        teachers=len(teachers),
        schools=len(taking_part),
        first_day=first,
        last_day=last,
        shortest=(a, b) if stretched else None,
    )


async def read_teachers(tx: Tx, partnership_id: int) -> list[Member]:
    return [each for each in await tx.members.of(partnership_id) if each.has(Role.TEACHER)]


async def hold(request: Request) -> Message:
    """Pause the whole cycle: nothing is asked until it goes on."""
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
    """End the pause of the cycle; questions whose days have passed are left out."""
    require_role(request, Role.COORDINATOR)
    cycle = await get_current(request, CycleState.PAUSED)
    await request.tx.cycles.save(replace(cycle, state=CycleState.RUNNING))
    return basics.plain(request.voice, "held.over", cycle=cycle.name)


async def close(request: Request, *, really: bool) -> Message:
    """End the cycle: what was queued is dropped, everybody is thanked."""
    require_role(request, Role.COORDINATOR)
    tx, voice, now = request.tx, request.voice, request.now
    cycle = await get_current(request)
    if not really:
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
    ids = get_accepted_ids(await tx.cycles.enrolments(cycle.id))
    return [each for each in (await tx.members.many(ids)).values() if each.active]


def get_accepted_ids(enrolments: Sequence[Enrolment]) -> tuple[int, ...]:
    """Who has joined."""
    return tuple(each.member_id for each in enrolments if each.state is EnrolmentState.ACCEPTED)
