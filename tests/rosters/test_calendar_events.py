"""Whole days, repeated events, first and last days, and files that are something else."""

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.rosters import read_calendar
from bot.model.roster import RosterError
from bot.prompts import Prompts
from bot.rules.calendar_file import CalendarFile, Why
from tests.support.places import PROMPTS

WORDS = Prompts.load(PROMPTS).calendar_words
CASES = Path(__file__).parent / "calendar_cases"
TERM = "SUMMARY:Autumn term|DTSTART;VALUE=DATE:20260901|DTEND;VALUE=DATE:20261219"


def read(
    folder: Path, *events: str, top: str = "", zone: str = "", today: date | None = None
) -> CalendarFile:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *filter(None, top.split("|"))]
    for number, event in enumerate(events):
        uid = [] if "UID:" in event else [f"UID:{number}@example.org"]
        lines += ["BEGIN:VEVENT", *uid, *event.split("|"), "END:VEVENT"]
    file = folder / "days.ics"
    file.write_text("\r\n".join([*lines, "END:VCALENDAR", ""]), encoding="utf-8", newline="")
    return read_calendar(file, WORDS, zone=ZoneInfo(zone) if zone else None, today=today)


def closed(found: CalendarFile) -> list[str]:
    return [day.isoformat()[5:] for day in found.closed]


# --- the handed inputs ---


@pytest.mark.parametrize(
    ("name", "terms", "days"),
    [
        ("b01-date-with-time", 1, ["11-16"]),
        ("b03-midnight-outlook", 1, ["10-26", "10-27", "10-28", "10-29", "10-30"]),
        ("b04c-exdate-utc", 1, ["11-02", "11-16", "11-23"]),
        ("b10-early-dismissal", 1, []),
        ("b11-week-ab", 1, []),
        ("b12-school-life", 1, []),
        ("b13-half-terms", 2, ["10-26", "10-27", "10-28", "10-29", "10-30"]),
        ("b14-quarters", 2, ["11-25", "11-26", "11-27"]),
        ("b17-first-last-day", 2, ["10-26", "10-27", "10-28", "10-29", "10-30"]),
        ("b19-utf16", 1, ["11-16"]),
        ("b24b-empty-dtend", 1, ["11-16"]),
    ],
)
@pytest.mark.parametrize("zone", [None, "Europe/London", "Pacific/Auckland", "America/Los_Angeles"])
def test_a_handed_calendar_gives_its_days(name: str, terms: int, days: list[str], zone: str | None) -> None:
    found = read_calendar(CASES / f"{name}.ics", WORDS, zone=ZoneInfo(zone) if zone else None)

    assert (len(found.terms), closed(found)) == (terms, days)


def test_what_closes_nothing_is_listed() -> None:
    found = read_calendar(CASES / "b12-school-life.ics", WORDS)

    assert len(found.left_out) == 8
    assert "Year 6 residential" in {each.title for each in found.left_out}


# --- whole days ---

WHOLE_DAYS = {
    "a date called a time": "DTSTART;VALUE=DATE:20261116T000000",
    "a date with a zone": "DTSTART;TZID=Europe/London;VALUE=DATE:20261116|DTEND;TZID=Europe/London;VALUE=DATE:20261117",
    "midnight to midnight": "DTSTART:20261116T000000|DTEND:20261117T000000",
    "midnight in a zone": "DTSTART;TZID=Pacific/Auckland:20261116T000000|DTEND;TZID=Pacific/Auckland:20261117T000000",
    "midnight in an unknown zone": "DTSTART;TZID=Our Time:20261116T000000|DTEND;TZID=Our Time:20261117T000000",
    "midnight in UTC": "DTSTART:20261116T000000Z|DTEND:20261117T000000Z",
    "Microsoft's flag": "DTSTART:20261115T230000Z|DTEND:20261116T230000Z|X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
    "nearly a day": "DTSTART:20261116T000100|DTEND:20261116T235900",
    "to the last second": "DTSTART:20261116T000000|DTEND:20261116T235959",
    "a length": "DTSTART;VALUE=DATE:20261116|DURATION:P1D",
    "a length of hours": "DTSTART:20261116T000000|DURATION:PT24H",
    "an empty end": "DTSTART;VALUE=DATE:20261116|DTEND:",
    "an end on the same day": "DTSTART;VALUE=DATE:20261116|DTEND;VALUE=DATE:20261116",
    "an empty rule": "DTSTART;VALUE=DATE:20261116|RRULE:|EXDATE:",
    "a date, then a time": "DTSTART;VALUE=DATE:20261116|DTEND:20261116T150000",
    "a date, then midnight": "DTSTART;VALUE=DATE:20261116|DTEND:20261117T000000",
    "dashes": "DTSTART:2026-11-16",
}


