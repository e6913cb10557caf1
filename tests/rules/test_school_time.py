from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.model import Hours
from bot.rules.school_time import (
    SEARCHED_DAYS,
    Availability,
    Calendar,
    NoTeachingDays,
    Term,
    last_day_of_week,
    mondays,
    nth_shared_day,
    shared_days,
)

ZONES = [
    "Europe/London",
    "Europe/Dublin",
    "Pacific/Auckland",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "America/New_York",
    "America/Santiago",  # its clocks change at midnight
]
HOLIDAYS = ["", "GB-WLS", "IE", "NZ-AUK", "AU-VIC", "AU-NSW", "US-CA"]
MONDAY = date(2026, 9, 7)

WALES = Calendar(
    time_zone="Europe/London",
    holidays="GB-WLS",
    terms=(
        Term("Autumn", date(2026, 9, 1), date(2026, 10, 23)),
        Term("Autumn 2", date(2026, 11, 2), date(2026, 12, 18)),
        Term("Spring", date(2027, 1, 4), date(2027, 3, 25)),
    ),
    closed=frozenset({date(2026, 9, 1)}),
)
AUCKLAND = Calendar(
    time_zone="Pacific/Auckland",
    holidays="NZ-AUK",
    terms=(
        Term("Term 3", date(2026, 7, 20), date(2026, 9, 25)),
        Term("Term 4", date(2026, 10, 12), date(2026, 12, 17)),
        Term("Term 1", date(2027, 2, 1), date(2027, 4, 15)),
    ),
)


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def school(
    time_zone: str = "Europe/London", *, opens: time = time(8, 30), closes: time = time(17)
) -> Calendar:
    return Calendar(time_zone=time_zone, opens=opens, closes=closes)


# --- which days ---


def test_a_school_without_terms_teaches_on_every_weekday() -> None:
    week = [MONDAY + timedelta(days=offset) for offset in range(7)]

    assert [school().teaches(day) for day in week] == [True] * 5 + [False] * 2


def test_first_and_last_day_of_a_term_are_taught_and_the_days_around_are_not() -> None:
    taught = [date(2026, 9, 2), date(2026, 12, 18), date(2027, 1, 4), date(2027, 3, 25)]
    around = [date(2026, 8, 31), date(2026, 12, 21), date(2027, 1, 1), date(2027, 3, 26)]

    assert all(WALES.teaches(day) for day in taught)
    assert not any(WALES.teaches(day) for day in around)


def test_a_closed_day_inside_a_term_is_not_taught() -> None:
    assert not WALES.teaches(date(2026, 9, 1))


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("GB-WLS", date(2027, 3, 26)),  # Good Friday
        ("GB-SCT", date(2026, 11, 30)),  # St Andrew
        ("IE", date(2026, 10, 26)),
        ("NZ-AUK", date(2027, 2, 1)),  # Auckland's anniversary
        ("NZ-WGN", date(2027, 1, 25)),  # Wellington's
        ("AU-VIC", date(2026, 11, 3)),  # the Melbourne Cup
        ("US-CA", date(2026, 11, 26)),
        ("US-CA", date(2027, 12, 31)),  # next year's New Year's Day falls on a Saturday
    ],
)
def test_public_holidays_are_those_of_the_schools_own_part_of_the_country(code: str, day: date) -> None:
    assert not Calendar(time_zone="UTC", holidays=code).teaches(day)


def test_the_neighbours_holiday_is_taught() -> None:
    assert Calendar(time_zone="Europe/London", holidays="GB-WLS").teaches(date(2026, 11, 30))


@pytest.mark.parametrize("code", ["gb-wls", "GB-", "GB-XXX", "XX", "Wales", "-", "GB-WLS "])
def test_an_unknown_holidays_code_is_refused_when_the_calendar_is_made(code: str) -> None:
    with pytest.raises(ValueError, match="public holidays"):
        Calendar(time_zone="Europe/London", holidays=code)


