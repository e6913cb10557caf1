import json
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.rosters import read_calendar, read_roster
from bot.model import Role
from bot.model.roster import RosterError
from bot.prompts import Prompts
from bot.rules.calendar_file import CalendarFile, Why
from bot.rules.school_time import Calendar, Term, nth_shared_day
from tests.support.places import PROMPTS

SAMPLE = PROMPTS / "sample"
WORDS = Prompts.load(PROMPTS).calendar_words
HEADER = "kind,title,first_day,last_day"


def read(tmp_path: Path, content: str | bytes) -> CalendarFile:
    file = tmp_path / "days"  # its name says nothing
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_calendar(file, WORDS)


def event(title: str, first: str, end: str = "", *more: str) -> str:
    lines = [
        f"SUMMARY:{title}",
        f"DTSTART;VALUE=DATE:{first}",
        *([f"DTEND;VALUE=DATE:{end}"] if end else []),
        *more,
    ]
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{title}{first}@example.org", *lines, "END:VEVENT", ""])


def calendar(*events: str) -> str:
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", "".join(events) + "END:VCALENDAR", ""]
    )


AUTUMN = event("Autumn term", "20260901", "20261219")


# --- CSV ---


def test_terms_and_closed_days_come_from_a_csv(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        f"{HEADER}\nclosed,INSET day,2026-09-01,\nterm,Spring,2027-01-04,2027-03-25\n"
        "Term,Autumn,2026-09-01,2026-12-18\nclosed,Half-term,2026-10-24,2026-11-01\n",
    )

    assert found.terms == (
        Term("Autumn", date(2026, 9, 1), date(2026, 12, 18)),
        Term("Spring", date(2027, 1, 4), date(2027, 3, 25)),
    )
    half_term = {date(2026, 10, 26) + timedelta(days=offset): "Half-term" for offset in range(5)}
    assert found.closed == {date(2026, 9, 1): "INSET day"} | half_term, "weekends are closed anyway"


def test_a_calendar_of_semicolons_and_other_columns_is_read_too(tmp_path: Path) -> None:
    found = read(tmp_path, "\ufeffTitle;Kind;First day;note\r\nINSET;closed;2026-09-01;x\r\n")

    assert found.closed == {date(2026, 9, 1): "INSET"}


@pytest.mark.parametrize("written", ["01/09/2026", "1.9.26", "9-1-2026"])
def test_a_date_that_can_be_read_in_two_ways_is_refused_with_a_hint(tmp_path: Path, written: str) -> None:
    with pytest.raises(RosterError) as caught:
        read(tmp_path, f"{HEADER}\nclosed,INSET,{written},\n")

    (fault,) = caught.value.faults
    assert (fault.row, fault.column, fault.key) == (2, "first_day", "calendar.date-order")
    assert dict(fault.facts) == {"value": written}


def test_all_faults_of_a_calendar_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(RosterError) as caught:
        read(
            tmp_path,
            f"{HEADER}\nholiday,,2026-02-31,soon\nclosed,Back,2026-10-30,2026-10-26\nterm,Long,2026-01-01,2036-01-01\n"
            "term,Old,1926-01-01,1926-02-01\n",
        )

    assert [(fault.row, fault.column, fault.key) for fault in caught.value.faults] == [
        (2, "kind", "calendar.unknown-kind"),
        (2, "title", "roster.empty-cell"),
        (2, "first_day", "calendar.bad-date"),
        (2, "last_day", "calendar.bad-date"),
        (3, "last_day", "calendar.ends-before"),
        (None, "", "calendar.too-long"),
        (None, "", "calendar.far-away"),
    ]


# --- iCalendar ---


def test_the_last_day_of_an_event_is_not_included(tmp_path: Path) -> None:
    found = read(
        tmp_path, calendar(AUTUMN, event("INSET day", "20260901"), event("Staff day", "20261127", "20261128"))
    )

    assert found.terms == (Term("Autumn term", date(2026, 9, 1), date(2026, 12, 18)),)
    assert found.closed == {date(2026, 9, 1): "INSET day", date(2026, 11, 27): "Staff day"}


