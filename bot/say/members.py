"""Messages about a member's own settings and rights: profile, pause, leaving, language, data, safeguarding."""

from __future__ import annotations

from datetime import date, time

from bot.message import Fields, File, Form, Input, Message, Text
from bot.model import CommandName, FormName, Hours, Kind, Member, Option, Profile, Role, School
from bot.prompts import Voice
from bot.say.basics import choice, labels, opens, plain, question, row, runs

DAYS = ("mon", "tue", "wed", "thu", "fri")


def profile(voice: Voice, member: Member, profile: Profile, school: School) -> Message:
    """Show a member their profile, with buttons for the two forms that change it."""
    nothing = voice.text("profile.nothing")
    fields = (
        (
            voice.text("profile.phase"),
            labels(voice, "phase", [profile.phase] if profile.phase else []) or nothing,
        ),
        (voice.text("profile.subjects"), labels(voice, "subject", profile.subjects) or nothing),
        (voice.text("profile.offers"), labels(voice, "practice", profile.offers) or nothing),
        (voice.text("profile.needs"), labels(voice, "practice", profile.needs) or nothing),
        (voice.text("times.slots"), labels(voice, "slot", profile.slots) or nothing),
        (voice.text("times.hours"), _hours(voice, member.hours, school)),
        (
            voice.text("profile.language"),
            voice.text(f"language.{voice.language}")
            if voice.has(f"language.{voice.language}")
            else voice.language,
        ),
    )
    return Message(
        voice.text("profile.summary"),
        (
            Text(voice.markdown("profile.lead")),
            Fields(fields),
            *row(
                (
                    opens(voice, "button.profile", FormName.PROFILE, primary=True),
                    opens(voice, "button.times", FormName.TIMES),
                )
            ),
            Text(voice.markdown("profile.foot"), small=True),
        ),
    )


def _hours(voice: Voice, hours: Hours, school: School) -> str:
    days = voice.listing(
        [voice.text(f"weekday.{DAYS[day]}") for day in sorted(hours.days) if day < len(DAYS)]
    )
    return voice.text(
        "times.days-and-hours",
        days=days,
        start=voice.time(hours.start or school.opens),
        end=voice.time(hours.end or school.closes),
    )


def profile_form(voice: Voice, profile: Profile) -> Form:
    """Return the form for phase, subjects, offers and needs."""
    practices = choice(voice, "practice", voice.keys("practice"))
    asked = (
        (
            question(
                voice, "phase", "profile", Kind.ONE, options=choice(voice, "phase", voice.keys("phase"))
            ),
            profile.phase,
        ),
        (
            question(
                voice,
                "subjects",
                "profile",
                Kind.MANY,
                options=choice(voice, "subject", voice.keys("subject")),
            ),
            _join(profile.subjects),
        ),
        (question(voice, "offers", "profile", Kind.MANY, options=practices), _join(profile.offers)),
        (question(voice, "needs", "profile", Kind.MANY, options=practices), _join(profile.needs)),
    )
    return Form(
        name=FormName.PROFILE,
        title=voice.text("profile.title"),
        intro=voice.markdown("profile.who-reads"),
        inputs=tuple(Input(each, value) for each, value in asked),
        submit=voice.text("button.save"),
    )


def times_form(voice: Voice, member: Member, profile: Profile) -> Form:
    """Return the form for free times, working days and hours."""
    slots = choice(voice, "slot", voice.keys("slot"))
    days = tuple(Option(day, voice.text(f"weekday.{day}")) for day in DAYS)
    hours = member.hours
    asked = (
        (question(voice, "slots", "times", Kind.MANY, options=slots), _join(profile.slots)),
        (
            question(voice, "days", "times", Kind.MANY, options=days),
            _join(tuple(DAYS[day] for day in sorted(hours.days) if day < len(DAYS))),
        ),
        (question(voice, "start", "times", Kind.TIME), _iso(hours.start)),
        (question(voice, "end", "times", Kind.TIME), _iso(hours.end)),
    )
    return Form(
        name=FormName.TIMES,
        title=voice.text("times.title"),
        intro=voice.markdown("times.intro"),
        inputs=tuple(Input(each, value) for each, value in asked),
        submit=voice.text("button.save"),
    )


def _join(keys: tuple[str, ...]) -> str:
    return ";".join(keys)


def _iso(moment: time | None) -> str:
    return moment.isoformat("minutes") if moment else ""


def pause_form(voice: Voice, value: str = "", error: str = "") -> Form:
    """Return the form that asks for the end of a pause."""
    asked = question(voice, "until", "pause", Kind.DATE, needed=True)
    return Form(
        name=FormName.PAUSE, title=voice.text("pause.title"), intro=voice.markdown("pause.intro"),
        inputs=(Input(asked, value, error),), submit=voice.text("button.pause"),
    )  # fmt: skip


def paused(voice: Voice, until: date) -> Message:
    """Confirm a pause and its end, with a button to resume."""
    return plain(voice, "pause.done", runs(voice, "button.resume", CommandName.RESUME), day=voice.day(until))


def really_leave(voice: Voice, cycle_name: str) -> Message:
    """Ask a member to confirm that they leave the cycle."""
    return plain(
        voice, "leave.really", runs(voice, "button.leave", CommandName.LEAVE, "yes"),
        runs(voice, "button.stay", CommandName.STATUS),
        cycle=cycle_name,
    )  # fmt: skip


def really_forget(voice: Voice) -> Message:
    """Ask a member to confirm that their data is erased, and offer a copy first."""
    return plain(
        voice, "forget.really", runs(voice, "button.my-data", CommandName.MY_DATA),
        runs(voice, "button.forget", CommandName.FORGET_ME, "yes"),
    )  # fmt: skip


def data(voice: Voice, content: bytes, name: str) -> Message:
    """Send a member everything that is stored about them, as a file."""
    return Message(
        voice.text("data.summary"),
        (
            Text(voice.markdown("data.lead")),
            File(name, "application/json", content),
            Text(voice.markdown("data.foot"), small=True),
        ),
    )


def languages(voice: Voice, known: tuple[str, ...]) -> Message:
    """Show the languages that a member can choose; with one only, say so."""
    if len(known) == 1:
        return plain(voice, "language.only", language=_language(voice, known[0]))
    buttons = tuple(
        runs(voice, "button.language", CommandName.LANGUAGE, code, language=_language(voice, code))
        for code in known[:4]
    )
    return plain(
        voice,
        "language.choose",
        *buttons,
        languages=voice.listing([_language(voice, code) for code in known]),
    )


def _language(voice: Voice, code: str) -> str:
    return voice.text(f"language.{code}") if voice.has(f"language.{code}") else code


def roles(voice: Voice, member: Member) -> str:
    """Return a member's roles as a phrase."""
    return voice.listing([voice.text(f"role.{role}") for role in Role if member.has(role)])
