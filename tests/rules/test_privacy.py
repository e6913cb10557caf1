from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from math import prod

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bot.model import Share
from bot.rules.privacy import (
    FLOOR,
    FOUR_BANDS_FROM,
    QUOTE_FLOOR,
    Band,
    Published,
    Replies,
    WeekBands,
    is_released,
    may_partner_read,
    may_pool_read,
    may_principal_read,
    publishable,
    week_bands,
)
from tests.support.examples import share_of_examples

LAST_DAY_END = datetime(2026, 11, 20, 17, tzinfo=UTC)

cohorts = st.lists(st.integers(0, 15), min_size=1, max_size=10).map(lambda sizes: dict(enumerate(sizes, 1)))


# --- words ---


def test_an_answer_is_read_by_the_partner_only_when_its_step_said_so() -> None:
    assert [share for share in Share if may_partner_read(share)] == [Share.PARTNER]


@pytest.mark.parametrize(("authors", "opened"), [(0, False), (4, False), (5, True), (6, True)])
def test_a_pool_opens_with_its_fifth_author(authors: int, opened: bool) -> None:
    assert may_pool_read(authors) is opened


@pytest.mark.parametrize(
    ("consented", "respondents", "may"),
    [(True, 10, True), (True, 9, False), (False, 10, False), (False, 500, False)],
)
def test_a_principal_reads_words_with_consent_and_of_one_among_ten(
    consented: bool, respondents: int, may: bool
) -> None:
    assert may_principal_read(consented=consented, respondents=respondents) is may


@pytest.mark.parametrize(
    ("given_so_far", "minutes_after_the_end", "released"),
    [(0, -1, False), (1, -1, False), (2, -1, True), (1, 0, True), (0, 1, True)],
)
def test_challenges_open_when_all_have_given_or_the_last_day_is_over(
    given_so_far: int, minutes_after_the_end: int, released: bool
) -> None:
    now = LAST_DAY_END + timedelta(minutes=minutes_after_the_end)

    assert is_released(given_so_far, 2, now, LAST_DAY_END) is released


def test_words_need_a_larger_crowd_than_figures() -> None:
    assert (FLOOR, QUOTE_FLOOR) == (5, 10)


# --- numbers of people ---


@pytest.mark.parametrize(
    ("cohort", "schools", "everyone"),
    [
        ({1: 4}, set(), False),
        ({1: 5}, {1}, True),
        ({1: 2, 2: 3}, set(), True),
        ({1: 12, 2: 5}, {1, 2}, True),
        ({1: 12, 2: 8, 3: 3}, {1}, True),  # 23 − 12 − 8 would be the three of school 3
        ({1: 12, 2: 8, 3: 3, 4: 2}, {1, 2}, True),
        ({1: 6, 2: 6, 3: 1}, {2}, True),  # equals: the first id gives way, every time
        ({1: 6, 2: 0}, {1}, True),
        ({}, set(), False),
    ],
)
def test_a_school_is_shown_when_it_and_the_hidden_rest_are_large_enough(
    cohort: Mapping[int, int], schools: set[int], everyone: bool
) -> None:
    assert publishable(cohort) == Published(frozenset(schools), everyone)


@given(cohort=cohorts)
def test_no_sum_or_difference_of_published_numbers_of_people_is_about_one_to_four(
    cohort: dict[int, int],
) -> None:
    published = publishable(cohort)

    everyone = sum(cohort.values())
    assert published.everyone == (everyone >= FLOOR)
    assert all(cohort[school] >= FLOOR for school in published.schools)
    assert published.everyone or not published.schools
    for part in _subsets(sorted(published.schools)) if published.everyone else ():
        rest = everyone - sum(cohort[school] for school in part)
        assert rest == 0 or rest >= FLOOR


@given(cohort=cohorts, order=st.randoms(use_true_random=False))
def test_what_is_published_does_not_depend_on_the_order_of_the_schools(cohort: dict[int, int], order) -> None:  # type: ignore[no-untyped-def]  # hypothesis gives a private Random type
    shuffled = list(cohort.items())
    order.shuffle(shuffled)

    assert publishable(dict(shuffled)) == publishable(cohort)


