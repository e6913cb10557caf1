"""All-day events of an iCalendar file, as terms and closed days: what has a time of day closes no school."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import icalendar
import recurring_ical_events

from adapters.rosters.faults import Faults, shown
from adapters.rosters.table import LONGEST_CELL

DAY = timedelta(days=1)
WITHOUT_TERMS = timedelta(days=3 * 365)
"""How far repeated events are followed in a file that has no terms."""

FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
REPEATING = ("RRULE", "RDATE", "RECURRENCE-ID")

TERM = re.compile(r"\b(terms?|midterm|semesters?|trimesters?|tymor|w[āa]hanga|t[ée]arma)\b", re.IGNORECASE)
SHORTEST_TERM = timedelta(days=5)
HOLIDAY = re.compile(r"\b(breaks?|holidays?|vacation|recess|gwyliau|closed|closures?)\b", re.IGNORECASE)
NO_LESSONS = re.compile(
    r"\b(half[ -]?term|mid[ -]?term|hanner tymor|inset|hms|training|staff|teachers?|no school|"
    r"(student|pupil)s?[ -]free)\b",
    re.IGNORECASE,
)
LONGEST_WITHOUT_LESSONS = timedelta(days=21)
MARKER = re.compile(
    r"\b(begins?|starts?|ends?|returns?|resumes?|(first|last) day|back to school)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Span:
    """A run of days, first and last included: a term, or days without lessons."""

    title: str
    first: date
    last: date
    is_term: bool


def spans(file: str, content: bytes, faults: Faults) -> list[Span]:
    """The terms and closed days of a calendar, repeated events followed over its terms or three years."""
    try:
        calendars = icalendar.Calendar.from_ical(content, multiple=True)
    except ValueError:
        faults.stop(file, None, "", "calendar.broken")
    events = [each for calendar in calendars for each in calendar.walk() if isinstance(each, icalendar.Event)]
    if not events:
        faults.stop(file, None, "", "calendar.no-events")
    found: list[Span] = []
    repeated = icalendar.Calendar()
    for number, event in enumerate(events, start=1):
        try:
            if isinstance(event.start, datetime):
                continue
            if any(name in event for name in REPEATING):
                _check_rule(event)
                repeated.add_component(event)
            elif not _is_cancelled(event):
                found.extend(_span(event))
        except (ValueError, TypeError, OverflowError):  # what icalendar raises for the nonsense it has let in
            title = shown(str(event.get("SUMMARY", "")))
            faults.add(file, None, "", "calendar.bad-event", number=number, title=title)
    faults.raise_any()
    if repeated.subcomponents:
        found.extend(_repeated_spans(file, repeated, found, faults))
    return found


def _is_cancelled(event: icalendar.Event) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _check_rule(event: icalendar.Event) -> None:
    """A rule that repeats more than once a day, or stands still, would never end."""
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        frequencies, intervals = rule.get("FREQ", []), rule.get("INTERVAL", [1])
        if len(frequencies) != 1 or frequencies[0] not in FREQUENCIES or min(intervals) < 1:
            raise ValueError("a rule nobody keeps")


def _repeated_spans(
    file: str, repeated: icalendar.Calendar, single: list[Span], faults: Faults
) -> Iterator[Span]:
    terms = [span for span in single if span.is_term]
    try:
        first = min(span.first for span in terms) if terms else min(event.start for event in repeated.events)
        last = max(span.last for span in terms) if terms else first + WITHOUT_TERMS
        for event in recurring_ical_events.of(repeated).between(first, last + DAY):
            if not _is_cancelled(event):
                yield from _span(event)
    except (ValueError, TypeError, OverflowError):
        faults.stop(file, None, "", "calendar.broken")


def _span(event: icalendar.Event) -> Iterator[Span]:
    """What an event means for school days: nothing, if it only marks the first or last day of something."""
    first, last = event.start, event.end - DAY
    if last < first - DAY:
        raise ValueError("it ends before it begins")
    last = max(first, last)
    title = "".join(filter(str.isprintable, " ".join(str(event.get("SUMMARY", "")).split())))[:LONGEST_CELL]
    words = " ".join([title, *map(str, event.categories)])
    names_term = TERM.search(words) and not HOLIDAY.search(words)
    # "Half-term 1" may be seven weeks of lessons, and "Term 1 (teachers start on Monday)" is a term.
    if names_term and (last - first > LONGEST_WITHOUT_LESSONS or not NO_LESSONS.search(words)):
        if last - first + DAY >= SHORTEST_TERM:
            yield Span(title, first, last, is_term=True)
    elif NO_LESSONS.search(words) or HOLIDAY.search(words) or not MARKER.search(words):
        yield Span(title, first, last, is_term=False)