@pytest.mark.parametrize(
    "zone", ["", "Europe", "London", "../etc/passwd", "/etc/passwd", "Europe/London\0", "x" * 9_999]
)
def test_an_unknown_time_zone_is_refused_when_the_calendar_is_made(zone: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        Calendar(time_zone=zone)


def test_a_school_day_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        school(opens=time(17), closes=time(8))


# --- days that schools share ---


def test_two_hemispheres_share_only_the_days_that_both_teach() -> None:
    days = list(islice(shared_days([WALES, AUCKLAND], date(2026, 9, 24)), 12))

    assert days[:2] == [date(2026, 9, 24), date(2026, 9, 25)]
    assert days[2] == date(2026, 10, 12), "New Zealand's holiday"
    assert days[11] == date(2026, 10, 23)


def test_a_half_term_holiday_is_jumped_over() -> None:
    days = list(islice(shared_days([WALES], date(2026, 10, 22)), 3))

    assert days == [date(2026, 10, 22), date(2026, 10, 23), date(2026, 11, 2)]


def test_the_new_year_is_jumped_over() -> None:
    days = list(islice(shared_days([WALES, AUCKLAND], date(2026, 12, 16)), 4))

    assert days == [date(2026, 12, 16), date(2026, 12, 17), date(2027, 2, 2), date(2027, 2, 3)]


def test_shared_days_are_counted_from_one() -> None:
    assert nth_shared_day([WALES], date(2026, 8, 1), 1) == date(2026, 9, 2)
    assert nth_shared_day([WALES], date(2026, 8, 1), 4) == date(2026, 9, 7)
    with pytest.raises(ValueError, match="from 1"):
        nth_shared_day([WALES], MONDAY, 0)


def test_when_term_dates_run_out_the_search_ends_and_says_from_where() -> None:
    with pytest.raises(NoTeachingDays) as caught:
        list(shared_days([WALES, AUCKLAND], date(2027, 3, 1)))

    assert caught.value.first == date(2027, 3, 26)


def test_the_last_day_within_the_search_is_found_and_the_one_after_is_not() -> None:
    day = MONDAY + timedelta(days=SEARCHED_DAYS - 1)
    only = Calendar(time_zone="UTC", terms=(Term("A day", day, day),))
    assert day.weekday() < 5

    assert nth_shared_day([only], MONDAY, 1) == day
    with pytest.raises(NoTeachingDays):
        nth_shared_day([only], MONDAY - timedelta(days=1), 1)


def test_days_shared_by_nobody_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="one calendar"):
        next(shared_days([], MONDAY))


def test_the_last_day_of_a_week_is_the_last_one_taught() -> None:
    assert last_day_of_week(WALES, MONDAY) == date(2026, 9, 11)
    assert last_day_of_week(AUCKLAND, date(2026, 12, 14)) == date(2026, 12, 17)
    assert last_day_of_week(WALES, date(2026, 10, 26)) is None


def test_mondays_are_those_of_every_week_touched() -> None:
    assert mondays(date(2026, 9, 9), date(2026, 9, 21)) == (MONDAY, date(2026, 9, 14), date(2026, 9, 21))
    assert mondays(MONDAY, MONDAY) == (MONDAY,)
    assert mondays(date(2026, 9, 13), date(2026, 9, 13)) == (MONDAY,)
    assert mondays(MONDAY, date(2026, 9, 6)) == ()


@given(
    first=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    codes=st.lists(st.sampled_from(HOLIDAYS), min_size=1, max_size=3),
    closed=st.frozensets(st.dates(date(2026, 1, 1), date(2028, 3, 1)), max_size=20),
)
def test_shared_days_increase_strictly_and_everybody_teaches_on_them(
    first: date, codes: list[str], closed: frozenset[date]
) -> None:
    calendars = [Calendar(time_zone="UTC", holidays=code, closed=closed) for code in codes]

    days = list(islice(shared_days(calendars, first), 40))

    assert days[0] >= first
    assert all(earlier < later for earlier, later in pairwise(days))
    assert all(calendar.teaches(day) for day in days for calendar in calendars)
    between = {days[0] + timedelta(days=offset) for offset in range((days[-1] - days[0]).days)} - set(days)
    assert not any(all(calendar.teaches(day) for calendar in calendars) for day in between), (
        "none is left out"
    )


# --- when a person is asked ---


def test_a_time_in_the_spring_gap_moves_forward() -> None:
    london = Availability(school("Europe/London"))
    lord_howe = Availability(school("Australia/Lord_Howe"))

    assert london.moment(date(2027, 3, 28), time(1, 30)) == utc(2027, 3, 28, 1, 30)  # shown there as 02:30
    assert lord_howe.moment(date(2026, 10, 4), time(2, 15)) == utc(
        2026, 10, 3, 15, 45
    )  # as 02:45: half an hour