@given(cohort=cohorts)
def test_at_most_one_school_of_five_or_more_is_hidden_for_the_sake_of_others(cohort: dict[int, int]) -> None:
    large = {school for school, people in cohort.items() if people >= FLOOR}

    assert len(large - publishable(cohort).schools) <= 1


# --- one band ---


def band(replied: int, asked: int) -> Band | None:
    """Return the band of one group by itself, written down anew to compare with; None: too small for any."""
    if asked < FLOOR:
        return None
    if asked < FOUR_BANDS_FROM:
        return Band.MOST if 2 * replied > asked else Band.SOME
    return Band(1 + sum(10 * replied >= tenths * asked for tenths in (4, 6, 8)))


def school_band(replied: int, asked: int) -> Band | None:
    """Return the band that the rules publish of one school alone."""
    published = Published(frozenset({1}), everyone=True)
    return week_bands(published, {1: Replies(asked, replied)}).schools.get(1)


@pytest.mark.parametrize(
    ("asked", "replied", "expected"),
    [
        (0, 0, None),
        (4, 4, None),
        (5, 0, Band.SOME),
        (5, 2, Band.SOME),
        (5, 3, Band.MOST),
        (5, 5, Band.MOST),
        (6, 3, Band.SOME),
        (6, 4, Band.MOST),
        (9, 4, Band.SOME),
        (9, 9, Band.MOST),
        (10, 3, Band.SOME),
        (10, 4, Band.HALF),
        (10, 5, Band.HALF),
        (10, 6, Band.MOST),
        (10, 7, Band.MOST),
        (10, 8, Band.NEARLY_ALL),
        (10, 10, Band.NEARLY_ALL),
        (11, 4, Band.SOME),
        (11, 5, Band.HALF),
        (40, 31, Band.MOST),
        (40, 32, Band.NEARLY_ALL),
    ],
)
def test_replies_are_told_in_two_bands_of_fewer_than_ten_people_and_in_four_of_more(
    asked: int, replied: int, expected: Band | None
) -> None:
    assert school_band(replied, asked) is band(replied, asked) is expected


@pytest.mark.parametrize("asked", range(FLOOR, 200))
def test_a_band_never_tells_a_count_nor_what_a_person_did_even_to_one_of_them(asked: int) -> None:
    counts = defaultdict[Band | None, set[int]](set)
    for replied in range(asked + 1):
        assert school_band(replied, asked) is band(replied, asked)
        counts[school_band(replied, asked)].add(replied)

    for possible in counts.values():
        assert len(possible) >= 2
        assert min(possible) <= asked - 2  # else one who did not reply would know that all others did
        assert max(possible) >= 2  # else one who replied would know that nobody else did


@given(asked=st.integers(FLOOR, 300), data=st.data())
def test_one_reply_more_never_lowers_the_band(asked: int, data: st.DataObject) -> None:
    replied = data.draw(st.integers(0, asked - 1))

    before, after = school_band(replied, asked), school_band(replied + 1, asked)

    assert before is not None
    assert after is not None
    assert before <= after


def test_a_band_is_a_level_to_draw_and_a_key_of_the_content() -> None:
    assert {each.key: int(each) for each in Band} == {"some": 1, "half": 2, "most": 3, "nearly-all": 4}
    assert all(Band.of_key(each.key) is each for each in Band)


@pytest.mark.parametrize(("asked", "replied"), [(3, 4), (3, -1), (0, 1)])
def test_more_replies_than_people_are_a_fault_in_the_facts(asked: int, replied: int) -> None:
    with pytest.raises(ValueError, match="replies of"):
        Replies(asked, replied)


# --- a week's bands, side by side ---


def test_a_week_without_asks_has_no_bands() -> None:
    week = {1: Replies(0, 0), 2: Replies(0, 0)}

    assert week_bands(publishable({1: 6, 2: 7}), week) == WeekBands({}, None)


