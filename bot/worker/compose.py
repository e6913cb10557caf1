"""What a delivery says at the moment of sending, or why it waits, or why it is no longer wanted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.message import Message
from bot.model import (
    ASKS,
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
from bot.rules.school_time import Availability, NoTeachingDays
from bot.say import challenges as challenge_words
from bot.say import check_ins as say_check_ins
from bot.say import cycles as cycle_words
from bot.say import pairings as pairing_words
from bot.use_cases import challenges, cycles, digests, notes, places
from bot.use_cases.asks import the_ask
from bot.use_cases.request import Request
from bot.use_cases.schools import availability, availability_at

POOL_SHOWN = 3
AFTERWARDS = timedelta(days=30)
"""How long after a cycle somebody who was never connected may still get what they were owed in it."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: at that moment."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Dropped:
    """No longer wanted; the reason is a key of the content."""

    reason: str


async def compose(
    tx: Tx, prompts: Prompts, delivery: Delivery, now: datetime, gathering: Collection[str] = ()
) -> Message | Later | Dropped:
    """The message as of now: names, consent and pauses are current, school hours are kept, one ask a day."""
    member = await tx.members.get(delivery.member_id)
    request = Request(tx, prompts.voice(member.language), member, now)
    cycle = await tx.cycles.get(delivery.cycle_id) if delivery.cycle_id is not None else None
    if not member.active:
        return Dropped("inactive")
    if not delivery.ref:  # an update in place disturbs nobody, and is never too late
        was_closed_at = cycle.closed_at if cycle else None
        if delivery.reason == "not-connected" and was_closed_at and was_closed_at + AFTERWARDS <= now:
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
    return await _words(request, delivery, cycle, gathering)


async def _wait(request: Request, delivery: Delivery, cycle: Cycle | None) -> Later | Dropped | None:
    now = request.now
    person = await _person(request, delivery)
    if not person.is_reachable(now):
        return _at(delivery, _next(person, delivery.kind, now))
    if cycle is not None and cycle.state is CycleState.PAUSED and delivery.kind is not DeliveryKind.NOTE:
        return _at(delivery, _tomorrow(person, now))
    if late := _late(person, delivery, now):
        return _at(delivery, late)
    if delivery.kind in ASKS:
        start, end = person.day_bounds(person.local_day(now))
        if await request.tx.deliveries.asks_sent(request.member.id, start, end):
            return _at(delivery, _tomorrow(person, now))
        if await request.tx.deliveries.is_asking(delivery):  # whether it was sent is known in a moment
            return _at(delivery, now + timedelta(minutes=1))
    return None


async def _person(request: Request, delivery: Delivery) -> Availability:
    tx = request.tx
    if delivery.kind is DeliveryKind.DIGEST:
        return await availability_at(tx, request.member, await tx.schools.get(delivery.subject_id))
    return await availability(tx, request.member)


def _next(person: Availability, kind: DeliveryKind, now: datetime) -> datetime:
    """Asks come at the asking time; whatever is only to be read comes as soon as the school day allows."""
    moment = person.next_moment(now)
    if kind in ASKS and kind is not DeliveryKind.INVITATION:
        return max(moment, person.ask_moment(person.local_day(moment)))
    return moment


def _late(person: Availability, delivery: Delivery, now: datetime) -> datetime | None:
    """What should have been asked on an earlier day waits for this day's asking time: nobody asks during a lesson."""
    today = person.local_day(now)
    if delivery.kind not in ASKS or delivery.kind is DeliveryKind.INVITATION:
        return None
    if person.local_day(delivery.due_at) >= today:
        return None
    moment = person.ask_moment(today)
    return moment if moment > now else None


def _tomorrow(person: Availability, now: datetime) -> datetime:
    _, end_of_day = person.day_bounds(person.local_day(now))
    return person.ask_moment(person.local_day(end_of_day))


def _at(delivery: Delivery, moment: datetime) -> Later:
    """Wait until then, unless its time will have passed: nothing is saved up over a holiday."""
    if delivery.expires_at is not None and moment >= delivery.expires_at:
        return Later(delivery.expires_at)  # dropped then, unless a pause ends before
    return Later(moment)


