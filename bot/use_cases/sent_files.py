"""Use cases on files that people send: show a coordinator what a roster or a calendar would change, then use it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.events import FileKind, Said, SentFile
from bot.message import Message, Replacement
from bot.model import Role, School
from bot.model.roster import Fault, Roster, RosterError
from bot.ports import ReadingOptions
from bot.rules.calendar_file import CalendarFile
from bot.rules.likely_same import SAME_PERSON, SAME_SCHOOL
from bot.rules.roster_difference import Difference, RosterImport
from bot.rules.roster_rights import find_lost_schools, find_other_schools, with_known_ids
from bot.say import basics
from bot.say import calendars as say_calendars
from bot.say import rosters as say_rosters
from bot.say import sent_files as say_sent_files
from bot.use_cases import kept_files, rosters, schools
from bot.use_cases.kept_files import FileNeeded, KeptFile, OpenedFile
from bot.use_cases.people import require_role
from bot.use_cases.request import Request
from bot.use_cases.rosters import Identity

MOST_PEOPLE = 5_000
"""More people than this are imported by whoever runs the bot, while few others use it."""
MISSING_COLUMN, NO_COLUMNS = "roster.missing-column", 4
"""The key of a missing column, and the number that are missing in a text that is no table of people at all."""
ADMINISTRATORS = "roster.administrators"
"""The key of the fault that asks whether the administrators of a roster are principals."""


def find_readable(request: Request, said: Said) -> tuple[SentFile, ...]:
    """Return the files that may be a roster or a calendar: those of a coordinator, but photos and the like."""
    if not request.member.has(Role.COORDINATOR):
        return ()
    return tuple(each for each in said.files if each.kind is FileKind.FILE)


async def take(request: Request, files: Sequence[SentFile], opened: OpenedFile | None) -> Message:
    """Show what the file would change, and keep it until its sender says what becomes of it."""
    require_role(request, Role.COORDINATOR)
    if len(files) > 1:
        return say_sent_files.one_at_a_time(request.voice, len(files))
    if opened is None:
        raise FileNeeded(files[0], await _options(request))
    kept = KeptFile(name=opened.name, content=opened.content, sent_at=request.now)
    return await _show(request, kept, opened)


async def choose(request: Request, argument: str, opened: OpenedFile | None) -> Replacement:
    """Take what the sender says about their file by a button, such as `17 school 3`, and show it anew."""
    require_role(request, Role.COORDINATOR)
    number, *choice = argument.split() or [""]
    kept = kept_files.with_choice(await kept_files.get(request, number), choice)
    if opened is None:
        raise FileNeeded(kept, await _options(request, kept))
    return Replacement(await _show(request, kept, opened))


async def leave(request: Request, number: str) -> Replacement:
    """Delete the file unused."""
    require_role(request, Role.COORDINATOR)
    await kept_files.get(request, number)
    await request.tx.files.delete(request.member.id)
    return Replacement(basics.plain(request.voice, "sent-file.left"))


async def use(request: Request, number: str, opened: OpenedFile | None) -> Replacement:
    """Apply the file, if it would do now what its sender was shown; else show that anew."""
    require_role(request, Role.COORDINATOR)
    kept = await kept_files.get(request, number)
    if opened is None:
        raise FileNeeded(kept, await _options(request, kept))
    match opened.found:
        case Roster() as found:
            roster = await _with_known_ids(request, found)
            if identity := await _find_identity_as_shown(request, kept, roster):
                return await _use_roster(request, roster, identity)
        case CalendarFile() as calendar:
            school = await _school_of(request, kept)
            if school and kept.shown == kept_files.fingerprint(_calendar_lines(request, school, calendar)):
                return await _use_calendar(request, school, calendar)
        case RosterError():
            pass
    return Replacement(await _show(request, kept, opened))


# --- showing --------------------------------------------------------------------------------------------------------


async def _show(request: Request, kept: KeptFile, opened: OpenedFile) -> Message:
    """Return the dry run, a question that comes before it, or what is wrong; a file that can't be used is deleted."""
    match opened.found:
        case RosterError(faults=faults):
            return await _show_faults(request, kept, faults)
        case CalendarFile() as calendar:
            return await _show_calendar(request, kept, calendar)
        case roster:
            return await _show_roster(request, kept, await _with_known_ids(request, roster))


