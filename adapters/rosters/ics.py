"""The events of an iCalendar file, as terms, closed days, and what was left out with the reason."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import icalendar

from adapters.files.faults import FileFaults
from adapters.rosters import first_and_last_days, ics_lines, repeats
from adapters.rosters.titles import CLOSED, UNKNOWN, Reading, Readings, read_event
from adapters.rosters.whole_days import Days, as_text, days_of, nearest_day, value_of
from bot.prompts import CalendarWords, Sign
from bot.rules.calendar_file import ClosedSpan, LeftOut, Why
from bot.rules.school_time import Term, is_time_zone

DAY = timedelta(days=1)
YEARS = range(2000, 2101)
LONGEST = timedelta(days=366)
"""The longest term or holiday; a longer one has a wrong year."""
FOLLOWED = timedelta(days=3 * 365)
"""The longest time for which repeated events are followed; they end with the terms."""
LONGEST_TITLE = 120
NEAR = timedelta(days=14)

# What the libraries raise on damaged files, found by damaging some ten thousand calendars.
DAMAGED = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, OSError)

MARKS = frozenset(first_and_last_days.ORDER)
NEEDED_FIRST = MARKS | {Reading.TERM}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One event with its days and what it says."""

    event: icalendar.Component
    zone: ZoneInfo | None
    title: str
    days: Days
    readings: Readings
    names_term: bool
    repeats: bool


@dataclass(slots=True)
class Found:
    """What a calendar says."""

    terms: list[Term] = field(default_factory=list)
    closed: list[ClosedSpan] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def read_events(
    file: str, text: str, words: CalendarWords, zone: ZoneInfo | None, since: date, faults: FileFaults
) -> Found:
    """Return what a calendar says of the days from `since` on; repeated events are followed over its terms."""
    try:
        calendars = ics_lines.read_calendars(text)
    except ics_lines.MixedUp:
        faults.stop(file, None, "", "calendar.broken")
    if not any(calendar.events for calendar in calendars):
        faults.stop(file, None, "", "calendar.no-events")
    try:
        return _Reader(words, since).read(calendars, zone)
    except repeats.TooManyDays:
        faults.stop(file, None, "", "calendar.too-many-repeats", limit=repeats.MOST_DAYS)