def test_a_school_of_which_fewer_than_five_were_asked_is_told_with_the_others() -> None:
    week = {1: Replies(4, 4), 2: Replies(12, 11), 3: Replies(1, 1)}

    bands = week_bands(publishable({1: 5, 2: 12, 3: 6}), week)

    assert bands == WeekBands({2: Band.NEARLY_ALL}, Band.NEARLY_ALL)


def test_fewer_than_five_outside_the_shown_schools_are_in_no_figure() -> None:
    published = publishable({1: 20, 2: 20, 3: 5})
    shown = {1: Replies(20, 15), 2: Replies(20, 11)}  # 26 of 40: one reply more would be MOST of 44

    seen = {_seen(week_bands(published, {**shown, 3: Replies(4, replied)})) for replied in range(5)}

    assert seen == {_seen(week_bands(published, shown))}


def test_a_cohort_of_four_is_told_nothing_even_when_others_join_later() -> None:
    week = {1: Replies(9, 9)}

    assert week_bands(publishable({1: 4}), week) == WeekBands({}, None)


def test_a_step_that_would_tell_of_another_school_is_left_out() -> None:
    # The first school's band leaves at most 2 of its 5 and the second's at most 10 of its 10. "Nearly all" of
    # the 15 begins at 12: to say it would be to say that everybody at the second school replied.
    published = publishable({1: 5, 2: 10})

    all_of_b = week_bands(published, {1: Replies(5, 2), 2: Replies(10, 10)})
    not_all_of_b = week_bands(published, {1: Replies(5, 2), 2: Replies(10, 8)})

    assert all_of_b == not_all_of_b == WeekBands({1: Band.SOME, 2: Band.NEARLY_ALL}, Band.MOST)


@st.composite
def partnerships(draw: st.DrawFn, schools: int = 10, people: int = 15) -> tuple[Published, tuple[int, ...]]:
    """Generate what is published of a cohort, and the people asked in a week: some have left, some have joined."""
    cohort = draw(st.lists(st.integers(0, people), min_size=1, max_size=schools))
    asked = [draw(st.one_of(st.just(size), st.integers(0, people))) for size in cohort]
    return publishable(dict(enumerate(cohort))), tuple(asked)


@example((publishable({0: 5, 1: 5}), (5, 5)))
@example((publishable({0: 5, 1: 10}), (5, 10)))
@example((publishable({0: 6, 1: 6, 2: 3}), (6, 6, 3)))
@example((publishable({0: 5, 1: 5, 2: 4, 3: 1}), (5, 5, 4, 1)))
@example((publishable({0: 4, 1: 4}), (4, 4)))
@settings(max_examples=share_of_examples(60))
@given(partnerships(schools=4, people=11))
def test_all_principals_together_with_any_one_person_learn_what_no_other_person_did(
    partnership: tuple[Published, tuple[int, ...]],
) -> None:
    published, asked = partnership
    assume(prod(size + 1 for size in asked) <= 3_000)
    consistent = defaultdict[object, list[tuple[int, ...]]](list)

    for replied in product(*(range(size + 1) for size in asked)):  # every way in which the week can have gone
        consistent[_seen(week_bands(published, _week(asked, replied)))].append(replied)

    for ways in consistent.values():
        _nobody_is_determined(asked, ways)
        for school, own in product(range(len(asked)), (0, 1)):  # one who knows their own reply
            if asked[school]:
                others = _replace(asked, school, asked[school] - 1)
                theirs = [_replace(way, school, way[school] - own) for way in ways]
                _nobody_is_determined(others, [way for way in theirs if 0 <= way[school] <= others[school]])


def _nobody_is_determined(asked: Sequence[int], ways: Sequence[tuple[int, ...]]) -> None:
    """To a reader the people of a school are alike: one is known only when all or none must have replied."""
    if not ways:
        return
    for school, size in enumerate(asked):
        counts = {way[school] for way in ways}
        assert size == 0 or counts not in ({0}, {size}), (asked, school, counts)


