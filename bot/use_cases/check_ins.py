"""Use cases on check-ins: answer by form or by typing, change, share, skip, postpone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import UserError
from bot.message import Form, Message, Replacement, Reply
from bot.model import (
    Answer,
    CheckIn,
    CheckInState,
    CycleState,
    DeliveryKind,
    Kind,
    PairingState,
    Question,
    Share,
)
from bot.ports import Tx
from bot.prompts import Prompts
from bot.say import basics
from bot.say import check_ins as say_check_ins
from bot.say.check_ins import AskedCheckIn
from bot.use_cases import careful_answers, challenges, digests
from bot.use_cases.asked_check_ins import parse_typed_answer, read_asked_check_in
from bot.use_cases.forms import find_faults, parse_id
from bot.use_cases.holding import compute_hold_end, read_departure
from bot.use_cases.owing import owe
from bot.use_cases.request import Request
from bot.use_cases.schools import choose_moment, read_availability


async def get_check_in(request: Request, number: str) -> CheckIn:
    """Return the member's check-in with this number; raise `UserError` unless it was asked."""
    check_in_id = parse_id(number)
    check_in = await request.tx.check_ins.get(check_in_id) if check_in_id is not None else None
    if check_in is None or check_in.member_id != request.member.id or check_in.state is CheckInState.PLANNED:
        raise UserError("no-such-check-in")
    return check_in


async def get_open_check_in(request: Request, number: str) -> CheckIn:
    """Return the member's check-in with this number; raise `UserError` unless it was asked and is not closed."""
    check_in = await get_check_in(request, number)
    if check_in.closes_at <= request.now:
        raise UserError("closed")
    return check_in


async def is_asked(request: Request) -> bool:
    """Return whether a question is open for the member, which plain text may answer."""
    return any(each.asking for each in await request.tx.check_ins.open_for(request.member.id, request.now))


async def _read_changeable(request: Request, number: str) -> AskedCheckIn:
    """Return the member's check-in whose answers may be changed now; raise `UserError` if they may not.

    A focus or plan that was given is quoted for weeks, so it may be changed until the cycle is closed.
    """
    check_in = await get_check_in(request, number)
    asked = await read_asked_check_in(request, check_in)
    is_quoted = bool(asked.answers) and bool(asked.step.focus or asked.step.plan)
    if check_in.closes_at <= request.now:
        cycle = await request.tx.cycles.get(check_in.cycle_id)
        if not is_quoted or cycle.state is CycleState.CLOSED:
            raise UserError("closed")
    return asked


async def open_form(request: Request, number: str) -> Form:
    """Return the form with the answers given so far."""
    asked = await _read_changeable(request, number)
    if asked.step.is_challenge and not asked.partner:
        raise UserError("no-partner")
    return say_check_ins.form(request.voice, asked)


async def submit(request: Request, prompts: Prompts, number: str, values: Mapping[str, str]) -> Reply:
    """Store the answers of the form and share them as the step says."""
    voice = request.voice
    asked = await _read_changeable(request, number)
    check_in = asked.check_in
    form = say_check_ins.form(voice, asked, values)
    if faults := find_faults(voice, form, values):
        return faults
    await refresh_digests(request.tx, asked, request.now)
    await request.tx.check_ins.take_back(check_in.id)
    asked = replace(asked, check_in=replace(check_in, asking=None), answers=())
    for question in say_check_ins.questions(voice, asked):
        if values.get(question.key, "").strip():
            asked = await _store_answer(request, asked, question, values[question.key].strip())
    return Replacement(await _share_or_suggest(request, prompts, asked))


async def refresh_digests(tx: Tx, asked: AskedCheckIn, now: datetime) -> None:
    """Update the digests that quote the answers, because these are about to change."""
    if asked.step.story:
        cycle = await tx.cycles.get(asked.check_in.cycle_id)
        await digests.refresh_story(tx, cycle, {asked.step.key: asked.answers}, now)


