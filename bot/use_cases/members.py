"""Use cases on a member's own place: profile, pause, language, data, and the way out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time, timedelta

from bot import say
from bot.errors import UserError
from bot.message import Form, Message, Reply
from bot.model import Answer, Challenge, Cycle, DeliveryKind, EnrolmentState, Hours, Member, Profile, School
from bot.prompts import Voice
from bot.rules.dates import read_day
from bot.say import members as say_members
from bot.use_cases import challenges, digests, places
from bot.use_cases.forms import faults
from bot.use_cases.request import Request
from bot.use_cases.schools import availability

LONGEST_PAUSE = timedelta(days=366)
PUT_OFF_BY_A_PAUSE = frozenset(
    {
        DeliveryKind.CHECK_IN,
        DeliveryKind.AGAIN,
        DeliveryKind.INVITATION,
        DeliveryKind.MATCH,
        DeliveryKind.CHANGED_MATCH,
        DeliveryKind.NOTE,
        DeliveryKind.SHARED_ANSWER,
        DeliveryKind.CHALLENGE,
        DeliveryKind.CHALLENGE_REPLY,
    }
)
"""Composing sends those whose time it is, and puts the others off again."""


async def show_profile(request: Request) -> Message:
    """What is kept about what they bring."""
    member = request.member
    school = await request.tx.schools.get(member.home_school_id)
    return say_members.profile(request.voice, member, await request.tx.members.profile(member.id), school)


async def open_form(request: Request, form: str) -> Form:
    """The profile, the times or the pause, as they are now."""
    voice = request.voice
    profile = await request.tx.members.profile(request.member.id)
    if form == "profile":
        return say_members.profile_form(voice, profile)
    if form == "times":
        return say_members.times_form(voice, request.member, profile)
    return say_members.pause_form(voice)


async def save_profile(request: Request, values: Mapping[str, str]) -> Reply:
    """Keep phase, subjects, offers and needs."""
    voice = request.voice
    profile = await request.tx.members.profile(request.member.id)
    form = say_members.profile_form(voice, profile)
    if wrong := faults(voice, form, values):
        return wrong
    kept = replace(
        profile,
        phase=values.get("phase", ""),
        subjects=_keys(values, "subjects"),
        offers=_keys(values, "offers"),
        needs=_keys(values, "needs"),
    )
    await request.tx.members.set_profile(request.member.id, kept)
    return say.basics.plain(voice, "profile.saved", say.basics.opens(voice, "button.times", "times"))


async def save_times(request: Request, values: Mapping[str, str]) -> Reply:
    """Keep free times, days and hours."""
    tx, voice, member = request.tx, request.voice, request.member
    profile = await tx.members.profile(member.id)
    form = say_members.times_form(voice, member, profile)
    start, end = _time(values.get("start", "")), _time(values.get("end", ""))
    school = await tx.schools.get(member.home_school_id)
    is_upside_down = (end or school.closes) <= (start or school.opens)
    upside_down = {"end": voice.text("field.upside-down")} if is_upside_down else {}
    if wrong := faults(voice, form, values, upside_down):
        return wrong
    days = frozenset(say_members.DAYS.index(day) for day in _keys(values, "days"))
    await tx.members.set_profile(member.id, replace(profile, slots=_keys(values, "slots")))
    await tx.members.set_hours(member.id, Hours(days=days or frozenset(range(5)), start=start, end=end))
    return say.basics.plain(voice, "times.saved")


def _keys(values: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(filter(None, values.get(name, "").split(";")))


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        return None  # `faults` says so


async def pause(request: Request, text: str) -> Reply:
    """`pause until 12 May`; without a day, ask for one."""
    tx, member = request.tx, request.member
    if not text:
        return say_members.pause_form(request.voice)
    person = await availability(tx, member)
    school = await tx.schools.get(member.home_school_id)
    today = person.local_day(request.now)
    until = read_day(text, today, day_first=not school.holidays.startswith("US"))
    if until is None or not today < until <= today + LONGEST_PAUSE:
        raise UserError("not-a-date", text=text)
    await tx.members.set_pause(member.id, until)
    return say_members.paused(request.voice, until)


async def save_pause(request: Request, values: Mapping[str, str]) -> Reply:
    """The same from the form."""
    voice = request.voice
    form = say_members.pause_form(voice)
    if wrong := faults(voice, form, values):
        return wrong
    today = (await availability(request.tx, request.member)).local_day(request.now)
    if not today < date.fromisoformat(values["until"]) <= today + LONGEST_PAUSE:
        return faults(voice, form, values, {"until": voice.text("field.past")}) or form
    return await pause(request, values["until"])


async def resume(request: Request) -> Message:
    """End a pause."""
    member = request.member
    if member.paused_until is None:
        return say.basics.plain(request.voice, "pause.none")
    await request.tx.members.set_pause(member.id, None)
    await request.tx.deliveries.hurry(member.id, request.now, PUT_OFF_BY_A_PAUSE)
    return say.basics.plain(request.voice, "pause.over")


async def choose_language(request: Request, text: str, known: Mapping[str, Voice]) -> Message:
    """Speak another language with this person; without one, show what there is."""
    if not text:
        return say_members.languages(request.voice, tuple(known))
    code = language_names(known).get(text.strip().casefold())
    if code is not None:
        await request.tx.members.set_language(request.member.id, code)
        return say.basics.plain(known[code], "language.done")
    raise UserError("no-such-language", text=text, languages=request.voice.listing(list(known)))


def language_names(known: Mapping[str, Voice]) -> Mapping[str, str]:
    """What one may call the languages, casefolded, with their codes."""
    codes = {code.casefold(): code for code in known}
    names = {
        voice.text(f"language.{code}").casefold(): code
        for code, voice in known.items()
        if voice.has(f"language.{code}")
    }
    return codes | names


async def concern(request: Request) -> Message:
    """The safeguarding lead of this person's own school. Nothing is stored, logged or counted."""
    return say_members.concern(request.voice, await request.tx.schools.get(request.member.home_school_id))


