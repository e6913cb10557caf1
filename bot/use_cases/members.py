"""Use cases on a member's own settings: profile, times, pause, language, leaving the cycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time, timedelta

from bot import say
from bot.errors import UserError
from bot.message import Form, Message, Reply
from bot.model import (
    DeliveryKind,
    EnrolmentState,
    FormName,
    Hours,
)
from bot.prompts import Voice
from bot.rules.dates import read_day
from bot.rules.spelling import without_quotes
from bot.say import members as say_members
from bot.say import typed_replies as say_replies
from bot.use_cases import late_changes
from bot.use_cases.forms import find_faults
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availability

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
"""Deliveries made due when a pause ends; composing delays again what must still wait."""


async def show_profile(request: Request) -> Message:
    """Return the member's profile."""
    member = request.member
    school = await request.tx.schools.get(member.home_school_id)
    return say_members.profile(request.voice, member, await request.tx.members.profile(member.id), school)


async def open_form(request: Request, form: FormName) -> Form:
    """Return the form for the profile, the times or a pause, with the present values."""
    voice = request.voice
    profile = await request.tx.members.profile(request.member.id)
    if form is FormName.PROFILE:
        return say_members.profile_form(voice, profile)
    if form is FormName.TIMES:
        return say_members.times_form(voice, request.member, profile)
    return say_members.pause_form(voice)


async def save_profile(request: Request, values: Mapping[str, str]) -> Reply:
    """Store phase, subjects, offers and needs."""
    voice = request.voice
    profile = await request.tx.members.profile(request.member.id)
    form = say_members.profile_form(voice, profile)
    if faults := find_faults(voice, form, values):
        return faults
    changed = replace(
        profile,
        phase=values.get("phase", ""),
        subjects=_split_keys(values, "subjects"),
        offers=_split_keys(values, "offers"),
        needs=_split_keys(values, "needs"),
    )
    await request.tx.members.set_profile(request.member.id, changed)
    return say.basics.plain(voice, "profile.saved", say.basics.opens(voice, "button.times", FormName.TIMES))


async def save_times(request: Request, values: Mapping[str, str]) -> Reply:
    """Store free times, days and hours."""
    tx, voice, member = request.tx, request.voice, request.member
    profile = await tx.members.profile(member.id)
    form = say_members.times_form(voice, member, profile)
    start, end = _parse_time(values.get("start", "")), _parse_time(values.get("end", ""))
    school = await tx.schools.get(member.home_school_id)
    is_reversed = (end or school.closes) <= (start or school.opens)
    order_fault = {"end": voice.text("field.upside-down")} if is_reversed else {}
    if faults := find_faults(voice, form, values, order_fault):
        return faults
    days = frozenset(say_members.DAYS.index(day) for day in _split_keys(values, "days"))
    await tx.members.set_profile(member.id, replace(profile, slots=_split_keys(values, "slots")))
    await tx.members.set_hours(member.id, Hours(days=days or frozenset(range(5)), start=start, end=end))
    return say.basics.plain(voice, "times.saved")


def _split_keys(values: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return the chosen keys of a field."""
    return tuple(filter(None, values.get(name, "").split(";")))


def _parse_time(text: str) -> time | None:
    """Return the time of day, or None where there is none or it is faulty."""
    try:
        return time.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        return None  # reported by `find_faults`


async def pause(request: Request, text: str) -> Reply:
    """Pause until the typed day; without one, return the form."""
    tx, member = request.tx, request.member
    if not text:
        return say_members.pause_form(request.voice)
    availability = await read_availability(tx, member)
    school = await tx.schools.get(member.home_school_id)
    today = availability.local_day(request.now)
    until = read_day(text, today, day_first=not school.holidays.startswith("US"))
    if until is None or not today < until <= today + LONGEST_PAUSE:
        raise UserError("not-a-date", text=text)
    await tx.members.set_pause(member.id, until)
    return say_members.paused(request.voice, until)


async def save_pause(request: Request, values: Mapping[str, str]) -> Reply:
    """Pause until the day given in the form."""
    voice = request.voice
    form = say_members.pause_form(voice)
    if faults := find_faults(voice, form, values):
        return faults
    today = (await read_availability(request.tx, request.member)).local_day(request.now)
    if not today < date.fromisoformat(values["until"]) <= today + LONGEST_PAUSE:
        return find_faults(voice, form, values, {"until": voice.text("field.past")}) or form
    return await pause(request, values["until"])


async def stop(request: Request) -> Message:
    """End all messages at once, with a button that undoes it; nobody is told."""
    await fall_silent(request)
    cycle = await request.tx.cycles.current(request.member.partnership_id)
    enrolment = await request.tx.cycles.enrolment(cycle.id, request.member.id) if cycle else None
    in_cycle = enrolment is not None and enrolment.state is EnrolmentState.ACCEPTED
    return say_replies.stopped(request.voice, in_cycle=in_cycle)


async def fall_silent(request: Request) -> None:
    """Send the member nothing until they say otherwise: for as long as the longest pause."""
    today = (await read_availability(request.tx, request.member)).local_day(request.now)
    await request.tx.members.set_pause(request.member.id, today + LONGEST_PAUSE)


async def resume(request: Request) -> Message:
    """End a pause."""
    member = request.member
    if member.paused_until is None:
        return say.basics.plain(request.voice, "pause.none")
    await request.tx.members.set_pause(member.id, None)
    await request.tx.deliveries.make_due(member.id, request.now, PUT_OFF_BY_A_PAUSE)
    return say.basics.plain(request.voice, "pause.over")


async def choose_language(request: Request, text: str, known: Mapping[str, Voice]) -> Message:
    """Change the language for this member; without a name, show the languages."""
    if not text:
        return say_members.languages(request.voice, tuple(known))
    code = language_names(known).get(without_quotes(text).casefold())
    if code is not None:
        await request.tx.members.set_language(request.member.id, code)
        return say.basics.plain(known[code], "language.done")
    raise UserError("no-such-language", text=text, languages=request.voice.listing(list(known)))


def language_names(known: Mapping[str, Voice]) -> Mapping[str, str]:
    """Return the language codes by every name that a member may type for a language, casefolded."""
    codes = {code.casefold(): code for code in known}
    names = {
        voice.text(f"language.{code}").casefold(): code
        for code, voice in known.items()
        if voice.has(f"language.{code}")
    }
    return codes | names


async def leave_cycle(request: Request, *, is_confirmed: bool) -> Message:
    """Leave the cycle, once confirmed; partners get another pairing and are told no reason."""
    tx, voice = request.tx, request.voice
    cycle = await tx.cycles.current(request.member.partnership_id)
    enrolment = await tx.cycles.enrolment(cycle.id, request.member.id) if cycle else None
    if (
        cycle is None
        or enrolment is None
        or enrolment.state in (EnrolmentState.LEFT, EnrolmentState.DECLINED)
    ):
        return say.basics.plain(voice, "leave.nothing")
    if not is_confirmed:
        return say_members.really_leave(voice, cycle.name)
    await late_changes.withdraw(tx, cycle, enrolment, request.now)
    return say.basics.plain(voice, "leave.done", cycle=cycle.name)
