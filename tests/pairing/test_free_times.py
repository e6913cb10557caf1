from datetime import date

import pytest

from bot.pairing.free_times import shared_slots

JANUARY, MARCH, JULY, OCTOBER = date(2026, 1, 14), date(2026, 3, 18), date(2026, 7, 15), date(2026, 10, 14)
ALL_YEAR = (JANUARY, MARCH, JULY, OCTOBER)


@pytest.mark.parametrize("week", ALL_YEAR)
def test_by_one_clock_every_slot_is_shared_with_itself_alone(week: date) -> None:
    shared = shared_slots("Europe/London", "Europe/London", week)

    assert len(shared) == 15
    assert all(others == {slot} for slot, others in shared.items())


def test_after_school_in_london_is_before_school_in_los_angeles() -> None:
    shared = shared_slots("Europe/London", "America/Los_Angeles", JANUARY)

    assert shared["tue-after"] == {"tue-before"}


def test_the_weeks_in_which_only_one_side_has_changed_its_clock_count_as_they_are() -> None:
    # America changes on 8 March 2026 and Britain on the 29th: in between, fifteen minutes are left, too few.
    shared = shared_slots("Europe/London", "America/Los_Angeles", MARCH)

    assert shared["tue-after"] == frozenset()


def test_lunch_on_tuesday_in_auckland_is_monday_afternoon_in_los_angeles() -> None:
    assert shared_slots("Pacific/Auckland", "America/Los_Angeles", JANUARY)["tue-lunch"] == {"mon-after"}
    assert shared_slots("Pacific/Auckland", "America/Los_Angeles", JULY)["tue-lunch"] == frozenset()


def test_monday_in_auckland_begins_on_a_sunday_elsewhere() -> None:
    shared = shared_slots("Pacific/Auckland", "America/Los_Angeles", JANUARY)

    assert shared["mon-before"] == shared["mon-lunch"] == frozenset()


@pytest.mark.parametrize("week", ALL_YEAR)
def test_london_and_auckland_are_eleven_to_thirteen_hours_apart_and_share_no_slot(week: date) -> None:
    assert not any(shared_slots("Europe/London", "Pacific/Auckland", week).values())


@pytest.mark.parametrize("week", ALL_YEAR)
@pytest.mark.parametrize(
    "other", ["Pacific/Auckland", "America/New_York", "Australia/Perth", "Europe/Dublin"]
)
def test_sharing_is_mutual(week: date, other: str) -> None:
    there = shared_slots("Europe/London", other, week)
    back = shared_slots(other, "Europe/London", week)

    assert {(a, b) for a in there for b in there[a]} == {(a, b) for b in back for a in back[b]}


def test_any_day_of_a_week_means_the_same_week() -> None:
    monday, sunday = date(2026, 3, 2), date(2026, 3, 8)

    assert shared_slots("Europe/London", "America/Los_Angeles", monday) == shared_slots(
        "Europe/London", "America/Los_Angeles", sunday
    )
