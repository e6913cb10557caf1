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
    Member,
    PairingState,
    Question,
    Share,
)
from bot.ports import Tx
from bot.prompts import Prompts, Voice
from bot.rules import planning
from bot.say import basics
from bot.say import check_ins as say_check_ins
from bot.use_cases import challenges, digests
from bot.use_cases.asks import read_typed, the_ask
from bot.use_cases.forms import faults
from bot.use_cases.schools import availabilities, availability, moment_for


async def mine(tx: Tx, member: Member, number: str, now: datetime) -> CheckIn:
    """The check-in of that number if it is theirs, was put to them and is open; else a `UserError`."""
    found = await tx.check_ins.get(int(number)) if number.isdecimal() and len(number) < 12 else None
    if found is None or found.member_id != member.id or found.state is CheckInState.PLANNED:
        raise UserError("no-such-check-in")
    if found.closes_at <= now:
        raise UserError("closed")
    return found


async def open_form(tx: Tx, voice: Voice, member: Member, number: str, now: datetime) -> Form:
    """The form, with what was said before."""
    ask = await the_ask(tx, voice, member, await mine(tx, member, number, now), now)
    if ask.step.is_challenge and not ask.partner:
        raise UserError("no-partner")
    return say_check_ins.form(voice, ask)


async def submit(
    tx: Tx,
    prompts: Prompts,
    voice: Voice,
    member: Member,
    number: str,
    values: Mapping[str, str],
    now: datetime,
) -> Reply:
    """Keep what the form says and share it as the step says."""
    check_in = await mine(tx, member, number, now)
    ask = await the_ask(tx, voice, member, check_in, now)
    form = say_check_ins.form(voice, ask, values)
    if wrong := faults(voice, form, values):
        return wrong
    await _before_changing(tx, ask, now)
    await tx.check_ins.take_back(check_in.id)
    for question in say_check_ins.questions(voice, ask):
        if values.get(question.key, "").strip():
            await _keep(tx, voice, ask, question, values[question.key].strip(), now)
    return Replacement(await _send_or_suggest(tx, prompts, voice, member, ask, now))


async def _before_changing(tx: Tx, ask: say_check_ins.Ask, now: datetime) -> None:
    if ask.step.story:
        cycle = await tx.cycles.get(ask.check_in.cycle_id)
        await digests.story_changes(tx, cycle, {ask.step.key: ask.answers}, now)


async def _keep(
    tx: Tx, voice: Voice, ask: say_check_ins.Ask, question: Question, text: str, now: datetime
) -> None:
    await tx.check_ins.answer(
        Answer(
            check_in_id=ask.check_in.id,
            question=question.key,
            text=text,
            share=ask.step.share,
            language=voice.language,
            given_at=now,
        )
    )


async def _send_or_suggest(
    tx: Tx, prompts: Prompts, voice: Voice, member: Member, ask: say_check_ins.Ask, now: datetime
) -> Message:
    """One gentle suggestion where the words judge or name a pupil; otherwise they go where the step says."""
    check_in = ask.check_in
    ask = replace(ask, answers=await tx.check_ins.answers(check_in.id))
    shared = ask.step.is_challenge or ask.step.share is not Share.ME
    if shared and check_in.suggested_at is None:
        typed = {
            each.key for each in say_check_ins.questions(voice, ask) if each.kind in (Kind.SHORT, Kind.LONG)
        }
        text = "\n".join(answer.text for answer in ask.answers if answer.question in typed)
        lists = prompts.words(voice.language)
        judging = lists.judging_in(text) if ask.step.is_challenge else ()
        naming = lists.names_in(text, known={member.given_name, member.family_name, *ask.partner.split()})
        if judging or naming:
            # Open again: new words wait for their writer's decision, also where older ones were sent before.
            waiting = replace(check_in, state=CheckInState.OPEN, suggested_at=now, asking=None)
            await tx.check_ins.save(waiting)
            return say_check_ins.suggestion(
                voice, ask, "judging" if judging else "naming", (judging or naming)[:3]
            )
    return await _share(tx, voice, member, ask, now)