@pytest.mark.parametrize("written", WHOLE_DAYS.values(), ids=WHOLE_DAYS)
def test_a_whole_day_is_known_in_any_clothes(tmp_path: Path, written: str) -> None:
    assert closed(read(tmp_path, TERM, f"SUMMARY:INSET day|{written}")) == ["11-16"]


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Europe/Paris", "20261115T230000Z", "20261116T230000Z"),
        ("Pacific/Auckland", "20261115T110000Z", "20261116T110000Z"),
        ("America/Chicago", "20261116T060000Z", "20261117T060000Z"),
    ],
)
def test_midnight_in_utc_is_that_of_the_calendar_or_of_the_school(
    tmp_path: Path, zone: str, start: str, end: str
) -> None:
    day = f"SUMMARY:INSET day|DTSTART:{start}|DTEND:{end}"

    assert closed(read(tmp_path, TERM, day, zone=zone)) == ["11-16"]
    assert closed(read(tmp_path, TERM, day, top=f"X-WR-TIMEZONE:{zone}")) == ["11-16"]
    assert closed(read(tmp_path, TERM, day)) == ["11-16"]


def test_days_from_an_afternoon_to_a_morning_are_those_between(tmp_path: Path) -> None:
    found = read(tmp_path, TERM, "SUMMARY:Half-term holiday|DTSTART:20261023T153000|DTEND:20261102T084500")

    assert closed(found) == ["10-26", "10-27", "10-28", "10-29", "10-30"]


def test_a_day_that_closes_at_a_time_is_asked_about(tmp_path: Path) -> None:
    found = read(tmp_path, TERM, "SUMMARY:INSET|DTSTART:20261116T090000|DTEND:20261116T153000")

    assert not found.closed
    [asked] = found.asked
    assert (asked.title, asked.why, asked.first_day) == ("INSET", Why.CLOSED_AT_A_TIME, date(2026, 11, 16))


@pytest.mark.parametrize(
    "written",
    ["DTSTART:soon", "DTEND;VALUE=DATE:20261116", "DTSTART;VALUE=DATE:20261116|DTEND;VALUE=DATE:20261101"],
)
def test_one_bad_event_is_left_out_with_its_dates_and_the_others_are_read(
    tmp_path: Path, written: str
) -> None:
    good = "SUMMARY:INSET|DTSTART;VALUE=DATE:20261127"

    found = read(tmp_path, TERM, good, f"SUMMARY:Training day|{written}")

    assert closed(found) == ["11-27"]
    [asked] = found.asked
    assert (asked.title, asked.why) == ("Training day", Why.BAD_DATES)
    assert asked.written in written.replace("DTSTART;VALUE=DATE:", "").replace(
        "|DTEND;VALUE=DATE:", " – "
    ) or (asked.written == written.rpartition(":")[2])


