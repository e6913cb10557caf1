"""Composition: turn a due delivery into a message, a later time, or a reason to drop it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.message import Message
from bot.model import (
    ASKS,
    FROM_PARTNERS,
    CheckIn,
    CheckInState,
    Cycle,
    CycleState,
    Delivery,
    DeliveryKind,
    EnrolmentState,
)
from bot.ports import Tx
from bot.prompts import Prompts
from bot.rules.premises import may_take_part
from bot.rules.school_time import Availability, NoTeachingDays
from bot.say import check_ins as say_check_ins
from bot.say import cycles as say_cycles
from bot.say.basics import plain
from bot.say.check_ins import AskedCheckIn
from bot.use_cases import (
    accounts,
    coordinators,
    enrolments,
    introductions,
    rests,
    workspaces,
)
from bot.use_cases.asked_check_ins import describe_check_in
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availability, read_availability_at
from bot.worker.carried import Dropped, Later, compose_words
from bot.worker.shared import Shared

AFTER_CLOSING = timedelta(days=30)
"""The time after a cycle is closed in which a member who had no address may still get what was owed in it."""


async def compose(
    tx: Tx,
    prompts: Prompts,
    shared: Shared,
    delivery: Delivery,
    now: datetime,
    group_chat_platforms: Collection[str] = (),
) -> Message | Later | Dropped:
    """Compose the message as of now, so that names, consent, pauses and school hours are current."""
    member = await tx.members.get(delivery.member_id)
    request = Request(tx, prompts.voice(member.language), member, now)
    cycle = await tx.cycles.get(delivery.cycle_id) if delivery.cycle_id is not None else None
    is_new_for_partner = delivery.kind in ASKS | FROM_PARTNERS and not delivery.ref
    if not member.active or (is_new_for_partner and not may_take_part(member)):
        return Dropped("inactive")
    if delivery.kind is DeliveryKind.NEW_ADDRESS:  # the member is at another device now, and waits for it
        return await _new_address(request, delivery)
    if not delivery.ref:  # an update notifies nobody, so hours and expiry do not apply
        closed_at = cycle.closed_at if cycle else None
        if delivery.reason in ("not-connected", "blocked") and closed_at and closed_at + AFTER_CLOSING <= now:
            return Dropped("closed")
        if delivery.expires_at is not None and delivery.expires_at <= now:
            return Dropped("expired")
        try:
            wait = await _wait(request, shared, delivery, cycle)
        except NoTeachingDays:
            return Dropped("no-teaching-days")
        if wait is not None:
            return wait
    if delivery.kind is DeliveryKind.LINK_REQUEST:
        return await workspaces.compose_request(request, delivery.subject_id) or Dropped("answered")
    if delivery.kind is DeliveryKind.WORKSPACE_RESTS:
        return await rests.compose(request, delivery.subject_id) or Dropped("changed")
    if delivery.kind is DeliveryKind.REQUEST:
        about = delivery.occurrence.partition(" ")[0]
        return await coordinators.compose_request(request, delivery.subject_id, about) or Dropped("changed")
    if cycle is None:
        return Dropped("closed")
    return await _message(request, shared, delivery, cycle, group_chat_platforms)


# --- waiting --------------------------------------------------------------------------------------------------------


async def _wait(request: Request, shared: Shared, delivery: Delivery, cycle: Cycle | None) -> Later | None:
    """Return the time to wait for: school hours, the end of a pause, or the next day, as the member was asked today."""
    now = request.now
    person = await _availability(request, delivery)
    if not person.is_reachable(now):
        return _later(delivery, _next_moment(person, delivery.kind, now))
    if cycle is not None and cycle.state is CycleState.PAUSED and delivery.kind is not DeliveryKind.NOTE:
        return _later(delivery, _next_asking_day(person, now))
    if moment := _asking_time_if_too_early(person, delivery, now):
        return _later(delivery, moment)
    if delivery.kind in ASKS:
        start, end = person.day_bounds(person.local_day(now))
        if any(start <= each < end for each in shared.asks_sent.get(request.member.id, ())):
            return _later(delivery, _next_asking_day(person, now))
        # Another worker may be sending this member an ask: look again in a minute.
        if delivery.id in shared.asks_behind_others:
            return _later(delivery, now + timedelta(minutes=1))
    return None


async def _availability(request: Request, delivery: Delivery) -> Availability:
    tx = request.tx
    if delivery.kind is DeliveryKind.DIGEST:
        return await read_availability_at(tx, request.member, await tx.schools.get(delivery.subject_id))
    return await read_availability(tx, request.member)


def _next_moment(person: Availability, kind: DeliveryKind, now: datetime) -> datetime:
    """Return the next asking time for an ask, or the next moment in school hours for anything else."""
    moment = person.next_moment(now)
    if kind in ASKS and kind is not DeliveryKind.INVITATION:
        return max(moment, person.ask_moment(person.local_day(moment)))
    return moment


def _asking_time_if_too_early(person: Availability, delivery: Delivery, now: datetime) -> datetime | None:
    """Return today's asking time if an ask of an earlier day would arrive before it, during a lesson."""
    today = person.local_day(now)
    if delivery.kind not in ASKS or delivery.kind is DeliveryKind.INVITATION:
        return None
    if person.local_day(delivery.due_at) >= today:
        return None
    moment = person.ask_moment(today)
    return moment if moment > now else None


