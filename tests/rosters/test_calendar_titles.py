"""What the titles and categories of events say about lessons, read by the shipped words."""

import pytest

from adapters.rosters.titles import Reading, read_event
from bot.prompts import Prompts
from tests.support.places import PROMPTS

WORDS = Prompts.load(PROMPTS).calendar_words


def reading(title: str, days: int = 1, *categories: str) -> set[str]:
    return {each.name.casefold() for each in read_event(WORDS, title, categories, days)}


@pytest.mark.parametrize(
    ("title", "days"),
    [
        ("Autumn term", 109),
        ("Autumn Term 2026 (first half)", 53),
        ("Autumn 1", 53),
        ("Michaelmas", 90),
        ("Michaelmas Full Term", 60),
        ("Quarter 1", 61),
        ("3rd Quarter", 61),
        ("Q2 2026-27", 61),
        ("School year 2026-27", 323),
        ("Semester One", 120),
        ("Half-term 1", 48),
        ("Term 1 (teachers start on Monday)", 48),
        ("Tymor yr Hydref", 109),
        ("WĀHANGA 4", 70),
        ("Téarma an Fhómhair", 109),
        ("Autumn term starts", 109),
        ("1st Nine Weeks", 59),
        ("Third Six Weeks", 44),
    ],
)
def test_a_span_that_names_a_term_is_a_term(title: str, days: int) -> None:
    assert reading(title, days) == {"term"}


@pytest.mark.parametrize(
    ("title", "days"),
    [
        ("INSET", 1),
        ("Staff training (pupils not in)", 1),
        ("Labor Day", 1),
        ("Labor Day – No School", 1),
        ("No School: Parent/Teacher Conferences", 1),
        ("School closed – holiday club available", 1),
        ("Half Term (school office closed)", 5),
        ("Schools and Offices Closed", 1),
        ("Thanksgiving Break", 3),
        ("Christmas", 14),
        ("Summer holidays", 43),
        ("Term break", 14),
        ("Mid-term break", 5),
        ("Pupil-free day (Term 4)", 1),
        ("Teacher Only Day", 1),
        ("May Day Bank Holiday", 1),
        ("Teacher Workday", 1),
        ("In-Service Day", 1),
        ("In-service closure", 2),
        ("Christmas holidays start", 12),
        ("Gwyliau'r Pasg", 14),
        ("HMS – ysgol ar gau", 1),
        ("Half Term &amp Bank Holiday", 5),
        ("Snow day", 1),
        ("Staff Development Day before term starts", 1),
        ("INSET Day 3", 1),
        ("In-service day 2 (staff return)", 1),
        ("Professional Development Day 4", 1),
        ("INSET Day 5 (twilight in lieu)", 1),
        ("P.A. Day", 1),
        ("P.D. Day 1", 1),
        ("Waitangi Day (observed)", 1),
        ("Juneteenth Observance", 1),
        ("Hawke’s Bay Anniversary Day", 1),
        ("Halloween Break", 5),
        ("Glasgow Fair Holiday", 1),
        ("Six weeks holiday", 42),
        ("Staff CPD Day", 1),
        ("Whit Week", 5),
        ("School and nursery closed", 1),
    ],
)
def test_what_says_that_nobody_is_taught_is_closed(title: str, days: int) -> None:
    assert reading(title, days) == {"closed"}


@pytest.mark.parametrize(
    ("title", "days"),
    [
        ("Early Dismissal – Thanksgiving Break", 1),
        ("2-hour delay", 1),
        ("Half day", 1),
        ("Half Day – staff training in the afternoon", 1),
        ("Snow Day Makeup", 1),
        ("Make-up day for the snow day", 1),
        ("Twilight INSET", 1),
        ("Week A", 5),
        ("Mock exams", 10),
        ("Sports day", 1),
        ("Individual photographs", 1),
        ("Spring Term Final Examinations", 10),
        ("Autumn term clubs", 70),
        ("Holiday club", 5),
        ("Non-uniform day (no school uniform)", 1),
        ("Last week of term", 5),
        ("Parents’ evening", 1),
        ("Bank Holiday (lessons as normal)", 1),
        ("May Day – school as usual", 1),
        ("PA system test", 1),
    ],
)
def test_days_with_lessons_are_known_as_such(title: str, days: int) -> None:
    assert reading(title, days) <= {"taught", "unknown"}