DAMAGES = {
    "a day in words": ("DTSTART:16 November 2026", Why.BAD_DATES, "16 November 2026"),
    "a kind that is two": ("DTSTART;VALUE=DATE,E:20261116", Why.BAD_DATES, "20261116"),
    "an end in words": ("DTSTART;VALUE=DATE:20261116|DTEND:a week later", Why.BAD_DATES, "20261116 – a week later"),
    "a length in words": ("DTSTART;VALUE=DATE:20261116|DURATION:two days", Why.BAD_DATES, "20261116 – two days"),
    "a length in months": ("DTSTART;VALUE=DATE:20261116|DURATION:P1M", Why.BAD_DATES, "20261116 – P1M"),
    "no day of its series": ("DTSTART;VALUE=DATE:20261116|RECURRENCE-ID:soon", Why.BAD_DATES, "20261116"),
    "all later days of its series": (
        "DTSTART;VALUE=DATE:20261116|RECURRENCE-ID;RANGE=THISANDFUTURE:20261109", Why.BAD_DATES, "20261116",
    ),
    "an unknown rule": (
        "DTSTART;VALUE=DATE:20261116|RRULE:FREQ=FORTNIGHTLY", Why.BAD_REPEAT, "FREQ=FORTNIGHTLY",
    ),
    "an unknown end of a rule": (
        "DTSTART;VALUE=DATE:20261116|RRULE:FREQ=WEEKLY;UNTIL=never", Why.BAD_REPEAT, "FREQ=WEEKLY;UNTIL=never",
    ),
    "no times": ("DTSTART;VALUE=DATE:20261116|RRULE:FREQ=WEEKLY;COUNT=0", Why.BAD_REPEAT, "FREQ=WEEKLY;COUNT=0"),
    "two rules": (
        "DTSTART;VALUE=DATE:20261116|RRULE:FREQ=DAILY;COUNT=2|RRULE:FREQ=WEEKLY;COUNT=2",
        Why.BAD_REPEAT, "FREQ=DAILY;COUNT=2, FREQ=WEEKLY;COUNT=2",
    ),
    "an exception in words": (
        "DTSTART;VALUE=DATE:20261116|RRULE:FREQ=WEEKLY;COUNT=2|EXDATE:not then",
        Why.BAD_REPEAT, "FREQ=WEEKLY;COUNT=2 – not then",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("event", "why", "written"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_event_is_named_as_it_is_written_and_the_others_are_read(
    tmp_path: Path, event: str, why: Why, written: str
) -> None:
    good = "SUMMARY:INSET|DTSTART;VALUE=DATE:20261127"

    found = read(tmp_path, TERM, f"SUMMARY:Training day|{event}", good)

    assert (len(found.terms), closed(found)) == (1, ["11-27"])
    assert [(each.title, each.why, each.written) for each in found.asked] == [("Training day", why, written)]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Europe",
            "Europe/",
            "../../etc/localtime",
            "",
            "a" * 5_000,
            "Etc/GMT+25",
            "GMT+1",
            "US/Pacific-New",
        ),
        *("C:\\zone", "tzone://Microsoft/Utc", "(UTC+00:00) Dublin", '"(UTC+00:00) Dublin, London"'),
        *(
            "Customized Time Zone",
            "/freeassociation.sourceforge.net/Europe/London",
            '"Europe/London',
            "Our\0Time",
        ),
    ],
)
def test_a_zone_that_cannot_be_is_no_reason_to_refuse_anything(tmp_path: Path, name: str) -> None:
    day = f"SUMMARY:INSET|DTSTART;TZID={name}:20261116T000000|DTEND;TZID={name}:20261117T000000"
    series = "SUMMARY:Staff day|DTSTART;VALUE=DATE:20261123|RRULE:FREQ=WEEKLY;COUNT=2"

    found = read(tmp_path, TERM, day, f"{series}|EXDATE;TZID={name}:20261130T000000")

    assert (len(found.terms), closed(found), found.left_out) == (1, ["11-16", "11-23"], ())


