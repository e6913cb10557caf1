"""All-day events of an iCalendar file, as terms and closed days. Events with a time of day are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import icalendar
import recurring_ical_events

from adapters.files.faults import FileFaults, shown
from adapters.files.table import LONGEST_CELL

DAY = timedelta(days=1)
LONGEST = timedelta(days=3 * 365)
"""The longest time for which repeated events are followed; they end with the terms."""

# What both libraries raise on damaged files, found by damaging some ten thousand calendars.
DAMAGED = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)

# Only parts of a rule that always recur: others can be combined into days that never come (30 February), for which
# the library would look until the year 9999.
PARTS = {
    "DAILY": frozenset[str](),
    "WEEKLY": frozenset({"BYDAY"}),
    "MONTHLY": frozenset({"BYDAY", "BYMONTHDAY", "BYSETPOS"}),
    "YEARLY": frozenset({"BYDAY", "BYMONTH", "BYMONTHDAY"}),
}
COMMON_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
LONGEST_INTERVAL = 52
MOST_REPEATED = 200
WEEKDAY = re.compile(r"[+-]?[1-5]?(MO|TU|WE|TH|FR|SA|SU)")
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
    """A term, or days without lessons, from the first to the last day."""

    title: str
    first: date
    last: date
    is_term: bool


def spans(file: str, content: bytes, faults: FileFaults) -> list[Span]:
    """Return the terms and closed days of a calendar; repeated events are followed over its terms or three years."""
    try:
        calendars = icalendar.Calendar.from_ical(content, multiple=True)
    except DAMAGED:
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
        except DAMAGED:
            title = shown(str(event.get("SUMMARY", "")))
            faults.add(file, None, "", "calendar.bad-event", number=number, title=title)
    faults.raise_any()
    if len(repeated.subcomponents) > MOST_REPEATED:
        faults.stop(file, None, "", "calendar.too-many-repeats", limit=MOST_REPEATED)
    if repeated.subcomponents:
        found.extend(_repeated_spans(file, repeated, found, faults))
    return found


def _is_cancelled(event: icalendar.Event) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _check_rule(event: icalendar.Event) -> None:
    """Raise `ValueError` for a rule that repeats within a day or may have no next day."""
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        (frequency,) = rule.get("FREQ", [])
        (interval,) = rule.get("INTERVAL", [1])
        is_known = rule.keys() <= COMMON_PARTS | PARTS.get(frequency, frozenset())
        weekdays, positions = rule.get("BYDAY", []), rule.get("BYSETPOS", [1])
        if (
            frequency not in PARTS
            or not is_known
            or not 1 <= interval <= LONGEST_INTERVAL
            or not all(WEEKDAY.fullmatch(str(each)) for each in weekdays)
            or not {*positions} <= {1, -1}
        ):
            raise ValueError("a rule that is not supported")


def _repeated_spans(
    file: str, repeated: icalendar.Calendar, single: list[Span], faults: FileFaults
) -> Iterator[Span]:
    terms = [span for span in single if span.is_term]
    try:
        first = min(span.first for span in terms) if terms else min(event.start for event in repeated.events)
        last = min(max((span.last for span in terms), default=date.max), first + LONGEST)
        for event in recurring_ical_events.of(repeated).between(first, last + DAY):
            if not _is_cancelled(event):
                yield from _span(event)
    except DAMAGED:
        faults.stop(file, None, "", "calendar.broken")


def _span(event: icalendar.Event) -> Iterator[Span]:
    """Yield the event as a term or as closed days, or nothing if it only marks a first or last day."""
    first, last = event.start, event.end - DAY
    if last < first - DAY:
        raise ValueError("the event ends before it begins")
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