@pytest.mark.parametrize(
    "title",
    [
        "Term 1",
        "Autumn term",
        "SPRING TERM",
        "Tymor yr Hydref",
        "Wāhanga 4",
        "Téarma an Fhómhair",
        "Semester 2",
        "Half-term 1",
        "Autumn term (first half)",
        "Term 1 (teachers start on Monday)",
    ],
)
def test_seven_weeks_named_a_term_are_a_term(tmp_path: Path, title: str) -> None:
    found = read(tmp_path, calendar(event(title, "20260907", "20261024")))

    assert [term.title for term in found.terms] == [title]
    assert not found.closed


@pytest.mark.parametrize(
    "title",
    [
        "Half-term",
        "Half term holiday",
        "Hanner tymor",
        "Gwyliau hanner tymor",
        "Mid-term break",
        "Term break",
        "INSET",
        "Teacher-only day",
        "Student free day",
        "Pupil-free (term 4)",
        "School closed",
        "Christmas holidays start",
    ],
)
def test_a_week_named_otherwise_is_closed(tmp_path: Path, title: str) -> None:
    found = read(tmp_path, calendar(event(title, "20261026", "20261031")))

    assert not found.terms
    assert len(found.closed) == 5


@pytest.mark.parametrize(
    "title", ["First day of term", "Term 4 ends", "School returns", "Autumn term starts"]
)
def test_an_event_that_marks_a_day_closes_nothing(tmp_path: Path, title: str) -> None:
    found = read(tmp_path, calendar(AUTUMN, event(title, "20260902")))

    assert [term.title for term in found.terms] == ["Autumn term"]
    assert not found.closed


def test_a_category_says_what_the_title_does_not(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        calendar(
            event("Hydref 2026", "20260901", "20261024", "CATEGORIES:School,Term"),
            event("Hydref", "20261026", "20261031", "CATEGORIES:Holiday"),
        ),
    )

    assert [term.title for term in found.terms] == ["Hydref 2026"]
    assert len(found.closed) == 5


def test_events_with_a_time_and_cancelled_ones_close_nothing(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        calendar(
            AUTUMN,
            "BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Concert\r\nDTSTART:20260910T180000Z\r\nDTEND:20260910T200000Z\r\n"
            "RRULE:FREQ=SECONDLY\r\nEND:VEVENT\r\n",
            event("INSET", "20260911", "", "STATUS:CANCELLED"),
        ),
    )

    assert not found.closed


def test_a_repeated_closed_day_is_followed_over_the_terms(tmp_path: Path) -> None:
    weekly = "RRULE:FREQ=WEEKLY;BYDAY=FR"

    found = read(tmp_path, calendar(AUTUMN, event("Staff training", "20261127", "20261128", weekly)))

    assert list(found.closed) == [
        date(2026, 11, 27),
        date(2026, 12, 4),
        date(2026, 12, 11),
        date(2026, 12, 18),
    ]


def test_one_of_a_repeated_day_may_be_moved_cancelled_or_excepted(tmp_path: Path) -> None:
    series = (
        "BEGIN:VEVENT\r\nUID:s\r\nSUMMARY:Staff day\r\nDTSTART;VALUE=DATE:20261102\r\n"
        "RRULE:FREQ=WEEKLY;COUNT=4\r\nEXDATE;VALUE=DATE:20261109\r\nEND:VEVENT\r\n"
    )
    cancelled = (
        "BEGIN:VEVENT\r\nUID:s\r\nRECURRENCE-ID;VALUE=DATE:20261116\r\nSUMMARY:Staff day\r\n"
        "DTSTART;VALUE=DATE:20261116\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\n"
    )
    moved = (
        "BEGIN:VEVENT\r\nUID:s\r\nRECURRENCE-ID;VALUE=DATE:20261123\r\nSUMMARY:Staff day\r\n"
        "DTSTART;VALUE=DATE:20261125\r\nEND:VEVENT\r\n"
    )

    found = read(tmp_path, calendar(AUTUMN, series, cancelled, moved))

    assert list(found.closed) == [date(2026, 11, 2), date(2026, 11, 25)]


