"""Use cases that take answers back, which their author may do at any time."""

from __future__ import annotations

from dataclasses import replace

from bot.message import Replacement, Reply
from bot.model import CheckInState, DeliveryKind, Share
from bot.say import basics
from bot.say import check_ins as say_check_ins
from bot.say.check_ins import AskedCheckIn
from bot.use_cases import challenges
from bot.use_cases.asked_check_ins import read_asked_check_in
from bot.use_cases.check_ins import get_check_in, refresh_digests
from bot.use_cases.owing import refresh_pool
from bot.use_cases.request import Request


async def take_back(request: Request, number: str) -> Reply:
    """Delete the answers of a check-in, and update what partners have received of them."""
    check_in = await get_check_in(request, number)
    asked = await read_asked_check_in(request, check_in)
    await refresh_digests(request.tx, asked, request.now)
    await request.tx.check_ins.take_back(check_in.id)
    first = say_check_ins.questions(request.voice, asked)[0]
    await _ask_again(request, asked, first.key, CheckInState.OPEN)
    if check_in.closes_at <= request.now:
        return Replacement(basics.plain(request.voice, "check-in.taken-back-closed"))
    return Replacement(say_check_ins.open_again(request.voice, asked, "check-in.taken-back"))


async def take_back_typed(request: Request, argument: str) -> Reply:
    """Delete one typed answer that was not meant as one (`12 pupils`), and return its text to its author."""
    number, _, key = argument.partition(" ")
    check_in = await get_check_in(request, number)
    asked = await read_asked_check_in(request, check_in)
    questions = {each.key: each for each in say_check_ins.questions(request.voice, asked)}
    if key not in asked.values or key not in questions:
        return Replacement(basics.plain(request.voice, "check-in.taken-back-already"))
    was_held = check_in.held_until is not None and request.now < check_in.held_until
    has_gone = check_in.state is CheckInState.ANSWERED and not was_held
    await refresh_digests(request.tx, asked, request.now)
    await request.tx.check_ins.take_back(check_in.id, key)
    stays = not asked.step.is_challenge and asked.values.keys() != {key}
    stays = stays and (has_gone or not questions[key].needed)
    await _ask_again(request, asked, key, check_in.state if stays else CheckInState.OPEN)
    text = say_check_ins.shown_value(request.voice, questions[key], asked.values[key])
    return Replacement(say_check_ins.not_meant(request.voice, asked, text, has_gone=has_gone))


async def _ask_again(request: Request, asked: AskedCheckIn, asking: str, state: CheckInState) -> None:
    """Ask the question again whose answer was deleted, and update what partners have received.

    A check-in that has closed then counts as skipped, which is a reply as well.
    """
    tx, now, check_in = request.tx, request.now, asked.check_in
    if state is CheckInState.OPEN and check_in.closes_at <= now:
        state = CheckInState.SKIPPED
    await tx.check_ins.save(replace(check_in, state=state, asking=asking))
    if asked.step.is_challenge:
        await challenges.take_back(tx, check_in, now)
    elif asked.step.share is Share.POOL:
        await refresh_pool(tx, check_in.cycle_id, check_in.step, now)
    else:
        await tx.deliveries.refresh(DeliveryKind.SHARED_ANSWER, check_in.id, now)
