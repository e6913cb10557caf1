"""Composition: turn a due delivery into a message, a later time, or a reason to drop it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

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
    Kind,
    Post,
    Role,
    Share,
)
from bot.ports import Tx
from bot.prompts import Prompts, Voice
from bot.rules import privacy
from bot.rules.premises import may_take_part
from bot.rules.school_time import Availability, NoTeachingDays
from bot.say import challenges as say_challenges
from bot.say import check_ins as say_check_ins
from bot.say import cycles as say_cycles
from bot.say import pairings as say_pairings
from bot.use_cases import challenges, coordinators, cycles, digests, enrolments, introductions, notes
from bot.use_cases.asked_check_ins import read_asked_check_in
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availability, read_availability_at

POOL_SHOWN = 3
AFTER_CLOSING = timedelta(days=30)
"""The time after a cycle is closed in which a member who had no address may still get what was owed in it."""


@dataclass(frozen=True, slots=True)
class Later:
    """The delivery waits until `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Dropped:
    """The delivery is no longer wanted; `reason` is a key of the content."""

    reason: str


async def compose(
    tx: Tx,
    prompts: Prompts,
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
    if not delivery.ref:  # an update notifies nobody, so hours and expiry do not apply
        closed_at = cycle.closed_at if cycle else None
        if delivery.reason == "not-connected" and closed_at and closed_at + AFTER_CLOSING <= now:
            return Dropped("closed")
        if delivery.expires_at is not None and delivery.expires_at <= now:
            return Dropped("expired")
        try:
            wait = await _wait(request, delivery, cycle)
        except NoTeachingDays:
            return Dropped("no-teaching-days")
        if wait is not None:
            return wait
    if cycle is None:
        return Dropped("closed")
    return await _message(request, delivery, cycle, group_chat_platforms)


# --- waiting --------------------------------------------------------------------------------------------------------


async def _wait(request: Request, delivery: Delivery, cycle: Cycle | None) -> Later | None:
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
        if await request.tx.deliveries.asks_sent(request.member.id, start, end):
            return _later(delivery, _next_asking_day(person, now))
        # Another worker may be sending this member an ask: look again in a minute.
        if await request.tx.deliveries.is_asking(delivery):
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


async def _message(  # noqa: C901, PLR0911, PLR0912  # one case for each kind
    request: Request, delivery: Delivery, cycle: Cycle, group_chat_platforms: Collection[str]
) -> Message | Later | Dropped:
    tx, voice, member = request.tx, request.voice, request.member
    subject = delivery.subject_id
    match delivery.kind:
        case DeliveryKind.INVITATION:
            enrolment = await tx.cycles.enrolment(cycle.id, member.id)
            if (
                enrolment is None
                or enrolment.state is not EnrolmentState.INVITED
                or cycle.state is CycleState.CLOSED
            ):
                return Dropped("answered")
            return await enrolments.compose_invitation(request, cycle)
        case DeliveryKind.MATCH | DeliveryKind.CHANGED_MATCH:
            is_changed = delivery.kind is DeliveryKind.CHANGED_MATCH
            introduction = await introductions.compose_introduction(
                request, subject, changed=is_changed, gathering=group_chat_platforms
            )
            return introduction or Dropped("changed")
        case DeliveryKind.TOGETHER:
            return await introductions.compose_opening(request, subject) or Dropped("changed")
        case DeliveryKind.REQUEST:
            about = delivery.occurrence.partition(" ")[0]
            return await coordinators.compose_request(request, subject, about) or Dropped("changed")
        case DeliveryKind.ALONE:
            pairing = await tx.pairings.of_member(cycle.id, member.id)
            return Dropped("changed") if pairing else say_pairings.alone(voice, cycle)
        case DeliveryKind.CHECK_IN:
            return await _first_ask(request, delivery)
        case DeliveryKind.REMINDER:
            return await _repeated_ask(
                request, delivery, lambda until: voice.markdown("check-in.reminder", until=until)
            )
        case DeliveryKind.NUDGE:
            return await _repeated_ask(
                request, delivery, lambda until: voice.markdown("check-in.nudge", until=until)
            )
        case DeliveryKind.AGAIN:
            return await _repeated_ask(request, delivery, lambda _: voice.markdown("check-in.again"))
        case DeliveryKind.SHARED_ANSWER:
            return await _shared_answer(request, delivery)
        case DeliveryKind.POOL:
            return await _pool(request, delivery, cycle)
        case DeliveryKind.CHALLENGE:
            return await _challenge(request, delivery)
        case DeliveryKind.CHALLENGE_REPLY:
            return await challenges.compose_reply(request, subject) or _taken_back(voice, delivery)
        case DeliveryKind.NOTE:
            return await notes.compose_note(request, subject) or _taken_back(voice, delivery)
        case DeliveryKind.DIGEST:
            if Post(Role.PRINCIPAL, subject) not in member.posts:
                return Dropped("inactive")
            monday = date.fromisoformat(delivery.occurrence)
            return await digests.compose_digest(request, cycle, subject, monday) or Dropped("nothing-to-say")
        case DeliveryKind.CYCLE_END:
            return Dropped("closed") if cycle.state is CycleState.CLOSED else say_cycles.end(voice, cycle)
        case DeliveryKind.CLOSED:
            pairing = await tx.pairings.of_member(cycle.id, member.id)
            partners = await tx.members.many(pairing.partners_of(member.id) if pairing else ())
            return say_cycles.closed(
                voice, cycle, [each.given_name for each in partners.values() if each.active]
            )


async def _first_ask(request: Request, delivery: Delivery) -> Message | Later | Dropped:
    check_in = await _answerable(request, delivery)
    if isinstance(check_in, Dropped):
        return check_in
    if check_in.due_at > request.now:  # the check-in was moved to a later day after the delivery was queued
        return Later(check_in.due_at)
    if check_in.state is not CheckInState.PLANNED:
        return Dropped("answered")
    return say_check_ins.question(request.voice, await read_asked_check_in(request, check_in))


async def _repeated_ask(
    request: Request, delivery: Delivery, opening: Callable[[str], str]
) -> Message | Dropped:
    """Ask once more what is still open; `opening` is given the day on which the check-in closes."""
    check_in = await _answerable(request, delivery)
    if isinstance(check_in, Dropped):
        return check_in
    if check_in.state is not CheckInState.OPEN:
        return Dropped("answered")
    ask = await read_asked_check_in(request, check_in)
    return say_check_ins.question(request.voice, ask, opening(request.voice.until(ask.closes, ask.today)))


async def _answerable(request: Request, delivery: Delivery) -> CheckIn | Dropped:
    """Return the delivery's check-in, unless it is closed or belongs to an earlier pairing of the member."""
    check_in = await request.tx.check_ins.get(delivery.subject_id)
    if check_in is None or check_in.closes_at <= request.now:
        return Dropped("closed")
    pairing = await request.tx.pairings.of_member(check_in.cycle_id, request.member.id)
    if pairing is None or pairing.id != check_in.pairing_id:
        return Dropped("changed")
    return check_in


async def _shared_answer(request: Request, delivery: Delivery) -> Message | Later | Dropped:
    tx = request.tx
    check_in = await tx.check_ins.get(delivery.subject_id)
    if check_in is None or check_in.pairing_id is None:
        return Dropped("taken-back")
    pairing = await tx.pairings.get(check_in.pairing_id)
    cycle = await tx.cycles.get(check_in.cycle_id)
    step = (await cycles.read_pack(tx, cycle)).step(check_in.step)
    author = await tx.members.get(check_in.member_id)
    is_partner = request.member.id in pairing.member_ids and may_take_part(request.member)
    if not is_partner or not privacy.may_partner_read(step.share):
        # An earlier partner gets no changes: the answers in the message that they were sent are removed.
        return (
            say_check_ins.partner_answer(request.voice, step, author.given_name, (), None)
            if delivery.ref
            else Dropped("changed")
        )
    answers = await tx.check_ins.answers(check_in.id)
    if answers and check_in.state is not CheckInState.ANSWERED:
        return Dropped("changed")  # it is owed again when the author has decided
    if answers and check_in.held_until and check_in.held_until > request.now:
        return Later(check_in.held_until)
    if not answers and not delivery.ref:
        return Dropped("taken-back")
    return say_check_ins.partner_answer(request.voice, step, author.given_name, answers, pairing.id)


def _taken_back(voice: Voice, delivery: Delivery) -> Message | Dropped:
    """Replace erased text in the message that was sent, or drop a delivery that was not sent yet."""
    return say_challenges.took_back(voice, "") if delivery.ref else Dropped("taken-back")


async def _pool(request: Request, delivery: Delivery, cycle: Cycle) -> Message | Later | Dropped:
    """Show what others shared to a member who shared something too, once the step is over for everybody.

    Nobody reads a pool while it may still grow: the difference between two readings would tell who wrote what.
    """
    tx = request.tx
    check_in = await tx.check_ins.get(delivery.subject_id)
    was_sent = bool(delivery.ref)  # then this is an update, because an answer was taken back
    if check_in is None or (check_in.state is not CheckInState.ANSWERED and not was_sent):
        return Dropped("nothing-to-say")
    of_step = [each for each in await tx.check_ins.of_cycle(cycle.id) if each.step == check_in.step]
    held = [each.held_until for each in of_step if each.held_until]
    step_ends = max([each.closes_at for each in of_step] + held)
    if step_ends > request.now:
        return Later(step_ends)
    step = (await cycles.read_pack(tx, cycle)).step(check_in.step)
    typed = {
        each.key
        for each in step.words(request.voice.language).questions
        if each.kind in (Kind.SHORT, Kind.LONG)
    }
    shared = [
        each for each in await tx.check_ins.pool(cycle.id, step.key, Share.POOL) if each[1].question in typed
    ]
    if not privacy.may_pool_read(len({author for author, _ in shared})):
        return _taken_back(request.voice, delivery) if was_sent else Dropped("nothing-to-say")
    others = {answer.text for author, answer in shared if author != request.member.id}
    # Sorted by the texts themselves, so that the order does not tell who wrote when.
    return say_check_ins.pool(request.voice, sorted(others, key=lambda text: (-len(text), text))[:POOL_SHOWN])


async def _challenge(request: Request, delivery: Delivery) -> Message | Later | Dropped:
    check_in: CheckIn | None = await request.tx.check_ins.get(delivery.subject_id)
    if check_in is None:
        return Dropped("closed")
    if delivery.occurrence != str(check_in.pairing_id) and not delivery.ref:
        return Dropped("changed")
    check_in = replace(check_in, pairing_id=int(delivery.occurrence))  # the pairing when this was owed
    message = await challenges.compose_challenge(request, check_in, is_update=bool(delivery.ref))
    if message is None:
        release = await challenges.read_release(request.tx, check_in, request.now)
        if release > request.now:
            return Later(release)
    return message or Dropped("nothing-to-say")
