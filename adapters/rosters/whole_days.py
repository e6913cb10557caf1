"""The whole days of a calendar event, however its program wrote them, and the day that a moment means."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Component, vDDDTypes

DAY = timedelta(days=1)
LONGEST_TEXT = 500
NEARLY = timedelta(minutes=5)
"""00:01 to 23:59 is a whole day too."""
MORNING, AFTERNOON = time(9, 30), time(15, 0)
"""A first day that begins by then, and a last day that ends after, count among the days of an event of several."""

ALL_DAY_FLAGS = ("X-MICROSOFT-CDO-ALLDAYEVENT", "X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT", "X-FUNAMBOL-ALLDAY")
WRITTEN_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
EAST = timedelta(hours=13)
WEST = timedelta(hours=12)


class Days(NamedTuple):
    """The days of an event; `is_whole` is False where it has a time of day."""

    first: date
    last: date
    is_whole: bool


def days_of(event: Component, zone: ZoneInfo | None) -> Days:
    """Return the days of an event, in the calendar's or the school's time zone; raises `ValueError`."""
    start = value_of(event, "DTSTART")
    if start is None:
        raise ValueError("an event without a beginning")
    end = value_of(event, "DTEND")
    if end is None:
        end = _after_duration(event, start)
    if not isinstance(start, datetime) and not isinstance(end, datetime):
        return _checked(start, max(start, (end or start + DAY) - DAY), end)
    if any(str(event.get(flag, "")).upper() == "TRUE" for flag in ALL_DAY_FLAGS):
        first = nearest_day(start, zone)
        return _checked(first, max(first, nearest_day(end or start, zone) - DAY), None)
    if not (isinstance(start, datetime) and isinstance(end, datetime)):
        return _mixed(start, end, zone)
    return _timed(start, end, zone)


def value_of(event: Component, name: str) -> date | datetime | None:
    """Return the date or the time of a property, or None. Raises `ValueError`."""
    found = event.get(name)
    found = found[0] if isinstance(found, list) else found
    if found is None:
        return None
    value = found.dt if isinstance(found, vDDDTypes) else None
    if isinstance(value, datetime):
        return value.date() if found.params.get("VALUE") == "DATE" and _is_as_written(value) else value
    if isinstance(value, date):
        return value
    if match := WRITTEN_DAY.match(as_text(found)):
        return date(*map(int, match.groups()))
    raise ValueError("no date")


def as_text(value: object) -> str:
    """Return a property's value as the file writes it, shortened; several are joined by commas."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(as_text, value)))[:LONGEST_TEXT]
    write: Callable[[], bytes | str] | None = getattr(value, "to_ical", None)
    try:
        written = write() if write else ""
    except (TypeError, ValueError):  # a damaged rule can be read and not written
        return ""
    text = written if isinstance(written, str) else written.decode(errors="replace")
    text = text.replace("\\;", ";").replace("\\,", ",")
    return "".join(filter(str.isprintable, text))[:LONGEST_TEXT]


def nearest_day(moment: date | datetime, zone: ZoneInfo | None) -> date:
    """Return the day that begins nearest to a moment: Exchange writes whole days as midnight of some zone, in UTC."""
    if not isinstance(moment, datetime):
        return moment
    local = _local(moment, zone)
    for each in (local, moment):
        if each.time() == time():
            return each.date()
    if _is_utc(moment):
        return (moment + EAST).date()  # midnight anywhere from Honolulu to Auckland
    return (local + WEST).date()


def _is_as_written(value: datetime) -> bool:
    """Return whether the date of a time called a date can be taken as it stands: not for 23:00 in UTC."""
    return value.tzinfo is None or value.time() == time() or not _is_utc(value)


def _after_duration(event: Component, start: date | datetime) -> date | datetime | None:
    """Return the end of an event that has a length, else None. Raises `ValueError` for what is no length."""
    found = event.get("DURATION")
    found = found[0] if isinstance(found, list) else found
    if found is None:
        return None
    match found:
        case vDDDTypes(dt=timedelta() as lasts):
            return start + lasts
        case _:
            raise ValueError("no length")


def _checked(first: date, last: date, end: date | datetime | None) -> Days:
    if isinstance(end, date) and end < first:
        raise ValueError("the event ends before it begins")
    return Days(first, last, is_whole=True)


def _mixed(start: date | datetime, end: date | datetime | None, zone: ZoneInfo | None) -> Days:
    """Return the days of an event with a date at one end and a time, or nothing, at the other."""
    if isinstance(start, datetime):
        first = _local(start, zone).date()
        return (
            Days(first, first, is_whole=False) if end is None else _checked(first, max(first, end - DAY), end)
        )
    end = _local(end, zone) if isinstance(end, datetime) else end
    last = start if end is None else end.date() if isinstance(end, datetime) else end
    if isinstance(end, datetime) and end.time() == time() and last > start:
        last -= DAY
    return _checked(start, last, last)


def _timed(start: datetime, end: datetime, zone: ZoneInfo | None) -> Days:
    first, last = _local(start, zone), _local(end, zone)
    if last < first:
        raise ValueError("the event ends before it begins")
    for begins, ends in ((first, last), (start.replace(tzinfo=None), end.replace(tzinfo=None))):
        midnight = datetime.combine(begins.date(), time())
        until = datetime.combine((ends + NEARLY).date(), time())
        if begins - midnight <= NEARLY and ends - until <= NEARLY and until > midnight:
            return Days(midnight.date(), until.date() - DAY, is_whole=True)
    if (
        zone is None
        and _is_utc(start)
        and _is_utc(end)
        and end > start
        and (end - start) % DAY == timedelta()
    ):
        return Days(nearest_day(start, None), nearest_day(end, None) - DAY, is_whole=True)
    if first.date() == last.date():
        return Days(first.date(), last.date(), is_whole=False)
    whole_first = first.date() if first.time() <= MORNING else first.date() + DAY
    whole_last = last.date() if last.time() >= AFTERNOON else last.date() - DAY
    if whole_last - whole_first >= DAY:
        return Days(whole_first, whole_last, is_whole=True)
    return Days(first.date(), last.date(), is_whole=False)


def _local(moment: datetime, zone: ZoneInfo | None) -> datetime:
    """Return the time on the wall, without its zone: UTC is shown in the calendar's zone, others as written."""
    if zone and _is_utc(moment):
        moment = moment.astimezone(zone)
    return moment.replace(tzinfo=None)


def _is_utc(moment: datetime) -> bool:
    return str(moment.tzinfo) in {"UTC", "Etc/UTC"}