def test_a_time_in_the_autumn_fold_is_the_first_of_the_two() -> None:
    london = Availability(school("Europe/London"))

    assert london.moment(date(2026, 10, 25), time(1, 30)) == utc(2026, 10, 25, 0, 30)
    assert london.moment(date(2026, 10, 25), time(1, 30, fold=1)) == utc(2026, 10, 25, 0, 30)


def test_a_school_is_asked_at_the_same_time_of_its_day_before_and_after_its_clocks_change() -> None:
    wales, auckland = Availability(school("Europe/London")), Availability(school("Pacific/Auckland"))

    assert wales.ask_moment(date(2026, 10, 23)) == utc(2026, 10, 23, 14, 30)
    assert wales.ask_moment(date(2026, 10, 26)) == utc(2026, 10, 26, 15, 30)
    assert auckland.ask_moment(date(2026, 9, 25)) == utc(2026, 9, 25, 3, 30)
    assert auckland.ask_moment(date(2026, 9, 28)) == utc(2026, 9, 28, 2, 30)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/London", date(2026, 9, 7), 24),
        ("Europe/London", date(2027, 3, 28), 23),
        ("Europe/London", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("America/Santiago", date(2026, 9, 6), 23),
    ],
)
def test_a_day_has_as_many_hours_as_it_has(zone: str, day: date, hours: float) -> None:
    start, end = Availability(school(zone)).day_bounds(day)

    assert (end - start) == timedelta(hours=hours)
    assert Availability(school(zone)).local_day(start) == day
    assert Availability(school(zone)).local_day(end - timedelta(microseconds=1)) == day
    assert Availability(school(zone)).local_day(end) == day + timedelta(days=1)


def test_who_works_on_thursdays_only_is_asked_on_thursday() -> None:
    part_timer = Availability(WALES, Hours(days=frozenset({3})))

    assert part_timer.local_day(part_timer.ask_moment(MONDAY)) == date(2026, 9, 10)
    assert part_timer.local_day(part_timer.ask_moment(date(2026, 10, 23))) == date(2026, 11, 5), (
        "over half-term"
    )


def test_who_leaves_before_the_schools_asking_time_is_asked_a_little_before_leaving() -> None:
    morning = Availability(school(), Hours(end=time(12)))

    assert morning.ask_moment(MONDAY) == utc(2026, 9, 7, 10, 45)
    assert morning.is_reachable(morning.ask_moment(MONDAY))


def test_who_comes_after_the_schools_asking_time_is_asked_on_coming() -> None:
    assert Availability(school(), Hours(start=time(16))).ask_moment(MONDAY) == utc(2026, 9, 7, 15)


@pytest.mark.parametrize(
    ("hours", "first", "last"),
    [
        (Hours(start=time(18)), utc(2026, 9, 7, 17), utc(2026, 9, 7, 17, 59)),
        (Hours(end=time(8)), utc(2026, 9, 7, 6), utc(2026, 9, 7, 6, 59)),
    ],
)
def test_who_names_a_bound_outside_the_schools_day_has_the_hour_beside_it(
    hours: Hours, first: datetime, last: datetime
) -> None:
    evening = Availability(school(), hours)

    assert evening.next_moment(utc(2026, 9, 7, 0)) == first
    assert evening.is_reachable(last)
    assert not evening.is_reachable(last + timedelta(minutes=1))


def test_hours_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(ValueError, match="before they begin"):
        Availability(school(), Hours(start=time(15), end=time(9)))


def test_a_pause_ends_on_its_first_day_of_work() -> None:
    paused = Availability(school(), paused_until=date(2026, 9, 16))

    assert not paused.is_reachable(utc(2026, 9, 15, 12))
    assert paused.next_moment(utc(2026, 9, 7, 12)) == utc(2026, 9, 16, 7, 30)
    assert paused.local_day(paused.ask_moment(MONDAY)) == date(2026, 9, 16)


