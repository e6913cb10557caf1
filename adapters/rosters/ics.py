"""All-day events of an iCalendar file, as terms and closed days: what has a time of day closes no school."""

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
"""How far repeated events are followed: to the end of the terms, but no further than this."""

# A damaged file makes both libraries stumble in many ways: found by damaging some ten thousand calendars.
NONSENSE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)

# The parts of a rule that always come round again: the others can be combined into days that never come (30 February),
# for which the library would look until the year 9999.
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
    """A run of days, first and last included: a term, or days without lessons."""

    title: str
    first: date
    last: date
    is_term: bool


def spans(file: str, content: bytes, faults: FileFaults) -> list[Span]:
    """The terms and closed days of a calendar, repeated events followed over its terms or three years."""
    try:
        calendars = icalendar.Calendar.from_ical(content, multiple=True)
    except NONSENSE:
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
        except NONSENSE:
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
    """Raise `ValueError` for a rule that stands still, repeats within a day, or may never come round."""
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
            raise ValueError("a rule that nobody keeps")


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
    except NONSENSE:
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
