"""Term dates and closed days from a calendar file: iCalendar, or a CSV of `kind,title,first_day,last_day`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from adapters.files.faults import FileFaults, shown
from adapters.files.table import Row, read_table
from adapters.rosters.ics import Span, spans
from bot.rules.school_time import CalendarFile, Term

COLUMNS = ("kind", "title", "first_day", "last_day")
REQUIRED = ("kind", "title", "first_day")

LARGEST_MB = 5
MOST_DAYS = 1_000
LONGEST = timedelta(days=366)
YEARS = range(2000, 2101)
DAY = timedelta(days=1)
SATURDAY = 5

ISO = re.compile(r"\d{4}-\d\d-\d\d")
TWO_WAYS = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-](\d{2}|\d{4})")


def read_calendar(path: Path) -> CalendarFile:
    """Read a calendar. Raises `RosterError` with all its faults at once."""
    faults = FileFaults()
    if path.stat().st_size > LARGEST_MB << 20:
        faults.stop(path.name, None, "", "roster.too-large", limit=LARGEST_MB)
    content = path.read_bytes()
    if b"BEGIN:VCALENDAR" in content.upper():
        found = spans(path.name, content, faults)
    else:
        found = list(_spans_of_csv(path, faults))
    _check(path.name, found, faults)
    faults.raise_any()
    terms = {Term(span.title, span.first, span.last) for span in found if span.is_term}
    closed = _closed_days(path.name, found, faults)
    if not terms and not closed:
        faults.stop(path.name, None, "", "calendar.no-days")
    return CalendarFile(
        terms=tuple(sorted(terms, key=lambda term: (term.first_day, term.title))), closed=closed
    )


def _spans_of_csv(path: Path, faults: FileFaults) -> Iterator[Span]:
    with path.open("rb") as stream:
        for row in read_table(stream, path.name, COLUMNS, REQUIRED, faults):
            cells = row.texts(COLUMNS)
            kind, title = cells["kind"].casefold(), cells["title"]
            if kind not in {"term", "closed"}:
                row.fault("kind", "calendar.unknown-kind", value=shown(kind))
            if not title:
                row.fault("title", "roster.empty-cell", name="title")
            first = _day(row, "first_day", cells["first_day"])
            last = _day(row, "last_day", cells["last_day"]) if cells["last_day"] else first
            if first and last and first > last:
                row.fault("last_day", "calendar.ends-before")
            elif first and last:
                yield Span(title, first, last, is_term=kind == "term")


def _day(row: Row, column: str, text: str) -> date | None:
    try:
        if ISO.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # the 31st of February
    if TWO_WAYS.fullmatch(text):
        row.fault(column, "calendar.date-order", value=text)
    elif text:
        row.fault(column, "calendar.bad-date")
    else:
        row.fault(column, "roster.empty-cell", name=column)
    return None


def _check(file: str, found: Sequence[Span], faults: FileFaults) -> None:
    for span in found:
        if span.first.year not in YEARS or span.last.year not in YEARS:
            faults.add(file, None, "", "calendar.far-away", title=shown(span.title))
        elif span.last - span.first > LONGEST:
            faults.add(file, None, "", "calendar.too-long", title=shown(span.title))


def _closed_days(file: str, found: Sequence[Span], faults: FileFaults) -> dict[date, str]:
    """Return the weekdays without lessons, each with its first reason in the file."""
    closed: dict[date, str] = {}
    for span in found:
        if span.is_term:
            continue
        for offset in range((span.last - span.first).days + 1):
            day = span.first + offset * DAY
            if day.weekday() < SATURDAY:
                closed.setdefault(day, span.title)
        if len(closed) > MOST_DAYS:
            faults.stop(file, None, "", "calendar.too-many-days", limit=MOST_DAYS)
    return dict(sorted(closed.items()))
