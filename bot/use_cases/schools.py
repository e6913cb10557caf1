"""Use cases on schools: teaching days and hours of members, imports of calendars."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime

from bot.model import Member, School
from bot.ports import Tx
from bot.rules.school_time import Availability, Calendar, NoTeachingDays, Term, has_city, is_holidays_code


async def read_availability(tx: Tx, member: Member) -> Availability:
    """Return the days and hours at which this member may be written to."""
    return make_availability(member, await tx.schools.calendar(member.home_school_id))


async def read_availabilities(tx: Tx, members: Collection[Member]) -> Mapping[int, Availability]:
    """Return the availability of several members by id; the calendars of their schools are read together."""
    calendars = await tx.schools.calendars({member.home_school_id for member in members})
    return {member.id: make_availability(member, calendars[member.home_school_id]) for member in members}


async def read_availability_at(tx: Tx, member: Member, school: School) -> Availability:
    """Return the member's availability on another school's days, as for a digest about that school."""
    return make_availability(member, await tx.schools.calendar(school.id))


def make_availability(member: Member, calendar: Calendar) -> Availability:
    """Return a member's availability on the days of a calendar."""
    return Availability(calendar=calendar, hours=member.hours, paused_until=member.paused_until)


def choose_moment(availability: Availability, after: datetime) -> datetime:
    """Return the next moment, from `after` on, in these hours.

    Return `after` if the calendar has no teaching days left: composing then decides what becomes of the delivery.
    """
    try:
        return availability.next_moment(after)
    except NoTeachingDays:
        return after


async def read_schools_by_id(tx: Tx, partnership_id: int) -> Mapping[int, School]:
    """Return the partnership's schools by id."""
    return {school.id: school for school in await tx.schools.of(partnership_id)}


async def import_calendar(
    tx: Tx, school: School, terms: tuple[Term, ...], closed: Mapping[date, str], **settings: str
) -> School:
    """Replace a school's terms and closed days, and those of its settings that are given."""
    changed = replace(school, **{name: value for name, value in settings.items() if value})  # type: ignore[arg-type]  # only text fields are passed
    await tx.schools.set_settings(changed)
    await tx.schools.set_calendar(school.id, terms, closed)
    return changed


def find_unknown_setting(time_zone: str, holidays: str) -> str | None:
    """Return the key of the error, `bad-time-zone` or `bad-holidays`, or None if both are known."""
    if time_zone and not has_city(time_zone):
        return "bad-time-zone"
    return "bad-holidays" if not is_holidays_code(holidays) else None
