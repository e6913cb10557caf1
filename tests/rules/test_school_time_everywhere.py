"""School time in every time zone there is, over every change of its clocks from 2024 to 2030."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import example, given
from hypothesis import strategies as st

from bot.model import Hours
from bot.rules.school_time import Availability, Calendar, NoTeachingDays, Term, nth_shared_day, slowest_pair

DAY = timedelta(days=1)
FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)


def changes(name: str) -> tuple[tuple[date, timedelta], ...]:
    """The days on which a zone's clocks change, each with the offset before: a few a year, or none."""
    zone, found, day = ZoneInfo(name), [], FIRST
    before = datetime.combine(day, time(), zone).utcoffset()
    while day < LAST:
        week = day + 7 * DAY
        if datetime.combine(week, time(), zone).utcoffset() != before:
            while (after := datetime.combine(day + DAY, time(), zone).utcoffset()) == before:
                day += DAY
            found.append((day, before or timedelta()))
            before = after
        day = min(week, day + 7 * DAY)
    return tuple(found)


def zones() -> dict[tuple[tuple[date, timedelta], ...], str]:
    """One zone of each kind that changes its clocks: aliases and equal zones add nothing."""
    return {found: name for name in sorted(available_timezones()) if (found := changes(name))}


def test_over_every_change_of_clocks_asks_increase_strictly_inside_hours_that_exist() -> None:
    kinds = zones()
    # A school that is open while clocks change, asks at every quarter of an hour of it, on whichever day it is.
    everyday = Hours(days=frozenset(range(7)))
    looked = 0
    for found, name in kinds.items():
        zone = ZoneInfo(name)
        for quarter in range(0, 16, 3):
            at = time(quarter // 4, quarter % 4 * 15)
            calendar = _SevenDays(time_zone=name, opens=time(0), closes=time(5), ask_at=at)
            person = Availability(calendar, everyday)
            for day, _ in found:
                asks = [person.ask_moment(day + offset * DAY) for offset in range(-2, 3)]
                assert all(earlier < later for earlier, later in pairwise(asks)), (name, day, at)
                for offset, ask in enumerate(asks, -2):
                    local = ask.astimezone(zone)
                    assert local.date() == day + offset * DAY, (name, day, at)
                    assert person.is_reachable(ask), (name, day, at)
                    exists = local.replace(tzinfo=None) == datetime.combine(local.date(), at)
                    assert exists or local.time() > at, (name, day, at)  # in a gap: forward, never back
                looked += 1
    assert len(kinds) > 30
    assert looked > 2_000


class _SevenDays(Calendar):
    """Open at weekends too, when most clocks change."""

    def teaches(self, day: date) -> bool:
        return True


def term_calendars() -> st.SearchStrategy[Calendar]:
    """Up to six terms with holidays of any length between."""

    def build(lengths: list[tuple[int, int]], zone: str, begins: date, closed: frozenset[int]) -> Calendar:
        terms, day = [], begins
        for taught, free in lengths:
            terms.append(Term("", day, day + taught * DAY))
            day += (taught + free) * DAY
        days = frozenset(begins + offset * DAY for offset in closed)
        return Calendar(time_zone=zone, terms=tuple(terms), closed=days)

    return st.builds(
        build,
        st.lists(st.tuples(st.integers(4, 90), st.integers(1, 60)), min_size=1, max_size=6),
        st.sampled_from(["Europe/London", "Pacific/Auckland", "Australia/Lord_Howe", "America/St_Johns"]),
        st.dates(date(2024, 1, 1), date(2029, 1, 1)),
        st.frozensets(st.integers(0, 300), max_size=30),
    )


@given(
    calendar=term_calendars(),
    other=term_calendars(),
    days=st.frozensets(st.integers(0, 4), min_size=1),
    apart=st.integers(1, 10),
)
def test_steps_of_two_schools_fall_on_days_both_teach_and_asks_never_go_back(
    calendar: Calendar, other: Calendar, days: frozenset[int], apart: int
) -> None:
    person = Availability(calendar, Hours(days=days))
    first, steps = calendar.terms[0].first_day, list[date]()
    try:
        for n in range(6):
            steps.append(nth_shared_day([calendar, other], first, 1 + n * apart))
        asks = [person.ask_moment(step) for step in steps]
    except NoTeachingDays:  # the calendars have no such days: said, never guessed
        asks = []
    assert all(earlier < later for earlier, later in pairwise(steps))
    assert all(each.teaches(day) for day in steps for each in (calendar, other))
    assert all(earlier <= later for earlier, later in pairwise(asks))
    assert all(person.is_reachable(ask) and person.local_day(ask).weekday() in days for ask in asks)


@given(calendars=st.lists(term_calendars(), min_size=2, max_size=5), n=st.integers(1, 60))
def test_the_slowest_pair_of_many_is_the_one_that_any_two_alone_would_show(
    calendars: list[Calendar], n: int
) -> None:
    first, schools = calendars[0].terms[0].first_day, tuple(calendars)

    def found() -> tuple[date, tuple[int, int]] | None:
        with suppress(NoTeachingDays):
            return slowest_pair(schools, first, n)
        return None

    def each() -> tuple[date, tuple[int, int]] | None:
        pairs = combinations(range(len(schools)), 2)
        with suppress(NoTeachingDays):
            return max((nth_shared_day([schools[a], schools[b]], first, n), (a, b)) for a, b in pairs)
        return None

    assert found() == each()


@given(weekday=st.integers(0, 4), year=st.integers(2024, 2029))
@example(weekday=0, year=2026)  # 28 December 2026 and 4 January 2027 are both in odd ISO weeks
def test_a_person_with_one_working_day_is_asked_every_fortnight_over_the_new_year(
    weekday: int, year: int
) -> None:
    """No parity of weeks: a fortnight is fourteen days, whatever the calendar calls them."""
    calendar = Calendar(time_zone="Europe/London")
    person = Availability(calendar, Hours(days=frozenset({weekday})))
    start = date(year, 12, 1)
    asks = [person.ask_moment(start + 14 * n * DAY) for n in range(6)]

    days = [person.local_day(ask) for ask in asks]
    assert {later - earlier for earlier, later in pairwise(days)} == {14 * DAY}
    assert {day.weekday() for day in days} == {weekday}
    assert all(ask.astimezone(UTC) == ask for ask in asks)