ELSEWHERE = {
    "an empty zone": "BEGIN:VTIMEZONE|TZID:X|END:VTIMEZONE",
    "a zone of nonsense": "BEGIN:VTIMEZONE|TZID:X|BEGIN:STANDARD|TZOFFSETTO:+9900|END:STANDARD|END:VTIMEZONE",
    "a broken alarm": "BEGIN:VEVENT|SUMMARY:Photos|DTSTART:20261112|BEGIN:VALARM|TRIGGER:x|END:VALARM|END:VEVENT",
    "a task": "BEGIN:VTODO|DUE:soon|SUMMARY:INSET|END:VTODO",
    "a line of nothing": "X-;;:|this is no property|;",
}


@pytest.mark.parametrize("top", ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_is_broken_beside_the_events_is_no_reason_to_refuse_them(tmp_path: Path, top: str) -> None:
    found = read(tmp_path, TERM, "SUMMARY:INSET|DTSTART;TZID=X:20261116T000000|DURATION:P1D", top=top)

    assert (len(found.terms), closed(found), found.asked) == (1, ["11-16"], ())


def test_one_of_a_series_that_is_not_in_the_file_is_a_day_of_its_own(tmp_path: Path) -> None:
    single = "UID:s|SUMMARY:Staff day|RECURRENCE-ID;VALUE=DATE:20261116|DTSTART;VALUE=DATE:20261118"

    assert closed(read(tmp_path, TERM, single)) == ["11-18"]


@pytest.mark.parametrize(
    "written",
    [
        "DTSTART;VALUE=DATE:00260901|DTEND;VALUE=DATE:00260903",
        "DTSTART;VALUE=DATE:20261116|DTEND;VALUE=DATE:20281116",
    ],
)
def test_a_wrong_year_is_left_out_and_asked(tmp_path: Path, written: str) -> None:
    found = read(tmp_path, TERM, f"SUMMARY:School closed|{written}")

    assert not found.closed
    assert [(each.title, each.why) for each in found.asked] == [("School closed", Why.BAD_DATES)]


@pytest.mark.parametrize(
    ("mark", "why"), [("STATUS:CANCELLED", Why.CANCELLED), ("STATUS:TENTATIVE", Why.NOT_UNDERSTOOD)]
)
def test_a_day_that_is_not_certain_closes_nothing(tmp_path: Path, mark: str, why: Why) -> None:
    found = read(tmp_path, TERM, f"SUMMARY:INSET|DTSTART;VALUE=DATE:20261116|{mark}")

    assert not found.closed
    assert [each.why for each in found.left_out] == [why]


def test_what_is_long_over_is_left_out_and_a_running_cycle_keeps_its_days(tmp_path: Path) -> None:
    today = date(2026, 11, 28)
    old = "SUMMARY:Summer term|DTSTART;VALUE=DATE:20250415|DTEND;VALUE=DATE:20250719"
    odd = "SUMMARY:Founders|DTSTART;VALUE=DATE:20240105"
    last = "SUMMARY:INSET|DTSTART;VALUE=DATE:20261116"

    found = read(tmp_path, TERM, old, odd, last, today=today)

    assert [term.title for term in found.terms] == ["Autumn term"]
    assert closed(found) == ["11-16"]
    assert not found.asked
    assert {(each.title, each.why) for each in found.left_out} == {
        ("Summer term", Why.PAST),
        ("Founders", Why.PAST),
    }


# --- repeated events ---


@pytest.mark.parametrize(
    "without",
    [
        "EXDATE;VALUE=DATE:20261109",
        "EXDATE:20261109T000000Z",
        "EXDATE:20261108T230000Z",
        "EXDATE;TZID=Europe/London:20261109T000000",
        "EXDATE:20261108T110000Z",
        "EXDATE:20261109T080000Z",
    ],
)
def test_a_day_taken_out_of_a_series_is_known_in_any_clothes(tmp_path: Path, without: str) -> None:
    series = f"SUMMARY:Staff training|DTSTART;VALUE=DATE:20261102|RRULE:FREQ=WEEKLY;COUNT=4|{without}"

    assert closed(read(tmp_path, TERM, series)) == ["11-02", "11-16", "11-23"]


def test_one_of_a_series_may_be_moved_or_called_off(tmp_path: Path) -> None:
    series = "UID:s|SUMMARY:Staff day|DTSTART;VALUE=DATE:20261102|RRULE:FREQ=WEEKLY;UNTIL=20261123T235959Z"
    moved = "UID:s|SUMMARY:Staff day|RECURRENCE-ID:20261108T230000Z|DTSTART;VALUE=DATE:20261111"
    off = "UID:s|SUMMARY:Staff day|RECURRENCE-ID;VALUE=DATE:20261116|DTSTART;VALUE=DATE:20261116|STATUS:CANCELLED"

    assert closed(read(tmp_path, TERM, series, moved, off)) == ["11-02", "11-11", "11-23"]


def test_further_dates_belong_to_an_event(tmp_path: Path) -> None:
    day = "SUMMARY:INSET|DTSTART;VALUE=DATE:20261102|RDATE;VALUE=DATE:20261104,20261106"

    assert closed(read(tmp_path, TERM, day)) == ["11-02", "11-04", "11-06"]


def test_a_series_that_closes_nothing_is_listed_once_and_costs_nothing(tmp_path: Path) -> None:
    daily = [f"SUMMARY:Menu {number}|DTSTART;VALUE=DATE:19000101|RRULE:FREQ=DAILY" for number in range(200)]

    found = read(tmp_path, TERM, *daily)

    assert len(found.terms) == 1
    assert len(found.left_out) == 200


@pytest.mark.parametrize("length", [1, 100])
def test_one_budget_holds_for_all_repeated_events_of_a_file(tmp_path: Path, length: int) -> None:
    end = date(2026, 9, 1) + timedelta(days=length)
    closing = (
        f"SUMMARY:School closed|DTSTART;VALUE=DATE:20260901|DTEND;VALUE=DATE:{end:%Y%m%d}|RRULE:FREQ=DAILY"
    )

    with pytest.raises(RosterError) as caught:
        read(tmp_path, *[closing] * 200)

    assert [fault.key for fault in caught.value.faults] == ["calendar.too-many-repeats"]


@pytest.mark.parametrize(
    "rule", ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", "FREQ=MINUTELY"]
)
def test_a_rule_whose_days_never_come_is_asked_about(tmp_path: Path, rule: str) -> None:
    found = read(tmp_path, TERM, f"SUMMARY:INSET|DTSTART;VALUE=DATE:20261102|RRULE:{rule}")

    assert [each.why for each in found.asked] == [Why.BAD_REPEAT]
    assert found.asked[0].written.startswith("FREQ=")


# --- first and last days ---


def day(title: str, on: str, last: str = "") -> str:
    return f"SUMMARY:{title}|DTSTART;VALUE=DATE:{on}" + (f"|DTEND;VALUE=DATE:{last}" if last else "")


def test_terms_are_built_from_their_first_and_last_days(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        day("Term 1 begins", "20260902"),
        day("Half term begins", "20261026"),
        day("Half term ends", "20261030"),
        day("Term 1 ends", "20261218"),
        day("Term 2 begins", "20270105"),
        day("Term 2 ends", "20270326"),
    )

    assert [(term.first_day, term.last_day) for term in found.terms] == [
        (date(2026, 9, 2), date(2026, 12, 18)),
        (date(2027, 1, 5), date(2027, 3, 26)),
    ]
    assert closed(found) == ["10-26", "10-27", "10-28", "10-29", "10-30"]
    assert not found.left_out


def test_a_year_from_the_first_to_the_last_day_of_school_keeps_its_holidays(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        day("First Day of School", "20260824"),
        day("End of 1st Quarter", "20261030"),
        day("Winter Break begins", "20261221"),
        day("Classes resume after Winter Break", "20270104"),
        day("Last day for seniors", "20270528"),
        day("Last Day of School", "20270611"),
    )

    assert [(term.first_day, term.last_day) for term in found.terms] == [
        (date(2026, 8, 24), date(2027, 6, 11))
    ]
    assert len(found.closed) == 10
    assert [each.title for each in found.asked] == ["Last day for seniors"]


def test_days_between_closing_and_reopening_within_a_term_are_closed(tmp_path: Path) -> None:
    found = read(
        tmp_path, TERM, day("School closes for half term", "20261023"), day("School reopens", "20261102")
    )

    assert closed(found) == ["10-26", "10-27", "10-28", "10-29", "10-30"]
    assert len(found.terms) == 1


@pytest.mark.parametrize(
    ("titles", "why"),
    [
        (["Autumn term starts"], Why.NO_LAST_DAY),
        (["Autumn term ends"], Why.NO_FIRST_DAY),
        (["Half term begins"], Why.NO_LAST_DAY),
    ],
)
def test_a_first_or_last_day_without_its_other_end_is_asked_about(
    tmp_path: Path, titles: list[str], why: Why
) -> None:
    found = read(tmp_path, *[day(title, "20260902") for title in titles])

    assert not found.has_days
    assert [each.why for each in found.asked] == [why]


def test_a_year_given_with_its_terms_teaches_no_holiday(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        day("School year 2026-27", "20260901", "20270721"),
        day("Autumn term", "20260901", "20261219"),
        day("Spring term", "20270105", "20270327"),
        day("Summer term", "20270412", "20270721"),
    )

    assert [term.title for term in found.terms] == ["Autumn term", "Spring term", "Summer term"]
    assert [each.why for each in found.left_out] == [Why.ENVELOPE]


# --- what a file is ---


def test_a_calendar_is_read_in_utf_16_without_a_mark_and_with_old_line_ends(tmp_path: Path) -> None:
    text = (CASES / "b13-half-terms.ics").read_text(encoding="utf-8")
    line_ends = [text.replace("\n", end).encode() for end in ("\n", "\r\n", "\r", "\r\r\n")]
    file = tmp_path / "a.ics"
    for content in (text.encode("utf-16-le"), text.encode("utf-16-be"), *line_ends):
        file.write_bytes(content)
        assert len(read_calendar(file, WORDS).terms) == 2


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"<html><head><title>Sign in</title>", "calendar.web-page"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html>", "calendar.web-page"),
        (b"PK\x03\x04xl/workbook.xml", "roster.broken-zip"),
        (b"%PDF-1.4 terms", "roster.pdf"),
        ((CASES / "b13-half-terms.ics").read_bytes()[:400], "calendar.cut-off"),
        ((CASES / "b13-half-terms.ics").read_bytes()[60:], "calendar.cut-off"),
        ((CASES / "b20-latin1.ics").read_bytes(), "calendar.not-utf-8"),
        (b"SCHOOL,GIVEN_NAME,FAMILY_NAME,EMAIL,ROLE\nA,B,C,d@e.org,teacher\n", "calendar.roster"),
        (b"sourcedId,status,username,givenName,familyName,email\n", "calendar.roster"),
        (b"", "roster.empty"),
    ],
)
def test_a_file_that_is_something_else_is_named(tmp_path: Path, content: bytes, key: str) -> None:
    file = tmp_path / "Users.CSV"
    file.write_bytes(content)

    with pytest.raises(RosterError) as caught:
        read_calendar(file, WORDS)

    assert [fault.key for fault in caught.value.faults] == [key]


def test_titles_are_shown_without_html_and_hidden_signs(tmp_path: Path) -> None:
    found = read(tmp_path, TERM, "SUMMARY:Founders &#8211; \u202ebrunch\u2069|DTSTART;VALUE=DATE:20261116")

    assert [each.title for each in found.asked] == ["Founders – brunch"]