def _next_asking_day(person: Availability, now: datetime) -> datetime:
    """Return the asking time of the member's next day on which they may be asked."""
    _, end_of_day = person.day_bounds(person.local_day(now))
    return person.ask_moment(person.local_day(end_of_day))


def _later(delivery: Delivery, moment: datetime) -> Later:
    """Wait until the moment, or until the delivery expires if that is sooner."""
    if delivery.expires_at is not None and moment >= delivery.expires_at:
        return Later(delivery.expires_at)  # it is dropped then, unless a pause ends before
    return Later(moment)


# --- messages -------------------------------------------------------------------------------------------------------


async def _message(  # noqa: C901, PLR0912  # one case for each kind
    request: Request, shared: Shared, delivery: Delivery, cycle: Cycle, group_chat_platforms: Collection[str]
) -> Message | Later | Dropped:
    tx, voice, member = request.tx, request.voice, request.member
    subject = delivery.subject_id
    match delivery.kind:
        case DeliveryKind.INVITATION:
            enrolment = shared.enrolments.get((cycle.id, member.id))
            if (
                enrolment is None
                or enrolment.state is not EnrolmentState.INVITED
                or cycle.state is CycleState.CLOSED
            ):
                return Dropped("answered")
            return await enrolments.compose_invitation(request, cycle, await shared.last_day(tx, cycle))
        case DeliveryKind.MATCH | DeliveryKind.CHANGED_MATCH:
            is_changed = delivery.kind is DeliveryKind.CHANGED_MATCH
            introduction = await introductions.compose_introduction(
                request, subject, changed=is_changed, gathering=group_chat_platforms
            )
            return introduction or Dropped("changed")
        case DeliveryKind.TOGETHER:
            return await introductions.compose_opening(request, subject) or Dropped("changed")
        case DeliveryKind.ALONE:
            return await introductions.compose_alone(request, cycle) or Dropped("changed")
        case DeliveryKind.REMOVED:
            enrolment = shared.enrolments.get((cycle.id, member.id))
            is_out = enrolment is not None and enrolment.state is EnrolmentState.LEFT
            return plain(voice, "removed.lead", cycle=cycle.name) if is_out else Dropped("changed")
        case DeliveryKind.FIRST_DAY:
            is_so = delivery.occurrence.startswith(str(cycle.starts_on)) and cycle.confirmed_at is None
            facts = {"cycle": cycle.name, "day": voice.day(cycle.starts_on)}
            return plain(voice, "new-first-day.lead", **facts) if is_so else Dropped("changed")
        case DeliveryKind.CHECK_IN:
            return await _first_ask(request, shared, delivery)
        case DeliveryKind.REMINDER:
            return await _remind(request, shared, delivery, "check-in.reminder")
        case DeliveryKind.NUDGE:
            return await _remind(request, shared, delivery, "check-in.nudge")
        case DeliveryKind.AGAIN:
            asked = await _read_open(request, shared, delivery)
            if isinstance(asked, Dropped):
                return asked
            return say_check_ins.question(voice, asked, voice.markdown("check-in.again"))
        case (
            DeliveryKind.SHARED_ANSWER
            | DeliveryKind.POOL
            | DeliveryKind.CHALLENGE
            | DeliveryKind.CHALLENGE_REPLY
            | DeliveryKind.NOTE
            | DeliveryKind.DIGEST
        ):
            return await compose_words(request, delivery, cycle)
        case DeliveryKind.CYCLE_END:
            return Dropped("closed") if cycle.state is CycleState.CLOSED else say_cycles.end(voice, cycle)
        case DeliveryKind.CLOSED:
            pairing = shared.pairings.get((cycle.id, member.id))
            partners = await tx.members.many(pairing.partners_of(member.id) if pairing else ())
            return say_cycles.closed(
                voice, cycle, [each.given_name for each in partners.values() if each.active]
            )
        case (
            DeliveryKind.NEW_ADDRESS
            | DeliveryKind.LINK_REQUEST
            | DeliveryKind.REQUEST
            | DeliveryKind.WORKSPACE_RESTS
        ):
            return Dropped("changed")  # composed before, because they belong to no cycle