async def send(tx: Tx, voice: Voice, member: Member, number: str, now: datetime) -> Reply:
    """Send as it is: the writer decides."""
    check_in = await mine(tx, member, number, now)
    ask = await the_ask(tx, voice, member, check_in, now)
    missing = [
        each for each in say_check_ins.questions(voice, ask) if each.needed and not ask.values.get(each.key)
    ]
    if missing:
        return say_check_ins.form(voice, ask)
    return Replacement(await _share(tx, voice, member, ask, now))


async def _share(tx: Tx, voice: Voice, member: Member, ask: say_check_ins.Ask, now: datetime) -> Message:
    answered = replace(ask.check_in, state=CheckInState.ANSWERED, asking=None)
    await tx.check_ins.save(answered)
    ask = replace(ask, check_in=answered)
    if ask.step.is_challenge:
        await challenges.give(tx, ask, member, now)
    elif ask.step.share is Share.PARTNER:
        await _owe_to_partners(tx, member, answered, now)
    return say_check_ins.kept(voice, ask)


async def _owe_to_partners(tx: Tx, member: Member, check_in: CheckIn, now: datetime) -> None:
    """Carry the answer over, or mend it in place where it has arrived already."""
    if check_in.pairing_id is None:
        return
    pairing = await tx.pairings.get(check_in.pairing_id)
    if pairing.state is not PairingState.LIVE:
        return
    cycle = await tx.cycles.get(check_in.cycle_id)
    partners = await tx.members.many(pairing.partners_of(member.id))
    available = await availabilities(tx, list(partners.values()))
    await tx.deliveries.owe(
        [
            planning.owe(
                cycle, each, DeliveryKind.SHARED_ANSWER, check_in.id, moment_for(available[each], now)
            )
            for each in partners
        ]
    )
    await tx.deliveries.refresh(DeliveryKind.SHARED_ANSWER, check_in.id, now)


# --- typed replies --------------------------------------------------------------------------------------------------


async def said(tx: Tx, prompts: Prompts, voice: Voice, member: Member, text: str, now: datetime) -> Reply:
    """Plain words: the answer to the one open question; with several open, ask which."""
    open_now = await tx.check_ins.open_for(member.id, now)
    asking = [each for each in open_now if each.asking]
    if len(asking) > 1:
        await tx.members.keep_words(member.id, text, now)
        asks = [await the_ask(tx, voice, member, each, now) for each in asking]
        return say_check_ins.which(
            voice, [(each.check_in.id, say_check_ins.title(voice, each.step)) for each in asks]
        )
    if asking:
        return await _typed(tx, prompts, voice, member, asking[0], text, now)
    if open_now:
        ask = await the_ask(tx, voice, member, open_now[-1], now)
        return say_check_ins.all_answered(voice, ask.check_in, ask.check_in.pairing_id, ask.partner)
    return basics.plain(voice, "check-in.none-open", basics.runs(voice, "button.status", CommandName.STATUS))


async def put(tx: Tx, prompts: Prompts, voice: Voice, member: Member, number: str, now: datetime) -> Reply:
    """The kept words belong to this check-in."""
    check_in = await mine(tx, member, number, now)
    text = await tx.members.take_words(member.id) if check_in.asking else None
    if text is None:
        return await open_form(tx, voice, member, number, now)
    reply = await _typed(tx, prompts, voice, member, check_in, text, now)
    return Replacement(reply)


async def _typed(
    tx: Tx, prompts: Prompts, voice: Voice, member: Member, check_in: CheckIn, text: str, now: datetime
) -> Message:
    ask = await the_ask(tx, voice, member, check_in, now)
    asked = next(each for each in say_check_ins.questions(voice, ask) if each.key == check_in.asking)
    value = read_typed(asked, text, ask.today)
    if value is None:
        return say_check_ins.choose(voice, asked)
    if len(value) > asked.limit and asked.kind in (Kind.SHORT, Kind.LONG):
        raise UserError("too-long", length=len(value), limit=asked.limit)
    await _keep(tx, voice, ask, asked, value, now)
    return await _ask_next(tx, prompts, voice, member, ask, asked, value, now)