@pytest.mark.parametrize(
    ("title", "days"),
    [
        ("Eisteddfod Day off timetable?", 1),
        ("Founders’ day", 1),
        ("Holiday club", 5),
        ("Christmas holiday concert", 1),
        ("Library closed", 1),
        ("School office closed for stocktaking", 1),
        ("Sports hall closed for exams", 1),
        ("Wraparound care closed", 1),
        ("Breakfast club closed", 1),
        ("Boarding house closed", 1),
        ("Online payments closed", 1),
        ("Nursery INSET day", 1),
        ("Upper School INSET", 1),
        ("Holiday Shop", 5),
        ("No school uniform", 1),
        ("Applications closed", 1),
        ("School closes at 2pm", 1),
        ("School closed from 1.30 pm", 1),
        ("Half term (TBC)", 5),
        ("Cancelled: INSET day", 1),
        ("Not a holiday", 1),
        ("No school for Year 7", 1),
        ("Year 11 half term", 5),
        ("Staff day", 60),
        ("Autumn term (half-term holiday 26 to 30 October)", 109),
        ("Last day for seniors", 1),
        ("Term 2", 1),
        ("", 1),
        ("Half term football camp", 5),
        ("Breakfast with governors’ guests", 1),
        ("No school – early dismissal the day before", 1),
    ],
)
def test_what_is_not_certain_closes_nothing_and_is_no_term(title: str, days: int) -> None:
    assert not reading(title, days) & {"closed", "term", "term_ends"}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("First day of term", {"term_starts"}),
        ("Autumn term first day", {"term_starts"}),
        ("Start of Term 2", {"term_starts"}),
        ("School reopens", {"term_starts"}),
        ("School re-opens after closure", {"term_starts"}),
        ("Classes resume after Thanksgiving Break", {"term_starts"}),
        ("First Day of School (Grades 1-12)", {"term_starts"}),
        ("Pupils return from half term", {"term_starts"}),
        ("Term starts – INSET day", {"term_starts", "closed"}),
        ("Term 4 ends", {"term_ends"}),
        ("Lent Term ends (noon)", {"term_ends"}),
        ("Last day of term (12 noon finish)", {"term_ends"}),
        ("School closes at noon", {"unknown"}),
        ("Last day before half term", {"term_ends"}),
        ("End of term – Christmas holidays begin", {"term_ends"}),
        ("School closes for Easter holidays", {"term_ends"}),
        ("Early dismissal – last day of school", {"term_ends"}),
        ("Term ends 2pm", {"term_ends"}),
        ("Half term begins", {"break_starts"}),
        ("Christmas break ends", {"break_ends"}),
        ("Half term ends, term starts", {"unknown"}),
    ],
)
def test_first_and_last_days_are_told_apart(title: str, expected: set[str]) -> None:
    assert reading(title) == expected


@pytest.mark.parametrize(
    ("title", "days", "category", "expected"),
    [
        ("Hydref", 5, "Holiday", "closed"),
        ("Hydref 2026", 54, "Term", "term"),
        ("Thanksgiving Break", 1, "Early Dismissal", "taught"),
        ("Conferences", 1, "No School", "closed"),
        ("Fall social", 1, "School events", "unknown"),
        ("Harvest festival", 1, "Holiday", "taught"),
        ("Open day", 1, "Term dates and holidays", "taught"),
        ("Governors", 1, "Terms & Holidays", "taught"),
        ("Half term", 5, "Term dates", "closed"),
        ("Election day", 1, "No School", "closed"),
    ],
)
def test_a_category_says_what_the_title_does_not(title: str, days: int, category: str, expected: str) -> None:
    assert reading(title, days, category) == {expected}


def test_each_reading_is_reached() -> None:
    titles = ["Term", "INSET", "Term starts", "Term ends", "Half term starts", "Half term ends", "Exams", "?"]

    found = {each for title in titles for each in read_event(WORDS, title, (), 30 if title == "Term" else 1)}

    assert found == set(Reading)
