"""The events of an iCalendar file, each read by itself so that a damaged one harms no other."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import icalendar

from adapters.rosters.whole_days import ALL_DAY_FLAGS

DATES = frozenset({"DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID"})
READ = DATES | {*ALL_DAY_FLAGS} | {"UID", "SUMMARY", "CATEGORIES", "STATUS", "DURATION", "RRULE"}
"""The properties of an event that are read. Alarms, time zones and all others are left out, broken or not."""

UTC_NAMES = frozenset({"utc", "etc/utc", "tzone://microsoft/utc"})
FOLD = re.compile(r"\n+[ \t]")
NAME = re.compile(r"[A-Za-z0-9-]+")
ZONE = re.compile(r';TZID="?([^";]*)"?', re.IGNORECASE)


class MixedUp(Exception):
    """A component ends that did not begin, or does not end."""


@dataclass(slots=True)
class CalendarLines:
    """One calendar of a file: its own properties, and the lines of its events."""

    properties: dict[str, str] = field(default_factory=dict)
    events: list[list[str]] = field(default_factory=list)


def read_calendars(text: str) -> list[CalendarLines]:
    """Return the calendars of a file with line ends of one sign. Raises `MixedUp`."""
    found: list[CalendarLines] = []
    inside: list[str] = []
    for line in FOLD.sub("", text).split("\n"):
        name, value = _name_of(line), line.partition(":")[2].strip()
        if name == "BEGIN":
            inside.append(value.upper())
            if inside[-1] == "VCALENDAR" or not found:
                found.append(CalendarLines())
            if inside[-1] == "VEVENT":
                found[-1].events.append([])
        elif name == "END":
            if not inside or inside.pop() != value.upper():
                raise MixedUp
        elif inside and inside[-1] == "VEVENT" and name in READ and value:
            found[-1].events[-1].append(_as_on_the_wall(line) if name in DATES else line)
        elif inside == ["VCALENDAR"]:
            found[-1].properties.setdefault(name, value)
    if inside:
        raise MixedUp
    return found


def event_of(lines: list[str]) -> icalendar.Component:
    """Return an event. Raises what the library raises on damaged lines."""
    return icalendar.Event.from_ical("\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""]))


def value_of(lines: list[str], name: str) -> str:
    """Return a property of an event as the file writes it, or ""."""
    return next((line.rpartition(":")[2] for line in lines if _name_of(line) == name), "")


def _name_of(line: str) -> str:
    found = NAME.match(line)
    return found[0].upper() if found else ""


def _as_on_the_wall(line: str) -> str:
    """Return a property of dates without its zone, but for UTC: times are read as the wall shows them.

    A zone may hold colons, or be a name that the library takes for a file.
    """
    before, _, value = line.rpartition(":")
    zone = ZONE.search(before)
    if not zone:
        return line
    kept = ";TZID=UTC" if zone[1].strip().casefold() in UTC_NAMES else ""
    return f"{ZONE.sub('', before)}{kept}:{value}"