async def _new_address(request: Request, delivery: Delivery) -> Message | Dropped:
    if delivery.expires_at is not None and delivery.expires_at <= request.now:
        return Dropped("expired")
    return await accounts.compose_question(request, delivery.subject_id) or Dropped("answered")


async def _first_ask(request: Request, shared: Shared, delivery: Delivery) -> Message | Later | Dropped:
    check_in = await _answerable(request, shared, delivery)
    if isinstance(check_in, Dropped):
        return check_in
    if check_in.due_at > request.now:  # the check-in was moved to a later day after the delivery was queued
        return Later(check_in.due_at)
    if check_in.state is not CheckInState.PLANNED:
        return Dropped("answered")
    return say_check_ins.question(request.voice, await _describe(request, shared, check_in))


async def _remind(request: Request, shared: Shared, delivery: Delivery, key: str) -> Message | Dropped:
    """Remind of a check-in that is still open."""
    asked = await _read_open(request, shared, delivery)
    return asked if isinstance(asked, Dropped) else say_check_ins.reminder(request.voice, asked, key)


async def _read_open(request: Request, shared: Shared, delivery: Delivery) -> AskedCheckIn | Dropped:
    """Return the delivery's check-in with its facts, unless it has been answered or is over."""
    check_in = await _answerable(request, shared, delivery)
    if isinstance(check_in, Dropped):
        return check_in
    if check_in.state is not CheckInState.OPEN:
        return Dropped("answered")
    return await _describe(request, shared, check_in)


async def _answerable(request: Request, shared: Shared, delivery: Delivery) -> CheckIn | Dropped:
    """Return the delivery's check-in, unless it is closed or belongs to an earlier pairing of the member."""
    check_in = shared.check_ins.get(delivery.subject_id)
    if check_in is None or check_in.closes_at <= request.now:
        return Dropped("closed")
    pairing = shared.pairings.get((check_in.cycle_id, request.member.id))
    if pairing is None or pairing.id != check_in.pairing_id:
        return Dropped("changed")
    return check_in


async def _describe(request: Request, shared: Shared, check_in: CheckIn) -> AskedCheckIn:
    """Return the check-in with its facts."""
    answers = shared.answers.get((check_in.cycle_id, request.member.id), {})
    return await describe_check_in(request, check_in, answers)
