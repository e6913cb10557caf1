"""Use cases on the newest text of a member or of their partners: show it again."""

from __future__ import annotations

from bot.message import Message
from bot.model import FROM_PARTNERS, CheckIn, CheckInState, Delivery, DeliveryKind, DeliveryState, Share
from bot.say import basics
from bot.say import check_ins as say_check_ins
from bot.say import typed_replies as say_replies
from bot.say.places import MemberPlace, next_steps
from bot.use_cases import challenges, notes
from bot.use_cases.asked_check_ins import read_asked_check_in
from bot.use_cases.request import Request


async def show_partners(request: Request, place: MemberPlace) -> Message:
    """Return the newest text that partners have sent to the member."""
    nothing = say_replies.nothing_from_partner(request.voice, place)
    if place.cycle is None:
        return nothing
    arrived = [
        each
        for each in await request.tx.deliveries.of_cycle(place.cycle.id)
        if each.member_id == request.member.id
        and each.kind in FROM_PARTNERS
        and each.state is DeliveryState.SENT
    ]
    for delivery in sorted(arrived, key=lambda each: each.settled_at or each.due_at, reverse=True):
        if message := await _compose(request, delivery):
            return message
    return nothing


async def _compose(request: Request, delivery: Delivery) -> Message | None:
    """Return the message of a delivery as it would be sent now; None if its author has taken it back."""
    if delivery.kind is DeliveryKind.NOTE:
        return await notes.compose_note(request, delivery.subject_id)
    if delivery.kind is DeliveryKind.CHALLENGE_REPLY:
        return await challenges.compose_reply(request, delivery.subject_id)
    check_in = await request.tx.check_ins.get(delivery.subject_id)
    if check_in is None:
        return None
    if delivery.kind is DeliveryKind.CHALLENGE:
        return await challenges.compose_challenge(request, check_in, is_update=False)
    return await _compose_answer(request, check_in)


async def _compose_answer(request: Request, check_in: CheckIn) -> Message | None:
    if check_in.state is not CheckInState.ANSWERED or check_in.pairing_id is None:
        return None
    author = await request.tx.members.get(check_in.member_id)
    answers = await request.tx.check_ins.answers(check_in.id)
    if not answers or any(each.share is not Share.PARTNER for each in answers):
        return None
    step = (await read_asked_check_in(request, check_in)).step
    return say_check_ins.partner_answer(request.voice, step, author.given_name, answers, check_in.pairing_id)


async def show_own(request: Request, place: MemberPlace) -> Message:
    """Return the member's newest answer, with the buttons to change it or to take it back."""
    tx, voice = request.tx, request.voice
    cycle = place.cycle
    check_ins = await tx.check_ins.of_member(cycle.id, request.member.id) if cycle else ()
    answers = await tx.check_ins.answers_of(cycle.id, request.member.id) if cycle else {}
    given = [each for each in check_ins if answers.get(each.step)]
    if not given:
        return basics.plain(voice, "typed.no-answer", *next_steps(voice, place))
    newest = max(given, key=lambda each: max(answer.given_at for answer in answers[each.step]))
    asked = await read_asked_check_in(request, newest)
    readers = [each.id for each in place.partners]
    was_read = [await tx.deliveries.was_sent(DeliveryKind.SHARED_ANSWER, newest.id, each) for each in readers]
    can_change = newest.closes_at > request.now
    return say_replies.last_answer(voice, asked, was_read=any(was_read), can_change=can_change)