class _Reader:
    """The events of one file, sorted into terms, closed days, first and last days, and the rest."""

    def __init__(self, words: CalendarWords, since: date) -> None:
        self._words = words
        self._since = since
        self._budget = repeats.Budget()
        self._marks: list[first_and_last_days.Mark] = []
        self._moved: dict[str, set[date]] = {}
        self._found = Found()

    def read(self, calendars: Sequence[ics_lines.CalendarLines], zone: ZoneInfo | None) -> Found:
        entries: list[_Entry] = []
        for calendar in calendars:
            own_zone = _zone_of(calendar) or zone
            is_cancelled = calendar.properties.get("METHOD", "").upper() == "CANCEL"
            for lines in calendar.events:
                try:
                    event = ics_lines.event_of(lines)
                except DAMAGED:
                    title, written = (ics_lines.value_of(lines, name) for name in ("SUMMARY", "DTSTART"))
                    self._found.left_out.append(LeftOut(_tidy(title), Why.BAD_DATES, written=_tidy(written)))
                    continue
                entries += self._entries(event, own_zone, is_cancelled=is_cancelled)
        for entry in sorted(entries, key=lambda each: each.repeats):
            if not entry.repeats or entry.readings & NEEDED_FIRST:
                self._sort(entry, max(self._since, entry.days.first) + FOLLOWED)
        built = first_and_last_days.build(self._marks, self._found.terms, self._found.closed)
        self._found.terms += built.terms
        self._found.closed += built.closed
        self._found.left_out += built.left_out
        self._take_out_envelopes()
        last = max((term.last_day for term in self._found.terms), default=date.max)
        for entry in entries:
            if entry.repeats and not entry.readings & NEEDED_FIRST:
                self._sort(entry, min(last, max(self._since, entry.days.first) + FOLLOWED))
        self._take_out_the_past()
        return self._found

    def _entries(
        self, event: icalendar.Component, zone: ZoneInfo | None, *, is_cancelled: bool
    ) -> Iterator[_Entry]:
        """Yield the event if it may say something about lessons; leave it out with the reason otherwise."""
        title = _title(event)
        try:
            days = days_of(event, zone)
            self._note_moved(event, zone)
        except DAMAGED:
            self._found.left_out.append(LeftOut(title, Why.BAD_DATES, written=_written(event)))
            return
        readings = read_event(self._words, title, _categories(event), (days.last - days.first).days + 1)
        if not days.is_whole:
            readings = read_event(self._words, title, _categories(event), 1)
        entry = _Entry(event, zone, title, days, readings, self._names_term(title), repeats.repeats(event))
        status = str(event.get("STATUS", "")).upper()
        if is_cancelled or status == "CANCELLED":
            self._leave_out(entry, Why.CANCELLED)
        elif not days.is_whole and not readings <= MARKS:
            decides = readings & {Reading.CLOSED, Reading.TERM}
            self._leave_out(entry, Why.CLOSED_AT_A_TIME if decides else Why.AT_A_TIME)
        elif readings == UNKNOWN or status == "TENTATIVE":
            self._leave_out(entry, Why.NOT_UNDERSTOOD)
        elif Reading.TAUGHT in readings:
            self._leave_out(entry, Why.LESSONS)
        elif days.first.year not in YEARS or days.last.year not in YEARS or days.last - days.first > LONGEST:
            self._leave_out(entry, Why.BAD_DATES)
        else:
            yield entry

    def _sort(self, entry: _Entry, until: date) -> None:
        length = (entry.days.last - entry.days.first).days + 1
        days: list[date] = [entry.days.first]
        if entry.repeats:
            try:
                days = list(
                    repeats.first_days(entry.event, entry.days.first, until, entry.zone, self._budget, length)
                )
            except DAMAGED:
                self._leave_out(entry, Why.BAD_REPEAT, written=_written_repeat(entry.event))
                return
            moved = self._moved.get(_id(entry.event), set())
            days = [day for day in days if day not in moved]
        elif entry.readings >= CLOSED and entry.days.last >= self._since:
            self._budget.spend(length)
        for first in days:
            self._add(entry, first, first + (length - 1) * DAY)

    def _add(self, entry: _Entry, first: date, last: date) -> None:
        for reading in entry.readings:
            match reading:
                case Reading.TERM:
                    self._found.terms.append(Term(entry.title, first, last))
                case Reading.CLOSED:
                    self._found.closed.append(ClosedSpan(entry.title, first, last))
                case _:
                    mark = first_and_last_days.Mark(entry.title, first, reading, entry.names_term)
                    self._marks.append(mark)

    def _leave_out(self, entry: _Entry, why: Why, written: str = "") -> None:
        first, last = entry.days.first, entry.days.last
        if last < self._since and not entry.repeats:
            why = Why.PAST
        self._found.left_out.append(LeftOut(entry.title, why, first, last, written))

    def _names_term(self, title: str) -> bool:
        return Sign.TERM in self._words.find(title)

    def _note_moved(self, event: icalendar.Component, zone: ZoneInfo | None) -> None:
        """Note the day of a series that this event stands for. Raises `ValueError` where that cannot be read."""
        day = value_of(event, "RECURRENCE-ID")
        if day is not None and "RANGE" in event["RECURRENCE-ID"].params:
            raise ValueError("a change of all later days of a series")
        if day is not None:
            self._moved.setdefault(_id(event), set()).add(nearest_day(day, zone))

    def _take_out_envelopes(self) -> None:
        """Leave out a year that is also given by its terms, or it would teach the holidays between them."""
        terms = [*dict.fromkeys(self._found.terms)]
        envelopes = [term for term in terms if _is_envelope(term, terms)]
        self._found.terms = [term for term in terms if term not in envelopes]
        self._found.left_out += [
            LeftOut(each.title, Why.ENVELOPE, each.first_day, each.last_day) for each in envelopes
        ]

    def _take_out_the_past(self) -> None:
        found = self._found
        spans: list[Term | ClosedSpan] = [*found.terms, *found.closed]
        over = [each for each in spans if each.last_day < self._since]
        found.left_out = [self._past_or_not(each) for each in found.left_out]
        found.left_out += [LeftOut(each.title, Why.PAST, each.first_day, each.last_day) for each in over]
        found.terms = [each for each in found.terms if each.last_day >= self._since]
        found.closed = [each for each in found.closed if each.last_day >= self._since]

    def _past_or_not(self, each: LeftOut) -> LeftOut:
        marks = (Why.MARKS, Why.NO_FIRST_DAY, Why.NO_LAST_DAY)
        if each.why in marks and each.last_day and each.last_day < self._since:
            return LeftOut(each.title, Why.PAST, each.first_day, each.last_day)
        return each


def _is_envelope(term: Term, terms: list[Term]) -> bool:
    inner = [
        each
        for each in terms
        if each != term and term.first_day <= each.first_day and each.last_day <= term.last_day
        and (each.first_day, each.last_day) != (term.first_day, term.last_day)
    ]  # fmt: skip
    return (
        len(inner) > 1
        and min(each.first_day for each in inner) - term.first_day <= NEAR
        and term.last_day - max(each.last_day for each in inner) <= NEAR
    )


def _zone_of(calendar: ics_lines.CalendarLines) -> ZoneInfo | None:
    name = calendar.properties.get("X-WR-TIMEZONE", "")
    return ZoneInfo(name) if name and name not in {"UTC", "Etc/UTC", "GMT"} and is_time_zone(name) else None


def _id(event: icalendar.Component) -> str:
    return str(event.get("UID", ""))


def _title(event: icalendar.Component) -> str:
    found = event.get("SUMMARY", "")
    return _tidy(str(found[0] if isinstance(found, list) else found))


def _tidy(text: str) -> str:
    return "".join(filter(str.isprintable, " ".join(html.unescape(text).split())))[:LONGEST_TITLE]


def _categories(event: icalendar.Component) -> list[str]:
    found = event.get("CATEGORIES", [])
    named = [each for part in (found if isinstance(found, list) else [found]) for each in _names(part)]
    return [html.unescape(each) for each in named]


def _names(part: object) -> list[str]:
    cats = getattr(part, "cats", None)
    return [str(each) for each in cats] if isinstance(cats, list) else [str(part)]


def _written(event: icalendar.Component) -> str:
    return " – ".join(filter(None, (as_text(event.get(name)) for name in ("DTSTART", "DTEND", "DURATION"))))


def _written_repeat(event: icalendar.Component) -> str:
    names = ("RRULE", "RDATE", "EXDATE")
    return " – ".join(filter(None, (as_text(event.get(name)) for name in names)))