async def leave(request: Request, *, really: bool) -> Message:
    """Leave the cycle: the partner gets another pairing, and no reason."""
    tx, voice = request.tx, request.voice
    cycle = await tx.cycles.current(request.member.partnership_id)
    enrolment = await tx.cycles.enrolment(cycle.id, request.member.id) if cycle else None
    if (
        cycle is None
        or enrolment is None
        or enrolment.state in (EnrolmentState.LEFT, EnrolmentState.DECLINED)
    ):
        return say.basics.plain(voice, "leave.nothing")
    if not really:
        return say_members.really_leave(voice, cycle.name)
    await places.withdraw(tx, cycle, enrolment, request.now)
    return say.basics.plain(voice, "leave.done", cycle=cycle.name)


async def data(request: Request) -> Message:
    """Everything kept about this person, as a file: theirs by right."""
    tx, member = request.tx, request.member
    school = await tx.schools.get(member.home_school_id)
    kept = {
        **_who(member, await tx.members.profile(member.id), school),
        "address": await _address(request),
        "waiting_words": await tx.members.peek_words(member.id),
        "notes": [
            {"text": note.text, "sent_at": note.sent_at.isoformat()} for note in await tx.notes.by(member.id)
        ],
        "cycles": [await _said_in(request, cycle) for cycle in await tx.cycles.all_of(member.partnership_id)],
    }
    content = json.dumps(kept, ensure_ascii=False, indent=2).encode()
    return say_members.data(request.voice, content, "my-jpd-data.json")


def _who(member: Member, profile: Profile, school: School) -> dict[str, object]:
    start, end = member.hours.start, member.hours.end
    return {
        "name": member.name,
        "email": member.email,
        "school": school.name,
        "language": member.language,
        "hours": {
            "days": sorted(member.hours.days),
            "start": start and start.isoformat("minutes"),
            "end": end and end.isoformat("minutes"),
        },
        "roles": [post.role.value for post in member.posts],
        "paused_until": member.paused_until and member.paused_until.isoformat(),
        "profile": {
            "phase": profile.phase,
            "subjects": list(profile.subjects),
            "offers": list(profile.offers),
            "needs": list(profile.needs),
            "slots": list(profile.slots),
        },
    }


async def _address(request: Request) -> dict[str, str] | None:
    where = await request.tx.members.address_of(request.member.id)
    if where is None:
        return None
    return {"platform": where.platform, "workspace": where.workspace, "user": where.user}