def test_who_has_no_working_day_or_a_pause_without_end_is_never_searched_for_ever() -> None:
    for person in (
        Availability(school(), Hours(days=frozenset())),
        Availability(school(), Hours(days=frozenset({5, 6}))),
        Availability(school(), paused_until=date(9999, 12, 31)),
    ):
        with pytest.raises(NoTeachingDays):
            person.ask_moment(MONDAY)
        with pytest.raises(NoTeachingDays):
            person.next_moment(utc(2026, 9, 7, 12))
        assert not person.is_reachable(utc(2026, 9, 7, 12))


def test_before_school_one_waits_until_it_opens_and_after_school_until_the_next_day() -> None:
    person = Availability(school())

    assert person.next_moment(utc(2026, 9, 7, 5)) == utc(2026, 9, 7, 7, 30)
    assert person.next_moment(utc(2026, 9, 7, 12, 34)) == utc(2026, 9, 7, 12, 34)
    assert person.next_moment(utc(2026, 9, 7, 16)) == utc(2026, 9, 8, 7, 30), "the end is over"
    assert person.next_moment(utc(2026, 9, 11, 16)) == utc(2026, 9, 14, 7, 30)


def test_a_moment_may_come_in_any_zone_and_goes_back_in_utc() -> None:
    noon = datetime(2026, 9, 7, 23, tzinfo=ZoneInfo("Pacific/Auckland"))

    assert Availability(school()).next_moment(noon).tzinfo is UTC


people = st.builds(
    Availability,
    calendar=st.builds(
        Calendar,
        time_zone=st.sampled_from(ZONES),
        holidays=st.sampled_from(HOLIDAYS),
        closed=st.frozensets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=10),
        opens=st.times(time(6), time(11)),
        closes=st.times(time(11, 1), time(20)),
        ask_at=st.times(),
    ),
    hours=st.builds(
        Hours,
        days=st.frozensets(st.integers(0, 4), min_size=1),
        start=st.none() | st.times(time(6), time(11)),
        end=st.none() | st.times(time(11, 1), time(20)),
    ),
    paused_until=st.none() | st.dates(date(2026, 1, 1), date(2026, 10, 31)),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 (they get UTC)


@given(person=people, first=st.dates(date(2026, 1, 1), date(2027, 12, 1)))
@example(person=Availability(WALES, Hours(days=frozenset({4}))), first=date(2026, 10, 23))
@example(person=Availability(AUCKLAND, Hours(days=frozenset({0}))), first=date(2026, 9, 21))
def test_asks_on_days_after_one_another_increase_strictly_within_hours_and_on_working_days(
    person: Availability, first: date
) -> None:
    day = first
    asks = []
    for _ in range(10):
        asks.append(person.ask_moment(day))
        day = person.local_day(asks[-1]) + timedelta(days=1)

    assert all(earlier < later for earlier, later in pairwise(asks))
    for ask in asks:
        local = ask.astimezone(ZoneInfo(person.calendar.time_zone))
        assert person.works(local.date())
        assert (
            (person.hours.start or person.calendar.opens)
            <= local.time()
            < (person.hours.end or person.calendar.closes)
        )
        assert person.is_reachable(ask)


@given(person=people, after=moments)
def test_the_next_moment_is_reachable_and_nothing_reachable_comes_before_it(
    person: Availability, after: datetime
) -> None:
    found = person.next_moment(after)

    assert found >= after
    assert person.is_reachable(found)
    assert (found == after) == person.is_reachable(after)
    if found > after:
        assert not person.is_reachable(found - timedelta(microseconds=1))
    assert person.next_moment(found) == found


@given(zone=st.sampled_from(ZONES), day=st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_days_follow_each_other_without_gap_or_overlap(zone: str, day: date) -> None:
    person = Availability(school(zone))

    _, end = person.day_bounds(day)
    start, _ = person.day_bounds(day + timedelta(days=1))

    assert start == end


@given(zone=st.sampled_from(ZONES), day=st.dates(date(2026, 1, 1), date(2027, 12, 31)), at=st.times())
def test_a_time_that_exists_is_kept_as_the_schools_clocks_show_it(zone: str, day: date, at: time) -> None:
    moment = Availability(school(zone)).moment(day, at)
    shown = moment.astimezone(ZoneInfo(zone))
    assume(shown.replace(tzinfo=None) == datetime.combine(day, at))

    assert shown.fold == 0
    assert shown.utcoffset() == datetime.combine(day, at, tzinfo=ZoneInfo(zone)).utcoffset()