async def _store_answer(request: Request, asked: AskedCheckIn, question: Question, text: str) -> AskedCheckIn:
    """Store one answer, with its language and the chat message in which it was typed; return the check-in with it."""
    answer = Answer(
        check_in_id=asked.check_in.id,
        question=question.key,
        text=text,
        share=asked.step.share,
        language=request.voice.language,
        given_at=request.now,
        message=request.message,
    )
    await request.tx.check_ins.answer(answer)
    others = []
    for each in asked.answers:
        if each.question == question.key:
            answer = replace(answer, given_at=each.given_at, edited_at=request.now)
        else:
            others.append(each)
    in_order = sorted((*others, answer), key=lambda each: (each.given_at, each.question))
    return replace(asked, answers=tuple(in_order))


async def _share_or_suggest(
    request: Request, prompts: Prompts, asked: AskedCheckIn, typed: Question | None = None
) -> Message:
    """Share the answers; once, suggest other wording first if they judge someone or name a pupil.

    `typed` is the question that was answered by typing: then they are held first.
    """
    voice = request.voice
    check_in = asked.check_in
    shared = asked.step.is_challenge or asked.step.share is not Share.ME
    if shared and check_in.suggested_at is None:
        typed_keys = {
            each.key for each in say_check_ins.questions(voice, asked) if each.kind in (Kind.SHORT, Kind.LONG)
        }
        text = "\n".join(answer.text for answer in asked.answers if answer.question in typed_keys)
        judging = prompts.words(voice.language).judging_in(text) if asked.step.is_challenge else ()
        known = (*asked.partner_names, *asked.facts["school"].split())
        naming = careful_answers.names_in(request, prompts, text, known)
        if judging or naming:
            # Open again: changed answers wait for their author's decision, even if earlier ones were shared.
            waiting = replace(
                check_in, state=CheckInState.OPEN, suggested_at=request.now, asking=None, held_until=None
            )
            await request.tx.check_ins.save(waiting)
            return say_check_ins.suggestion(voice, asked, judging=judging[:3], naming=naming[:3])
    return await _share(request, asked, typed)


async def send_now(request: Request, number: str) -> Reply:
    """Share the answers as they are: after a suggestion, or while typed ones are held."""
    check_in = await get_check_in(request, number)
    if check_in.state is not CheckInState.ANSWERED:
        check_in = await get_open_check_in(request, number)
    asked = await read_asked_check_in(request, check_in)
    missing = [
        each
        for each in say_check_ins.questions(request.voice, asked)
        if each.needed and not asked.values.get(each.key)
    ]
    if missing:
        return say_check_ins.form(request.voice, asked)
    return Replacement(await _share(request, asked))


async def _share(request: Request, asked: AskedCheckIn, typed: Question | None = None) -> Message:
    """Mark the check-in as answered, share the answers as the step says, and ask the question that follows, if any.

    Typed answers are held first; the others go at once.
    """
    is_read_by_others = asked.step.is_challenge or asked.step.share is not Share.ME
    held_until = await compute_hold_end(request) if typed and is_read_by_others else None
    answered = replace(asked.check_in, state=CheckInState.ANSWERED, held_until=held_until)
    await request.tx.check_ins.save(answered)
    asked = replace(asked, check_in=answered)
    moments: Collection[datetime] = ()
    if asked.step.is_challenge:
        released_at = await challenges.give(request, asked)
        moments = (released_at,) if released_at else ()
    elif asked.step.share is Share.PARTNER:
        moments = await _owe_to_partners(request, answered)
    questions = say_check_ins.questions(request.voice, asked)
    return say_check_ins.kept(
        request.voice,
        asked,
        await read_departure(request, moments, held_until),
        following=next((each for each in questions if each.key == answered.asking), None),
        typed=typed.key if typed else "",
    )


