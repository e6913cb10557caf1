"""Composing the messages that bring what other people wrote, and the outcomes of composing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.message import Message
from bot.model import (
    KINDS,
    CheckIn,
    CheckInState,
    Cycle,
    Delivery,
    Kind,
    Post,
    Role,
    Share,
    WordsOf,
)
from bot.prompts import Voice
from bot.rules import privacy
from bot.rules.premises import may_take_part
from bot.say import challenges as say_challenges
from bot.say import check_ins as say_check_ins
from bot.use_cases import challenges, cycles, digests, notes
from bot.use_cases.request import Request

POOL_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Later:
    """The delivery waits until `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Dropped:
    """The delivery is no longer wanted; `reason` is a key of the content."""

    reason: str


async def compose_words(request: Request, delivery: Delivery, cycle: Cycle) -> Message | Later | Dropped:
    """Return the message that brings what others wrote, as they have it now."""
    voice, subject = request.voice, delivery.subject_id
    match KINDS[delivery.kind].words:
        case WordsOf.NOBODY:
            return Dropped("nothing-to-say")
        case WordsOf.OWNER:
            return await _shared_answer(request, delivery)
        case WordsOf.STEP:
            return await _pool(request, delivery, cycle)
        case WordsOf.GIVER:
            return await _challenge(request, delivery)
        case WordsOf.RECEIVER:
            return await challenges.compose_reply(request, subject) or _taken_back(voice, delivery)
        case WordsOf.AUTHOR:
            return await notes.compose_note(request, subject) or _taken_back(voice, delivery)
        case WordsOf.CONSENTING:
            if Post(Role.PRINCIPAL, subject) not in request.member.posts:
                return Dropped("inactive")
            monday = date.fromisoformat(delivery.occurrence)
            return await digests.compose_digest(request, cycle, subject, monday) or Dropped("nothing-to-say")


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