async def _place_in(request: Request, cycle: Cycle) -> dict[str, object]:
    """Their place in a cycle: where they sat and why, what was put to them, what was sent to them."""
    tx, member = request.tx, request.member
    enrolment = await tx.cycles.enrolment(cycle.id, member.id)
    pairings = [each for each in await tx.pairings.all_of_cycle(cycle.id) if member.id in each.member_ids]
    partners = await tx.members.many(
        {partner for each in pairings for partner in each.partners_of(member.id)}
    )
    return {
        "enrolment": enrolment.state.value if enrolment else None,
        "invited_at": enrolment and enrolment.invited_at.isoformat(),
        "answered_at": enrolment and enrolment.answered_at and enrolment.answered_at.isoformat(),
        "asked_for_another_partner": enrolment is not None and enrolment.asked_for_another,
        "pairings": [
            {
                "with": [partners[partner].name for partner in each.partners_of(member.id)],
                "reasons": [reason.key for reason in each.reasons],
                "state": each.state.value,
            }
            for each in pairings
        ],
        "questions": [
            {"step": each.step, "state": each.state.value, "due_at": each.due_at.isoformat()}
            for each in await tx.check_ins.of_member(cycle.id, member.id)
        ],
        "messages": [
            {"kind": each.kind.value, "state": each.state.value, "due_at": each.due_at.isoformat()}
            for each in await tx.deliveries.of_cycle(cycle.id)
            if each.member_id == member.id
        ],
    }


async def _said_in(request: Request, cycle: Cycle) -> dict[str, object]:
    member = request.member
    answers = await request.tx.check_ins.answers_of(cycle.id, member.id)
    given = await request.tx.challenges.of_cycle(cycle.id)
    return {
        "name": cycle.name,
        **await _place_in(request, cycle),
        "answers": {step: [_answer(each) for each in said] for step, said in answers.items()},
        "challenges_given": [_challenge(each) for each in given if each.giver_id == member.id],
        "challenges_received": [
            _challenge(each) for each in given if each.receiver_id == member.id and each.released_at
        ],
    }


def _answer(answer: Answer) -> dict[str, str]:
    return {
        "question": answer.question,
        "text": answer.text,
        "given_at": answer.given_at.isoformat(),
        "who_reads_it": answer.share.value,
    }


def _challenge(challenge: Challenge) -> dict[str, str]:
    return {
        "evidence": challenge.evidence,
        "question": challenge.question,
        "suggestion": challenge.suggestion,
        "reply": challenge.reply,
        "next_step": challenge.next_step,
        "next_step_on": challenge.next_step_on.isoformat() if challenge.next_step_on else "",
        "given_at": challenge.given_at.isoformat(),
    }


async def forget(request: Request, *, really: bool) -> Message:
    """Erase this person's name and words for good, keeping counts."""
    tx, member, now = request.tx, request.member, request.now
    if not really:
        return say_members.really_forget(request.voice)
    cycle = await tx.cycles.current(member.partnership_id)
    enrolment = await tx.cycles.enrolment(cycle.id, member.id) if cycle else None
    if cycle and enrolment:
        await places.withdraw(tx, cycle, enrolment, now)
    await tx.deliveries.drop(member_id=member.id, cycle_id=None, reason="forgotten", now=now)
    for each in await tx.cycles.all_of(member.partnership_id):
        await _take_back(request, each)
    for note in await tx.notes.by(member.id):
        await tx.deliveries.refresh(DeliveryKind.NOTE, note.id, now)
    await tx.members.forget(member.id, now)
    return say.basics.plain(request.voice, "forget.done")


async def _take_back(request: Request, cycle: Cycle) -> None:
    """What others were sent of their words in a cycle is replaced where it stands."""
    tx, member, now = request.tx, request.member, request.now
    await digests.story_changes(tx, cycle, await tx.check_ins.answers_of(cycle.id, member.id), now)
    for challenge in await tx.challenges.of_cycle(cycle.id):
        if challenge.receiver_id == member.id:
            await tx.deliveries.refresh(DeliveryKind.CHALLENGE_REPLY, challenge.id, now)
    for each in await tx.check_ins.of_member(cycle.id, member.id):
        await tx.deliveries.refresh(DeliveryKind.SHARED_ANSWER, each.id, now)
        await challenges.take_back(tx, each, now)
