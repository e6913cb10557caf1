"""Term dates and closed days from a calendar file: iCalendar, or a CSV of `kind,title,first_day,last_day`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.files.encodings import encoding_of
from adapters.files.faults import FileFaults, shown
from adapters.files.formats import CALENDAR, FileFormat, detect_format
from adapters.files.table import Row, read_table
from adapters.rosters.ics import LONGEST, YEARS, Found, read_events
from bot.prompts import CalendarWords
from bot.rules.calendar_file import CalendarFile, ClosedSpan
from bot.rules.school_time import Term

COLUMNS = ("kind", "title", "first_day", "last_day")
REQUIRED = ("kind", "title", "first_day")

LARGEST_MB = 5
MOST_DAYS = 1_000
KEPT = timedelta(days=183)
"""What ended earlier is left out. A cycle that runs counts its days from its first, so half a year is kept."""
DAY = timedelta(days=1)
SATURDAY = 5

ISO = re.compile(r"\d{4}-\d\d-\d\d")
TWO_WAYS = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-](\d{2}|\d{4})")
BEGINS, ENDS = (
    re.compile(r"^BEGIN:", re.MULTILINE | re.IGNORECASE),
    re.compile(r"^END:", re.MULTILINE | re.IGNORECASE),
)

READ = frozenset({FileFormat.CALENDAR, FileFormat.OTHER})
SENTENCES = {
    FileFormat.WEB_PAGE: "calendar.web-page",
    FileFormat.ZIP: "calendar.roster",
    FileFormat.ONEROSTER_TABLE: "calendar.roster",
}
"""The sentences about formats that are not read, where those about rosters do not fit."""
PEOPLE = {"email", "role", "familyname", "givenname", "username", "emailaddress", "surname"}
FIRST_DAYS = {"startdate", "startday", "datefrom", "begindate", "datestart"}
"""The headings of such columns, without signs and in small letters."""


def read_calendar(
    path: Path, words: CalendarWords, *, today: date | None = None, zone: ZoneInfo | None = None
) -> CalendarFile:
    """Read a calendar: titles by `words`, times in UTC in the school's `zone`, nothing long past `today`.

    Raises `RosterError` with all its faults at once.
    """
    faults = FileFaults()
    detected = detect_format(path)
    if detected.format not in READ:
        key = SENTENCES.get(detected.format, f"roster.{detected.format}")
        faults.stop(path.name, None, "", key, **detected.facts)
    if path.stat().st_size > LARGEST_MB << 20:
        faults.stop(path.name, None, "", "roster.too-large", limit=LARGEST_MB)
    text = _calendar_text(path.name, path.read_bytes(), faults)
    if text is None:
        found = _read_csv(path, faults)
    else:
        found = read_events(path.name, text, words, zone, today - KEPT if today else date.min, faults)
    faults.raise_any()
    closed = _closed_days(path.name, found.closed, faults)
    terms = sorted(set(found.terms), key=lambda term: (term.first_day, term.title))
    spans = sorted(set(found.closed), key=lambda span: (span.first_day, span.last_day, span.title))
    return CalendarFile(tuple(terms), closed, tuple(spans), tuple(dict.fromkeys(found.left_out)))


# --- what kind of file it is ----------------------------------------------------------------------------------------


def _calendar_text(file: str, content: bytes, faults: FileFaults) -> str | None:
    """Return the text of an iCalendar file, or None for a table; stop at a table that is no calendar of ours."""
    text = _decoded(content)
    if not CALENDAR.search(text):
        _refuse_other_tables(file, text, faults)
        return None
    if "\ufffd" in text:
        faults.stop(file, None, "", "calendar.not-utf-8")
    if not re.search(r"^BEGIN:VCALENDAR", text, re.MULTILINE | re.IGNORECASE) or (
        len(BEGINS.findall(text)) != len(ENDS.findall(text))
    ):
        faults.stop(file, None, "", "calendar.cut-off")
    return text


def _decoded(content: bytes) -> str:
    """Return the text in UTF-8 or UTF-16 with line ends of one sign, and with U+FFFD for what is neither."""
    text = content.decode(encoding_of(content), errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _refuse_other_tables(file: str, text: str, faults: FileFaults) -> None:
    """Stop at a table of people, and at one that a calendar program wrote: its titles and dates have no kind."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=header.count)
    names = {
        re.sub(r"\W|_", "", cell.casefold())
        for row in csv.reader(io.StringIO(header), delimiter=delimiter)
        for cell in row
    }
    if len(PEOPLE & names) > 1:
        faults.stop(file, None, "", "calendar.roster")
    if FIRST_DAYS & names:
        faults.stop(file, None, "", "calendar.exported-table")


# --- a table --------------------------------------------------------------------------------------------------------


def _read_csv(path: Path, faults: FileFaults) -> Found:
    found = Found()
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
                _check(path.name, title, first, last, faults)
                if kind == "term":
                    found.terms.append(Term(title, first, last))
                else:
                    found.closed.append(ClosedSpan(title, first, last))
    return found


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


def _check(file: str, title: str, first: date, last: date, faults: FileFaults) -> None:
    if first.year not in YEARS or last.year not in YEARS:
        faults.add(file, None, "", "calendar.far-away", title=shown(title))
    elif last - first > LONGEST:
        faults.add(file, None, "", "calendar.too-long", title=shown(title))


def _closed_days(file: str, spans: Sequence[ClosedSpan], faults: FileFaults) -> dict[date, str]:
    """Return the weekdays without lessons, each with its first reason in the file."""
    closed: dict[date, str] = {}
    for span in spans:
        for day in _weekdays(span):
            closed.setdefault(day, span.title)
        if len(closed) > MOST_DAYS:
            faults.stop(file, None, "", "calendar.too-many-days", limit=MOST_DAYS)
    return dict(sorted(closed.items()))


def _weekdays(span: ClosedSpan) -> Iterator[date]:
    for offset in range((span.last_day - span.first_day).days + 1):
        day = span.first_day + offset * DAY
        if day.weekday() < SATURDAY:
            yield day