async def _owe_to_partners(request: Request, check_in: CheckIn) -> Collection[datetime]:
    """Owe the answers to the partners, and return when; where they have arrived already, update them in place."""
    tx = request.tx
    if check_in.pairing_id is None:
        return ()
    pairing = await tx.pairings.get(check_in.pairing_id)
    if pairing.state is not PairingState.LIVE:
        return ()
    cycle = await tx.cycles.get(check_in.cycle_id)
    partners = await tx.members.many(pairing.partners_of(request.member.id))
    after = check_in.held_until or request.now
    moments = await owe(tx, cycle, DeliveryKind.SHARED_ANSWER, check_in.id, partners.values(), after)
    await tx.deliveries.refresh(DeliveryKind.SHARED_ANSWER, check_in.id, after)
    return moments.values()


# --- typed replies ---------------------------------------------------------------------------------------------------


async def keep_typed(request: Request, prompts: Prompts, asked: AskedCheckIn, text: str) -> Message:
    """Store typed text as the answer to the question being asked, hold it if others read it, and continue."""
    question = next(
        each for each in say_check_ins.questions(request.voice, asked) if each.key == asked.check_in.asking
    )
    value = parse_typed_answer(question, text, asked.today)
    if value is None:
        return say_check_ins.explain_choices(request.voice, question)
    if len(value) > question.limit and question.kind in (Kind.SHORT, Kind.LONG):
        raise UserError("too-long", length=len(value), limit=question.limit)
    asked = await _store_answer(request, asked, question, value)
    return await _ask_next(request, prompts, asked, question, value)


async def _ask_next(
    request: Request, prompts: Prompts, asked: AskedCheckIn, question: Question, value: str
) -> Message:
    """Ask the next question; share as soon as every needed answer is there."""
    voice = request.voice
    questions = say_check_ins.questions(voice, asked)
    answered = {*asked.values, question.key}
    following = next(
        (each for each in questions[questions.index(question) + 1 :] if each.key not in answered), None
    )
    check_in = replace(asked.check_in, asking=following.key if following else None)
    complete = all(each.key in answered for each in questions if each.needed)
    if following is None or (complete and not following.needed and not asked.step.is_challenge):
        return await _share_or_suggest(request, prompts, replace(asked, check_in=check_in), question)
    await request.tx.check_ins.save(check_in)
    return say_check_ins.next_question(
        voice, asked, question, following, say_check_ins.shown_value(voice, question, value)
    )


# --- skip, postpone --------------------------------------------------------------------------------------------------


async def skip(request: Request, number: str) -> Reply:
    """Skip a check-in, which counts as a reply: nobody follows up. An answered one stays answered."""
    check_in = await get_open_check_in(request, number)
    asked = await read_asked_check_in(request, check_in)
    if check_in.state is CheckInState.ANSWERED:
        return Replacement(
            say_check_ins.all_answered(request.voice, check_in, check_in.pairing_id, asked.partner)
        )
    await request.tx.check_ins.save(replace(check_in, state=CheckInState.SKIPPED, asking=None))
    return Replacement(say_check_ins.skipped(request.voice, asked))


async def undo_skip(request: Request, number: str) -> Reply:
    """Open a skipped check-in again."""
    check_in = await get_open_check_in(request, number)
    asked = await read_asked_check_in(request, check_in)
    if check_in.state is CheckInState.SKIPPED:
        await request.tx.check_ins.save(
            replace(
                check_in, state=CheckInState.OPEN, asking=say_check_ins.questions(request.voice, asked)[0].key
            )
        )
    return Replacement(say_check_ins.question(request.voice, asked))


async def ask_again_later(request: Request, number: str) -> Reply:
    """Ask again in an hour, within the member's hours; the question stays open meanwhile."""
    tx = request.tx
    check_in = await get_open_check_in(request, number)
    moment = choose_moment(await read_availability(tx, request.member), request.now + timedelta(hours=1))
    await owe(
        tx,
        await tx.cycles.get(check_in.cycle_id),
        DeliveryKind.AGAIN,
        check_in.id,
        [request.member],
        moment,
        occurrence=moment.isoformat(),
        expires_at=check_in.closes_at,
    )
    return basics.plain(request.voice, "check-in.later")