@given(partnerships(), st.data())
def test_in_a_large_partnership_too_every_school_keeps_several_possible_counts(
    partnership: tuple[Published, tuple[int, ...]], data: st.DataObject
) -> None:
    published, asked = partnership
    replied = tuple(data.draw(st.integers(0, size)) for size in asked)
    bands = week_bands(published, _week(asked, replied))

    # What each school's own band leaves open, and then what everyone's band takes away from that.
    ranges = [_range(bands.schools.get(school), size) for school, size in enumerate(asked)]
    totals = [
        total
        for total in range(sum(low for low, _ in ranges), sum(high for _, high in ranges) + 1)
        if week_bands(published, _week(asked, _spread(ranges, total))) == bands
    ]

    for school, (low, high) in enumerate(ranges):
        if asked[school] < FLOOR:
            continue
        lowest = max(low, min(totals) - sum(top for _, top in ranges) + high)
        highest = min(high, max(totals) - sum(bottom for bottom, _ in ranges) + low)
        assert lowest <= replied[school] <= highest
        assert lowest < highest
        assert lowest <= asked[school] - 2
        assert highest >= 2


@given(partnerships(), st.data())
def test_what_is_shown_depends_on_who_was_asked_never_on_who_replied(
    partnership: tuple[Published, tuple[int, ...]], data: st.DataObject
) -> None:
    published, asked = partnership
    one, other = (
        week_bands(published, _week(asked, [data.draw(st.integers(0, size)) for size in asked]))
        for _ in range(2)
    )

    assert one.schools.keys() == other.schools.keys()
    assert (one.everyone is None) == (other.everyone is None)


@given(partnerships(), st.data())
def test_no_band_is_about_fewer_than_five_people(
    partnership: tuple[Published, tuple[int, ...]], data: st.DataObject
) -> None:
    published, asked = partnership
    replied = [data.draw(st.integers(0, size)) for size in asked]
    bands = week_bands(published, _week(asked, replied))

    hidden = [school for school in range(len(asked)) if school not in bands.schools]
    assert all(asked[school] >= FLOOR for school in bands.schools)
    if bands.everyone is not None and sum(asked[school] for school in hidden) < FLOOR:
        without = [0 if school in hidden else replied[school] for school in range(len(asked))]
        assert week_bands(published, _week(asked, without)) == bands  # they are in no band


@given(partnerships(), st.floats(0, 1))
def test_the_band_of_everyone_is_never_more_than_one_off(
    partnership: tuple[Published, tuple[int, ...]], share: float
) -> None:
    published, asked = partnership
    replied = [round(size * share) for size in asked]
    bands = week_bands(published, _week(asked, replied))
    hidden = [school for school in range(len(asked)) if school not in bands.schools]
    counted = [
        school
        for school in range(len(asked))
        if school not in hidden or sum(asked[each] for each in hidden) >= FLOOR
    ]

    true_band = band(sum(replied[each] for each in counted), sum(asked[each] for each in counted))

    if bands.everyone is not None:
        assert true_band is not None
        assert abs(bands.everyone - true_band) <= 1


# --- what the tests themselves need ---


def _seen(bands: WeekBands) -> tuple[object, ...]:
    """Return what all principals see together, as a value that can be compared."""
    return tuple(sorted(bands.schools.items())), bands.everyone


def _week(asked: Sequence[int], replied: Sequence[int]) -> dict[int, Replies]:
    return {school: Replies(*both) for school, both in enumerate(zip(asked, replied, strict=True))}


def _replace(values: Sequence[int], at: int, value: int) -> tuple[int, ...]:
    return (*values[:at], value, *values[at + 1 :])


def _range(own: Band | None, asked: int) -> tuple[int, int]:
    """Return the fewest and most replies that leave a school's own band as it is, found by trying all of them."""
    possible = [count for count in range(asked + 1) if own is None or band(count, asked) is own]
    return possible[0], possible[-1]


def _spread(ranges: Sequence[tuple[int, int]], total: int) -> list[int]:
    """Return counts within those ranges that sum up to the total."""
    counts = [low for low, _ in ranges]
    for school, (low, high) in enumerate(ranges):
        counts[school] += min(high - low, total - sum(counts))
    return counts


def _subsets(schools: Sequence[int]) -> Iterable[list[int]]:
    for chosen in product((False, True), repeat=len(schools)):
        yield [school for school, is_in in zip(schools, chosen, strict=True) if is_in]
