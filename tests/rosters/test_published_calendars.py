"""Calendars as real schools publish them give the days that a careful secretary would teach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events

from adapters.rosters import read_calendar
from bot.prompts import Prompts
from bot.rules.calendar_file import CalendarFile
from bot.rules.school_time import Calendar
from tests.support.places import PROMPTS, ROOT

WORDS = Prompts.load(PROMPTS).calendar_words
FOLDER = ROOT / "tests/published/calendars"
TODAY = date(2026, 8, 1)
DAY = timedelta(days=1)
NAMES = sorted(each.stem for each in FOLDER.glob("*.days"))


@dataclass(slots=True)
class Expected:
    """The days of a school year, written down by hand from the calendar's text."""

    zone: str = ""
    first: date = date.min
    last: date = date.min
    taught: set[date] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)


def days(first: date, last: date) -> Iterator[date]:
    return (first + n * DAY for n in range((last - first).days + 1))


def weekdays(first: date, last: date) -> set[date]:
    return {day for day in days(first, last) if day.weekday() < 5}


def expected_of(name: str) -> Expected:
    found = Expected()
    for line in (FOLDER / f"{name}.days").read_text(encoding="utf-8").splitlines():
        kind, _, rest = line.partition(" ")
        first = last = date.min
        if kind in {"year", "taught", "but"}:
            first, *_ = dates = [date.fromisoformat(each) for each in rest.split()]
            last = dates[-1]
        match kind:
            case "zone":
                found.zone = rest
            case "year":
                found.first, found.last = first, last
            case "taught":
                found.taught |= weekdays(first, last)
            case "but":
                assert weekdays(first, last) & found.taught, f"{rest} is not taught anyway"
                found.taught -= weekdays(first, last)
            case "asked":
                found.asked.append(rest)
            case "term":
                found.terms.append(rest)
            case "closes":
                found.closing.append(rest)
            case _:
                raise AssertionError(line)
    return found


def file_of(name: str) -> Path:
    [file] = [each for each in FOLDER.glob(f"{name}.*") if each.suffix != ".days"]
    return file


def read(name: str, zone: str | None) -> CalendarFile:
    return read_calendar(file_of(name), WORDS, today=TODAY, zone=ZoneInfo(zone) if zone else None)


def taught(found: CalendarFile, expected: Expected) -> set[date]:
    calendar = Calendar(time_zone="UTC", terms=found.terms, closed=frozenset(found.closed))
    return {day for day in days(expected.first, expected.last) if calendar.teaches(day)}


def differences(got: set[date], right: set[date]) -> dict[str, list[str]]:
    return {
        "wrongly taught": sorted(map(str, got - right)),
        "wrongly closed": sorted(map(str, right - got)),
    }


NONE: dict[str, list[str]] = {"wrongly taught": [], "wrongly closed": []}


@pytest.mark.parametrize("name", NAMES)
def test_a_published_calendar_gives_its_teaching_days(name: str) -> None:
    expected = expected_of(name)

    found = read(name, expected.zone)

    assert differences(taught(found, expected), expected.taught) == NONE
    assert sorted({each.title for each in found.asked}) == sorted(expected.asked)


def test_every_published_calendar_is_expected() -> None:
    files = {each.stem for each in FOLDER.iterdir() if each.suffix not in {".days", ".md"}}

    assert files == set(NAMES)
    assert len(NAMES) >= 20


# --- an independent reader ---


def whole_days(event: icalendar.Event) -> set[date]:
    """Return the days of an occurrence as the library gives it, with the day of its end where it ends in that day."""
    start, end = event.start, event.end
    first = start.date() if isinstance(start, datetime) else start
    last = (end - timedelta(minutes=1)).date() if isinstance(end, datetime) else end - DAY
    return set(days(first, max(first, last)))


BY_TITLE = [name for name in NAMES if expected_of(name).closing]


@pytest.mark.parametrize("name", BY_TITLE)
def test_an_independent_reader_finds_the_same_days_by_the_titles_that_close(name: str) -> None:
    expected = expected_of(name)
    zone = ZoneInfo(expected.zone)
    content = file_of(name).read_bytes()
    text = content.decode("utf-16" if content.startswith(b"\xff\xfe") else "utf-8-sig")
    calendar = icalendar.Calendar.from_ical(text)
    until = expected.last + DAY
    closed: set[date] = set()
    terms: set[date] = set()
    for event in recurring_ical_events.of(calendar).between(expected.first, until):
        title = str(event.get("SUMMARY"))
        if any(isinstance(each, datetime) and str(each.tzinfo) == "UTC" for each in (event.start, event.end)):
            event.start, event.end = event.start.astimezone(zone), event.end.astimezone(zone)
        if any(each in title for each in expected.closing):
            closed |= whole_days(event)
        elif any(each in title for each in expected.terms):
            terms |= whole_days(event)

    year = weekdays(expected.first, expected.last)
    assert differences((year & terms if expected.terms else year) - closed, expected.taught) == NONE


def test_the_independent_reader_reads_most_calendars() -> None:
    assert len(BY_TITLE) >= 12