def test_without_terms_repeated_days_are_followed_for_three_years(tmp_path: Path) -> None:
    found = read(tmp_path, calendar(event("Founders’ day (closed)", "20260112", "", "RRULE:FREQ=YEARLY")))

    assert list(found.closed) == [date(2026, 1, 12), date(2027, 1, 12), date(2028, 1, 12)]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=HOURLY;COUNT=3",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=NEVER",
        "COUNT=2",
        "nonsense",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYSETPOS=9;BYDAY=MO",
    ],
)
def test_a_repetition_without_end_or_sense_is_left_out_with_its_reason_and_never_hangs(
    tmp_path: Path, rule: str
) -> None:
    found = read(tmp_path, calendar(AUTUMN, event("INSET day", "20261127", "", f"RRULE:{rule}")))

    assert [term.title for term in found.terms] == ["Autumn term"]
    assert not found.closed
    assert [each.title for each in found.asked] == ["INSET day"]
    assert found.asked[0].why in {Why.BAD_REPEAT, Why.BAD_DATES}


def test_more_than_a_thousand_closed_days_are_refused(tmp_path: Path) -> None:
    years = [event("School closed", f"{year}0101", f"{year + 1}0101") for year in range(2020, 2026)]

    with pytest.raises(RosterError) as caught:
        read(tmp_path, calendar(*years))

    assert [fault.key for fault in caught.value.faults] == ["calendar.too-many-days"]


@given(st.binary(max_size=300))
def test_any_bytes_in_a_calendar_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes
) -> None:
    for content in (
        junk,
        b"BEGIN:VCALENDAR\r\n" + junk,
        calendar(AUTUMN).encode().replace(b"20261219", junk),
    ):
        with suppress(RosterError):
            read(tmp_path_factory.mktemp("junk"), content)


# --- the sample ---


def test_the_sample_partnership_is_read_by_the_same_import() -> None:
    roster = read_roster(SAMPLE / "roster.csv", today=date(2026, 11, 24))

    assert [school.holidays for school in roster.schools] == ["GB-WLS"] * 3 + ["NZ-AUK"] * 2 + ["AU-VIC"]
    assert len(roster.people) == 40
    by_role = {role: [each for each in roster.people if each.posts[0][0] is role] for role in Role}
    assert {role: len(people) for role, people in by_role.items()} == {
        Role.TEACHER: 33,
        Role.COORDINATOR: 1,
        Role.PRINCIPAL: 6,
    }
    assert all(person.email.endswith(".example.org") for person in roster.people)
    assert all(
        person.profile and person.profile.offers and person.profile.needs for person in by_role[Role.TEACHER]
    )


FROZEN: dict[str, dict[str, list[str]]] = json.loads(
    (Path(__file__).parent / "sample_days.json").read_text(encoding="utf-8")
)
"""The days of the sample calendars as the first reader gave them, which read every whole-day event as closed."""


@pytest.mark.parametrize("name", FROZEN)
def test_a_sample_calendar_gives_the_same_days_as_ever(name: str) -> None:
    def spans(lines: list[str]) -> list[tuple[date, date, str]]:
        return [
            (date.fromisoformat(first), date.fromisoformat(last), title)
            for first, last, title in (line.split(" ", 2) for line in lines)
        ]

    found = read_calendar(SAMPLE / "calendars" / name, WORDS)

    assert found.terms == tuple(
        Term(title, first, last) for first, last, title in spans(FROZEN[name]["terms"])
    )
    assert found.closed == {
        day: title
        for first, last, title in spans(FROZEN[name]["closed"])
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
        if day.weekday() < 5
    }
    assert found.left_out == ()


def test_every_sample_calendar_is_frozen() -> None:
    assert {each.name for each in (SAMPLE / "calendars").iterdir()} == set(FROZEN)


def test_the_sample_schools_have_calendars_that_share_a_six_week_cycle() -> None:
    roster = read_roster(SAMPLE / "roster.csv", today=date(2026, 11, 24))
    calendars = []
    for school in roster.schools:
        days = read_calendar(SAMPLE / "calendars" / f"{school.source_id}.ics", WORDS)
        assert days.terms
        assert days.closed
        assert school.time_zone
        calendars.append(
            Calendar(
                time_zone=school.time_zone,
                holidays=school.holidays or "",
                terms=days.terms,
                closed=frozenset(days.closed),
            )
        )

    assert nth_shared_day(calendars, date(2026, 10, 12), 30) < date(2026, 12, 17)