async def _ask_next(
    tx: Tx,
    prompts: Prompts,
    voice: Voice,
    member: Member,
    ask: say_check_ins.Ask,
    asked: Question,
    value: str,
    now: datetime,
) -> Message:
    """Ask the next question; share as soon as everything needed is there."""
    order = say_check_ins.questions(voice, ask)
    following = next(iter(order[order.index(asked) + 1 :]), None)
    kept = replace(ask.check_in, asking=following.key if following else None)
    await tx.check_ins.save(kept)
    given = {*ask.values, asked.key}
    complete = all(each.key in given for each in order if each.needed)
    if following is None or (complete and not following.needed and not ask.step.is_challenge):
        message = await _send_or_suggest(tx, prompts, voice, member, replace(ask, check_in=kept), now)
        after = await tx.check_ins.get(kept.id)
        if following is None or after is None or after.state is not CheckInState.ANSWERED:
            return message
        await tx.check_ins.save(replace(after, asking=following.key))
    return say_check_ins.next_question(voice, ask, following, say_check_ins.shown_value(voice, asked, value))


# --- ways past and back ---------------------------------------------------------------------------------------------


async def skip(tx: Tx, voice: Voice, member: Member, number: str, now: datetime) -> Reply:
    """A skip is a real reply: no follow-up. What is answered stays answered: it can be taken back."""
    check_in = await mine(tx, member, number, now)
    ask = await the_ask(tx, voice, member, check_in, now)
    if check_in.state is CheckInState.ANSWERED:
        return Replacement(say_check_ins.kept(voice, ask))
    await tx.check_ins.save(replace(check_in, state=CheckInState.SKIPPED, asking=None))
    return Replacement(say_check_ins.skipped(voice, ask))


async def undo(tx: Tx, voice: Voice, member: Member, number: str, now: datetime) -> Reply:
    """Open a skipped one again."""
    check_in = await mine(tx, member, number, now)
    ask = await the_ask(tx, voice, member, check_in, now)
    if check_in.state is CheckInState.SKIPPED:
        await tx.check_ins.save(
            replace(check_in, state=CheckInState.OPEN, asking=say_check_ins.questions(voice, ask)[0].key)
        )
    return Replacement(say_check_ins.question(voice, ask))


async def later(tx: Tx, voice: Voice, member: Member, number: str, now: datetime) -> Reply:
    """Ask again in an hour, inside this person's hours; the question stays open meanwhile."""
    check_in = await mine(tx, member, number, now)
    person = await availability(tx, member)
    moment = moment_for(person, now + timedelta(hours=1))
    cycle = await tx.cycles.get(check_in.cycle_id)
    owed = planning.owe(cycle, member.id, DeliveryKind.AGAIN, check_in.id, moment)
    again = replace(owed, occurrence=moment.isoformat(), expires_at=check_in.closes_at)
    await tx.deliveries.owe([again])
    return basics.plain(voice, "check-in.later")


async def take_back(tx: Tx, voice: Voice, member: Member, number: str, now: datetime) -> Reply:
    """Erase the answers; where a partner has them already, they disappear there too."""
    check_in = await mine(tx, member, number, now)
    ask = await the_ask(tx, voice, member, check_in, now)
    await _before_changing(tx, ask, now)
    await tx.check_ins.take_back(check_in.id)
    await tx.check_ins.save(
        replace(check_in, state=CheckInState.OPEN, asking=say_check_ins.questions(voice, ask)[0].key)
    )
    if ask.step.is_challenge:
        await challenges.take_back(tx, check_in, now)
    else:
        await tx.deliveries.refresh(DeliveryKind.SHARED_ANSWER, check_in.id, now)
    return Replacement(say_check_ins.undone(voice, ask, "check-in.taken-back"))
