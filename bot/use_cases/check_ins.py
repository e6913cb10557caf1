"""Use cases on check-ins: answer by form or by typing, edit, take back, skip, later; who then reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import UserError
from bot.message import Form, Message, Replacement, Reply
from bot.model import (
    Answer,
    CheckIn,
    CheckInState,
    CommandName,
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
from bot.use_cases import challenges, digests
from bot.use_cases.asked_check_ins import parse_typed_answer, read_asked_check_in
from bot.use_cases.forms import find_faults
from bot.use_cases.owing import owe
from bot.use_cases.request import Request
from bot.use_cases.schools import choose_moment, read_availability


async def _get_open_check_in(request: Request, number: str) -> CheckIn:
    """The check-in of that number if it is theirs, was put to them and is open; else a `UserError`."""
    found = await request.tx.check_ins.get(int(number)) if number.isdecimal() and len(number) < 12 else None
    if found is None or found.member_id != request.member.id or found.state is CheckInState.PLANNED:
        raise UserError("no-such-check-in")
    if found.closes_at <= request.now:
        raise UserError("closed")
    return found


async def open_form(request: Request, number: str) -> Form:
    """The form, with what was said before."""
    ask = await read_asked_check_in(request, await _get_open_check_in(request, number))
    if ask.step.is_challenge and not ask.partner:
        raise UserError("no-partner")
    return say_check_ins.form(request.voice, ask)


async def submit(request: Request, prompts: Prompts, number: str, values: Mapping[str, str]) -> Reply:
    """Keep what the form says and share it as the step says."""
    voice = request.voice
    check_in = await _get_open_check_in(request, number)
    ask = await read_asked_check_in(request, check_in)
    form = say_check_ins.form(voice, ask, values)
    if wrong := find_faults(voice, form, values):
        return wrong
    await _refresh_digests(request.tx, ask, request.now)
    await request.tx.check_ins.take_back(check_in.id)
    for question in say_check_ins.questions(voice, ask):
        if values.get(question.key, "").strip():
            await _store_answer(request, ask, question, values[question.key].strip())
    return Replacement(await _share_or_suggest(request, prompts, ask))


async def _refresh_digests(tx: Tx, ask: say_check_ins.Ask, now: datetime) -> None:
    if ask.step.story:
        cycle = await tx.cycles.get(ask.check_in.cycle_id)
        await digests.refresh_story(tx, cycle, {ask.step.key: ask.answers}, now)


async def _store_answer(request: Request, ask: say_check_ins.Ask, question: Question, text: str) -> None:
    await request.tx.check_ins.answer(
        Answer(
            check_in_id=ask.check_in.id,
            question=question.key,
            text=text,
            share=ask.step.share,
            language=request.voice.language,
            given_at=request.now,
        )
    )


async def _share_or_suggest(request: Request, prompts: Prompts, ask: say_check_ins.Ask) -> Message:
    """One gentle suggestion where the words judge or name a pupil; otherwise they go where the step says."""
    voice = request.voice
    check_in = ask.check_in
    ask = replace(ask, answers=await request.tx.check_ins.answers(check_in.id))
    shared = ask.step.is_challenge or ask.step.share is not Share.ME
    if shared and check_in.suggested_at is None:
        typed = {
            each.key for each in say_check_ins.questions(voice, ask) if each.kind in (Kind.SHORT, Kind.LONG)
        }
        text = "\n".join(answer.text for answer in ask.answers if answer.question in typed)
        lists = prompts.words(voice.language)
        judging = lists.judging_in(text) if ask.step.is_challenge else ()
        naming = lists.names_in(
            text, known={request.member.given_name, request.member.family_name, *ask.partner.split()}
        )
        if judging or naming:
            # Open again: new words wait for their writer's decision, also where older ones were sent before.
            waiting = replace(check_in, state=CheckInState.OPEN, suggested_at=request.now, asking=None)
            await request.tx.check_ins.save(waiting)
            return say_check_ins.suggestion(
                voice, ask, "judging" if judging else "naming", (judging or naming)[:3]
            )
    return await _share(request, ask)


async def send(request: Request, number: str) -> Reply:
    """Send as it is: the writer decides."""
    check_in = await _get_open_check_in(request, number)
    ask = await read_asked_check_in(request, check_in)
    missing = [
        each
        for each in say_check_ins.questions(request.voice, ask)
        if each.needed and not ask.values.get(each.key)
    ]
    if missing:
        return say_check_ins.form(request.voice, ask)
    return Replacement(await _share(request, ask))


async def _share(request: Request, ask: say_check_ins.Ask) -> Message:
    answered = replace(ask.check_in, state=CheckInState.ANSWERED, asking=None)
    await request.tx.check_ins.save(answered)
    ask = replace(ask, check_in=answered)
    if ask.step.is_challenge:
        await challenges.give(request, ask)
    elif ask.step.share is Share.PARTNER:
        await _owe_to_partners(request, answered)
    return say_check_ins.kept(request.voice, ask)


async def _owe_to_partners(request: Request, check_in: CheckIn) -> None:
    """Carry the answer over, or mend it in place where it has arrived already."""
    tx = request.tx
    if check_in.pairing_id is None:
        return
    pairing = await tx.pairings.get(check_in.pairing_id)
    if pairing.state is not PairingState.LIVE:
        return
    cycle = await tx.cycles.get(check_in.cycle_id)
    partners = await tx.members.many(pairing.partners_of(request.member.id))
    await owe(tx, cycle, DeliveryKind.SHARED_ANSWER, check_in.id, partners.values(), request.now)
    await tx.deliveries.refresh(DeliveryKind.SHARED_ANSWER, check_in.id, request.now)


# --- typed replies --------------------------------------------------------------------------------------------------


async def answer_by_typing(request: Request, prompts: Prompts, text: str) -> Reply:
    """Plain words: the answer to the one open question; with several open, ask which."""
    voice = request.voice
    open_now = await request.tx.check_ins.open_for(request.member.id, request.now)
    asking = [each for each in open_now if each.asking]
    if len(asking) > 1:
        await request.tx.members.keep_words(request.member.id, text, request.now)
        asks = [await read_asked_check_in(request, each) for each in asking]
        return say_check_ins.choose_check_in(
            voice, [(each.check_in.id, say_check_ins.title(voice, each.step)) for each in asks]
        )
    if asking:
        return await _take_typed_answer(request, prompts, asking[0], text)
    if open_now:
        ask = await read_asked_check_in(request, open_now[-1])
        return say_check_ins.all_answered(voice, ask.check_in, ask.check_in.pairing_id, ask.partner)
    return basics.plain(voice, "check-in.none-open", basics.runs(voice, "button.status", CommandName.STATUS))


async def assign_kept_text(request: Request, prompts: Prompts, number: str) -> Reply:
    """The kept words belong to this check-in."""
    check_in = await _get_open_check_in(request, number)
    text = await request.tx.members.take_words(request.member.id) if check_in.asking else None
    if text is None:
        return await open_form(request, number)
    reply = await _take_typed_answer(request, prompts, check_in, text)
    return Replacement(reply)


async def _take_typed_answer(request: Request, prompts: Prompts, check_in: CheckIn, text: str) -> Message:
    ask = await read_asked_check_in(request, check_in)
    asked = next(each for each in say_check_ins.questions(request.voice, ask) if each.key == check_in.asking)
    value = parse_typed_answer(asked, text, ask.today)
    if value is None:
        return say_check_ins.explain_choices(request.voice, asked)
    if len(value) > asked.limit and asked.kind in (Kind.SHORT, Kind.LONG):
        raise UserError("too-long", length=len(value), limit=asked.limit)
    await _store_answer(request, ask, asked, value)
    return await _ask_next(request, prompts, ask, asked, value)


async def _ask_next(
    request: Request, prompts: Prompts, ask: say_check_ins.Ask, asked: Question, value: str
) -> Message:
    """Ask the next question; share as soon as everything needed is there."""
    tx, voice = request.tx, request.voice
    order = say_check_ins.questions(voice, ask)
    following = next(iter(order[order.index(asked) + 1 :]), None)
    kept = replace(ask.check_in, asking=following.key if following else None)
    await tx.check_ins.save(kept)
    given = {*ask.values, asked.key}
    complete = all(each.key in given for each in order if each.needed)
    if following is None or (complete and not following.needed and not ask.step.is_challenge):
        message = await _share_or_suggest(request, prompts, replace(ask, check_in=kept))
        after = await tx.check_ins.get(kept.id)
        if following is None or after is None or after.state is not CheckInState.ANSWERED:
            return message
        await tx.check_ins.save(replace(after, asking=following.key))
    return say_check_ins.next_question(voice, ask, following, say_check_ins.shown_value(voice, asked, value))


# --- ways past and back ---------------------------------------------------------------------------------------------


async def skip(request: Request, number: str) -> Reply:
    """A skip is a real reply: no follow-up. What is answered stays answered: it can be taken back."""
    check_in = await _get_open_check_in(request, number)
    ask = await read_asked_check_in(request, check_in)
    if check_in.state is CheckInState.ANSWERED:
        return Replacement(say_check_ins.kept(request.voice, ask))
    await request.tx.check_ins.save(replace(check_in, state=CheckInState.SKIPPED, asking=None))
    return Replacement(say_check_ins.skipped(request.voice, ask))


async def undo_skip(request: Request, number: str) -> Reply:
    """Open a skipped one again."""
    check_in = await _get_open_check_in(request, number)
    ask = await read_asked_check_in(request, check_in)
    if check_in.state is CheckInState.SKIPPED:
        await request.tx.check_ins.save(
            replace(
                check_in, state=CheckInState.OPEN, asking=say_check_ins.questions(request.voice, ask)[0].key
            )
        )
    return Replacement(say_check_ins.question(request.voice, ask))


async def ask_again_later(request: Request, number: str) -> Reply:
    """Ask again in an hour, inside this person's hours; the question stays open meanwhile."""
    tx = request.tx
    check_in = await _get_open_check_in(request, number)
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


async def take_back(request: Request, number: str) -> Reply:
    """Erase the answers; where a partner has them already, they disappear there too."""
    tx, now = request.tx, request.now
    check_in = await _get_open_check_in(request, number)
    ask = await read_asked_check_in(request, check_in)
    await _refresh_digests(tx, ask, now)
    await tx.check_ins.take_back(check_in.id)
    await tx.check_ins.save(
        replace(check_in, state=CheckInState.OPEN, asking=say_check_ins.questions(request.voice, ask)[0].key)
    )
    if ask.step.is_challenge:
        await challenges.take_back(tx, check_in, now)
    else:
        await tx.deliveries.refresh(DeliveryKind.SHARED_ANSWER, check_in.id, now)
    return Replacement(say_check_ins.open_again(request.voice, ask, "check-in.taken-back"))
