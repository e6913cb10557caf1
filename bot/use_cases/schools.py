"""Use cases on schools: whose days are whose, rosters and calendars coming in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime

from bot.model import Member, School
from bot.model.roster import Roster, RosterChange
from bot.ports import Tx
from bot.rules.school_time import Availability, Calendar, NoTeachingDays, Term, is_holidays_code, is_time_zone


async def read_availability(tx: Tx, member: Member) -> Availability:
    """The days and hours on which this person may be written to."""
    return _make_availability(member, await tx.schools.calendar(member.home_school_id))


async def read_availabilities(tx: Tx, members: Collection[Member]) -> Mapping[int, Availability]:
    """The same for several, by member id; each school's calendar is read once."""
    calendars = {
        each: await tx.schools.calendar(each) for each in {member.home_school_id for member in members}
    }
    return {member.id: _make_availability(member, calendars[member.home_school_id]) for member in members}


async def read_availability_at(tx: Tx, member: Member, school: School) -> Availability:
    """The person's hours on another school's days: a principal's digest goes by the school it is about."""
    return _make_availability(member, await tx.schools.calendar(school.id))


def _make_availability(member: Member, calendar: Calendar) -> Availability:
    return Availability(calendar=calendar, hours=member.hours, paused_until=member.paused_until)


def choose_moment(person: Availability, after: datetime) -> datetime:
    """When to send; where the calendar knows no day to come, at once: composing decides then what becomes of it."""
    try:
        return person.next_moment(after)
    except NoTeachingDays:
        return after


async def read_schools_by_id(tx: Tx, partnership_id: int) -> Mapping[int, School]:
    """A partnership's schools."""
    return {school.id: school for school in await tx.schools.of(partnership_id)}


async def import_roster(
    tx: Tx, partnership: str, roster: Roster, now: datetime, *, dry_run: bool
) -> tuple[RosterChange, ...]:
    """Apply a roster to the partnership of that name, which is made when it is new; or only tell what would change."""
    found = await tx.schools.partnership_named(partnership) or await tx.schools.add_partnership(partnership)
    if dry_run:
        return await tx.schools.changes(found.id, roster)
    return await tx.schools.apply(found.id, roster, now)


async def import_calendar(
    tx: Tx, school: School, terms: tuple[Term, ...], closed: Mapping[date, str], **settings: str
) -> School:
    """Replace a school's term dates and closed days, and its zone or holidays where they are given."""
    changed = replace(school, **{name: value for name, value in settings.items() if value})  # type: ignore[arg-type]  # only text fields are passed
    await tx.schools.set_settings(changed)
    await tx.schools.set_calendar(school.id, terms, closed)
    return changed


def find_unknown_setting(time_zone: str, holidays: str) -> str | None:
    """Which of the two is unknown, as a key: `bad-time-zone` or `bad-holidays`."""
    if time_zone and not is_time_zone(time_zone):
        return "bad-time-zone"
    return "bad-holidays" if not is_holidays_code(holidays) else None