async def _words(  # noqa: C901, PLR0912  # one visible table of every kind
    request: Request,
    delivery: Delivery,
    cycle: Cycle,
    gathering: Collection[str],
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
            return await cycles.invitation(request, cycle)
        case DeliveryKind.MATCH | DeliveryKind.CHANGED_MATCH:
            is_changed = delivery.kind is DeliveryKind.CHANGED_MATCH
            met = await places.introduction(request, subject, changed=is_changed, gathering=gathering)
            return met or Dropped("changed")
        case DeliveryKind.TOGETHER:
            return await places.opening(request, subject) or Dropped("changed")
        case DeliveryKind.ALONE:
            seated = await tx.pairings.of_member(cycle.id, member.id)
            return Dropped("changed") if seated else pairing_words.alone(voice, cycle)
        case DeliveryKind.CHECK_IN | DeliveryKind.REMINDER | DeliveryKind.AGAIN | DeliveryKind.NUDGE:
            return await _ask(request, delivery)
        case DeliveryKind.SHARED_ANSWER:
            return await _shared_answer(request, delivery)
        case DeliveryKind.POOL:
            return await _pool(request, delivery, cycle)
        case DeliveryKind.CHALLENGE:
            return await _challenge(request, delivery)
        case DeliveryKind.CHALLENGE_REPLY:
            return await challenges.reply_for(request, subject) or _gone(voice, delivery)
        case DeliveryKind.NOTE:
            return await notes.message_for(request, subject) or _gone(voice, delivery)
        case DeliveryKind.DIGEST:
            if Post(Role.PRINCIPAL, subject) not in member.posts:
                return Dropped("inactive")
            monday = date.fromisoformat(delivery.occurrence)
            return await digests.compose(request, cycle, subject, monday) or Dropped("nothing-to-say")
        case DeliveryKind.CYCLE_END:
            return Dropped("closed") if cycle.state is CycleState.CLOSED else cycle_words.end(voice, cycle)
        case DeliveryKind.CLOSED:
            pairing = await tx.pairings.of_member(cycle.id, member.id)
            partners = await tx.members.many(pairing.partners_of(member.id) if pairing else ())
            return cycle_words.closed(
                voice, cycle, [each.given_name for each in partners.values() if each.active]
            )


async def _ask(request: Request, delivery: Delivery) -> Message | Later | Dropped:
    voice = request.voice
    check_in = await request.tx.check_ins.get(delivery.subject_id)
    if check_in is None or check_in.closes_at <= request.now:
        return Dropped("closed")
    pairing = await request.tx.pairings.of_member(check_in.cycle_id, request.member.id)
    if pairing is None or pairing.id != check_in.pairing_id:
        return Dropped("changed")
    if delivery.kind is DeliveryKind.CHECK_IN and check_in.due_at > request.now:
        return Later(check_in.due_at)  # planned anew for a later day
    expected = CheckInState.PLANNED if delivery.kind is DeliveryKind.CHECK_IN else CheckInState.OPEN
    if check_in.state is not expected:
        return Dropped("answered")
    ask = await the_ask(request, check_in)
    until = voice.until(ask.closes, ask.today)
    match delivery.kind:
        case DeliveryKind.REMINDER:
            return say_check_ins.question(voice, ask, voice.markdown("check-in.reminder", until=until))
        case DeliveryKind.NUDGE:
            return say_check_ins.question(voice, ask, voice.markdown("check-in.nudge", until=until))
        case DeliveryKind.AGAIN:
            return say_check_ins.question(voice, ask, voice.markdown("check-in.again"))
        case _:
            return say_check_ins.question(voice, ask)


async def _shared_answer(request: Request, delivery: Delivery) -> Message | Dropped:
    tx = request.tx
    check_in = await tx.check_ins.get(delivery.subject_id)
    if check_in is None or check_in.pairing_id is None:
        return Dropped("taken-back")
    pairing = await tx.pairings.get(check_in.pairing_id)
    cycle = await tx.cycles.get(check_in.cycle_id)
    step = (await cycles.pack_of(tx, cycle)).step(check_in.step)
    author = await tx.members.get(check_in.member_id)
    if request.member.id not in pairing.member_ids or not privacy.may_partner_read(step.share):
        # What an earlier partner was sent goes with its author when it changes.
        return (
            say_check_ins.partner_answer(request.voice, step, author.given_name, (), None)
            if delivery.ref
            else Dropped("changed")
        )
    answers = await tx.check_ins.answers(check_in.id)
    if answers and check_in.state is not CheckInState.ANSWERED:
        return Dropped("changed")  # until the author decides; then it is owed again
    if not answers and not delivery.ref:
        return Dropped("taken-back")
    return say_check_ins.partner_answer(request.voice, step, author.given_name, answers, pairing.id)


def _gone(voice: Voice, delivery: Delivery) -> Message | Dropped:
    """Words that were erased are replaced where they stand already."""
    return challenge_words.took_back(voice, "") if delivery.ref else Dropped("taken-back")


async def _pool(request: Request, delivery: Delivery, cycle: Cycle) -> Message | Later | Dropped:
    """What others said, to those who gave something too; once the step is over for everybody.

    Two readings of one pool at two moments could be subtracted, so nobody reads it while it may still grow.
    """
    tx = request.tx
    check_in = await tx.check_ins.get(delivery.subject_id)
    if check_in is None or check_in.state is not CheckInState.ANSWERED:
        return Dropped("nothing-to-say")
    over = max(each.closes_at for each in await tx.check_ins.of_cycle(cycle.id) if each.step == check_in.step)
    if over > request.now:
        return Later(over)
    step = (await cycles.pack_of(tx, cycle)).step(check_in.step)
    typed = {
        each.key
        for each in step.words(request.voice.language).questions
        if each.kind in (Kind.SHORT, Kind.LONG)
    }
    said = [
        each for each in await tx.check_ins.pool(cycle.id, step.key, Share.POOL) if each[1].question in typed
    ]
    if not privacy.may_pool_read(len({author for author, _ in said})):
        return Dropped("nothing-to-say")
    others = {answer.text for author, answer in said if author != request.member.id}
    # Sorted by their words, so that the order tells nothing of who wrote when.
    return say_check_ins.pool(request.voice, sorted(others, key=lambda text: (-len(text), text))[:POOL_SHOWN])


async def _challenge(request: Request, delivery: Delivery) -> Message | Later | Dropped:
    check_in: CheckIn | None = await request.tx.check_ins.get(delivery.subject_id)
    if check_in is None:
        return Dropped("closed")
    if delivery.occurrence != str(check_in.pairing_id) and not delivery.ref:
        return Dropped("changed")
    check_in = replace(check_in, pairing_id=int(delivery.occurrence))  # as it was when this was owed
    message = await challenges.message_for(request, check_in, is_update=bool(delivery.ref))
    if message is None and (last := await challenges.last_moment(request.tx, check_in)) > request.now:
        return Later(last)
    return message or Dropped("nothing-to-say")