async def _show_faults(request: Request, kept: KeptFile, faults: Sequence[Fault]) -> Message:
    asked = [each for each in faults if each.key == ADMINISTRATORS]
    others = [each for each in faults if each.key != ADMINISTRATORS]
    if asked and not others:
        count = int(dict(asked[0].facts)["n"])
        return say_sent_files.administrators(request.voice, await kept_files.keep(request, kept), count)
    await request.tx.files.delete(request.member.id)
    if len(others) >= NO_COLUMNS and all(each.key == MISSING_COLUMN for each in others):
        return say_sent_files.neither(request.voice)
    return say_sent_files.faults(request.voice, say_rosters.places(request.voice, others))


async def _show_calendar(request: Request, kept: KeptFile, calendar: CalendarFile) -> Message:
    voice, school = request.voice, await _school_of(request, kept)
    if not calendar.has_days:
        await request.tx.files.delete(request.member.id)
        lines = say_calendars.lines(voice, school.name if school else "–", calendar, everything=True)
        return say_sent_files.no_days(voice, lines)
    if school is None:
        own = await _own_schools(request)
        counts = say_calendars.counts(voice, calendar)
        return say_sent_files.which_school(voice, await kept_files.keep(request, kept), counts, own)
    lines = _calendar_lines(request, school, calendar)
    return await _keep_and_show(request, kept, lines, "sent-file.calendar-shown")


async def _show_roster(request: Request, kept: KeptFile, roster: Roster) -> Message:
    if len(roster.people) > MOST_PEOPLE:
        raise UserError("file-too-many-people", n=len(roster.people), limit=MOST_PEOPLE)
    try:
        made, _, question = await _try_roster(request, kept, roster)
    except RosterError as wrong:
        return await _show_faults(request, kept, wrong.faults)
    if question is not None:
        facts = dict(question.facts)
        kept = replace(kept, asked=(facts["old"], facts["new"]), shown="")
        file_id = await kept_files.keep(request, kept)
        is_school = question.key == SAME_SCHOOL
        return say_sent_files.likely_same(
            request.voice, file_id, facts["before"], facts["after"], is_school=is_school
        )
    lines = _roster_lines(request, roster, made)
    return await _keep_and_show(request, kept, lines, "sent-file.roster-shown")


async def _keep_and_show(request: Request, kept: KeptFile, lines: Sequence[str], first: str) -> Message:
    shown = kept_files.fingerprint(lines)
    has_changed = kept.shown not in ("", shown)
    file_id = await kept_files.keep(request, replace(kept, shown=shown))
    first = "sent-file.shown-again" if has_changed else first
    return say_sent_files.dry_run(request.voice, file_id, first, lines)


def _roster_lines(request: Request, roster: Roster, made: RosterImport) -> list[str]:
    changes = say_rosters.report(request.voice, roster, made, dry_run=False)
    return [*say_rosters.read(request.voice, roster), *changes]


def _calendar_lines(request: Request, school: School, calendar: CalendarFile) -> list[str]:
    return say_calendars.lines(request.voice, school.name, calendar, everything=True)


# --- rosters --------------------------------------------------------------------------------------------------------


async def _try_roster(
    request: Request, kept: KeptFile, roster: Roster
) -> tuple[RosterImport, Identity, Fault | None]:
    """Return what the roster would do, and the first question about who is who that its sender has not answered."""
    identity = Identity(kept.same)
    try:
        return await _import(request, roster, identity, dry_run=True), identity, None
    except RosterError as unsure:
        if any(each.key not in (SAME_PERSON, SAME_SCHOOL) for each in unsure.faults):
            raise
        questions = [each for each in unsure.faults if dict(each.facts)["old"] not in kept.different]
    if questions:
        return RosterImport(()), identity, questions[0]
    identity = Identity(kept.same, all_others_differ=True)
    return await _import(request, roster, identity, dry_run=True), identity, None


