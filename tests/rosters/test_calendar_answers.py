"""What is said of a calendar that was read."""

from datetime import date

import pytest

from bot.prompts import Prompts
from bot.rules.calendar_file import CalendarFile, ClosedSpan, LeftOut, Why
from bot.rules.school_time import Term
from bot.say import calendars
from tests.support.places import PROMPTS

VOICE = Prompts.load(PROMPTS).voice("en")
FIRST, LAST = date(2026, 9, 1), date(2026, 12, 18)
INSET = ClosedSpan("INSET", date(2026, 11, 16), date(2026, 11, 16))
AUTUMN = Term("Autumn", FIRST, LAST)


def said(found: CalendarFile, *, everything: bool = False) -> str:
    return "\n".join(calendars.lines(VOICE, "bryn-derw", found, everything=everything))


def test_an_answer_counts_and_a_full_one_names_each_span() -> None:
    found = CalendarFile((AUTUMN,), {INSET.first_day: "INSET"}, (INSET,))

    assert said(found) == "bryn-derw: 1 term and 1 closed day."
    assert said(found, everything=True).splitlines()[:2] == [
        "Term: Autumn, 2026-09-01 to 2026-12-18",
        "Closed: INSET, 2026-11-16",
    ]


def test_without_a_term_the_answer_says_that_every_other_weekday_counts_as_taught() -> None:
    without = CalendarFile((), {INSET.first_day: "INSET"}, (INSET,))

    assert "every other weekday counts as taught" in said(without)
    assert "counts as taught" not in said(CalendarFile((AUTUMN,), {}))


@pytest.mark.parametrize("everything", [False, True])
def test_what_is_not_understood_is_asked_with_its_title_and_dates(*, everything: bool) -> None:
    day = date(2026, 11, 16)
    asked = [
        LeftOut("Founders", Why.NOT_UNDERSTOOD, day, day),
        LeftOut("INSET", Why.BAD_DATES, written="soon"),
    ]

    text = said(CalendarFile((AUTUMN,), {}, (), tuple(asked)), everything=everything)

    assert "“Founders”, 2026-11-16: is the school closed?" in text
    assert "“INSET”, soon: these dates cannot be" in text
    assert "2 events are not clear to me" in text


def test_a_title_that_comes_again_is_one_line_and_a_long_list_ends() -> None:
    menu = [LeftOut("Menu", Why.LESSONS, date(2026, 9, n), date(2026, 9, n)) for n in range(1, 31)]
    many = [LeftOut(f"Trip {n}", Why.LESSONS, FIRST, FIRST) for n in range(40)]
    found = CalendarFile((AUTUMN,), {}, (), (*menu, *many))

    assert "“Menu”, 2026-09-01 and 29 more: there are lessons" in said(found)
    assert "… and 11 more. --dry-run shows all." in said(found)
    assert "Trip 39" not in said(found)
    assert "Trip 39" in said(found, everything=True)


def test_what_nobody_needs_to_read_is_counted_and_shown_on_request() -> None:
    found = CalendarFile((AUTUMN,), {}, (), (LeftOut("Concert", Why.AT_A_TIME, FIRST, FIRST),))

    assert "Concert" not in said(found)
    assert "One event more has a time of day" in said(found)
    assert "“Concert”, 2026-09-01: it has a time of day" in said(found, everything=True)


@pytest.mark.parametrize("why", Why)
def test_every_reason_has_its_words(why: Why) -> None:
    found = CalendarFile((AUTUMN,), {}, (), (LeftOut("", why, FIRST, LAST, "FREQ=X"),))

    assert "“without a title”, 2026-09-01 to 2026-12-18: " in said(found, everything=True)