async def _with_known_ids(request: Request, roster: Roster) -> Roster:
    stored = await request.tx.members.of(request.member.partnership_id)
    return with_known_ids(roster, await _own_schools(request), stored)


async def _find_identity_as_shown(request: Request, kept: KeptFile, roster: Roster) -> Identity | None:
    """Return who is who in the roster, if it would do now what its sender was shown; else None."""
    try:
        made, identity, question = await _try_roster(request, kept, roster)
    except RosterError:
        return None
    lines = _roster_lines(request, roster, made)
    return identity if question is None and kept.shown == kept_files.fingerprint(lines) else None


async def _import(request: Request, roster: Roster, identity: Identity, *, dry_run: bool) -> RosterImport:
    """Import the roster into the member's partnership, as far as they coordinate what it names."""
    partnership = await request.tx.schools.partnership(request.member.partnership_id)

    async def check(changes: Difference) -> None:
        await _check_rights(request, roster, changes, identity)

    return await rosters.import_roster(
        request.tx,
        partnership.name,
        roster,
        request.now,
        dry_run=dry_run,
        identity=identity,
        check=check,
    )


async def _check_rights(request: Request, roster: Roster, changes: Difference, identity: Identity) -> None:
    """Raise `UserError` if the roster says something of a school where the member is no coordinator.

    Who coordinates every school of the partnership may also bring new schools. Nobody takes the role from themselves.
    """
    everywhere = await request.tx.schools.of(request.member.partnership_id)
    own = await _own_schools(request)
    own_id = request.member.source_id
    if lost := find_lost_schools(changes, identity.same.get(own_id, own_id)):
        where = request.voice.listing([each.name for each in everywhere if each.source_id in lost])
        raise UserError("file-without-you", schools=where)
    if len(own) == len(everywhere):
        return
    ids = {each.id: each.source_id for each in everywhere}
    stored = await request.tx.members.of(request.member.partnership_id)
    posts = {each.email: [ids[post.school_id] for post in each.posts] for each in stored if each.email}
    others = find_other_schools(roster, changes, {each.source_id for each in own}, posts)
    if others:
        names = {each.source_id: each.name for each in roster.schools}
        names |= {each.source_id: each.name for each in everywhere}
        raise UserError(
            "file-other-schools",
            schools=request.voice.listing([names.get(each, each) for each in others]),
            own=request.voice.listing([each.name for each in own]),
        )


async def _use_roster(request: Request, roster: Roster, identity: Identity) -> Replacement:
    made = await _import(request, roster, identity, dry_run=False)
    await request.tx.files.delete(request.member.id)
    lines = say_rosters.report(request.voice, roster, made, dry_run=False)
    return Replacement(say_sent_files.roster_used(request.voice, lines))


# --- calendars and schools ------------------------------------------------------------------------------------------


async def _use_calendar(request: Request, school: School, calendar: CalendarFile) -> Replacement:
    await schools.import_calendar(request.tx, school, calendar.terms, calendar.closed)
    await request.tx.files.delete(request.member.id)
    return Replacement(say_sent_files.calendar_used(request.voice, school.name))


async def _own_schools(request: Request) -> list[School]:
    """Return the schools that the member coordinates, by name."""
    coordinated = {post.school_id for post in request.member.posts if post.role is Role.COORDINATOR}
    everywhere = await request.tx.schools.of(request.member.partnership_id)
    return [each for each in everywhere if each.id in coordinated]


async def _school_of(request: Request, kept: KeptFile) -> School | None:
    """Return the member's school whose calendar it is; None where there are several and none was chosen."""
    own = await _own_schools(request)
    if len(own) == 1:
        return own[0]
    return next((each for each in own if each.id == kept.school_id), None)


async def _options(request: Request, kept: KeptFile | None = None) -> ReadingOptions:
    """Return what the file itself does not say: the school where there is one, and what was answered."""
    own = await _own_schools(request)
    school = next((each for each in own if kept and each.id == kept.school_id), own[0])
    return ReadingOptions(
        today=request.now.date(),
        time_zone=school.time_zone,
        school=own[0].name if len(own) == 1 else "",
        administrators_are_principals=kept.administrators_are_principals if kept else None,
    )
