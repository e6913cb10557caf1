import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.figures import (
    CycleFacts,
    Figures,
    PastWeek,
    SchoolWeek,
    WeekFacts,
    from_json,
    history,
    tell,
    to_json,
    told_before,
)
from bot.rules.figures import summarise as summarise_told
from bot.rules.privacy import FLOOR, NOTHING_TOLD, Band

MONDAY = date(2026, 11, 2)
BRYN, KAURI, OAK = 9_001, 9_002, 9_003

figures = Figures(
    week=MONDAY,
    people=12,
    everyone=40,
    ours=Band.NEARLY_ALL,
    all=Band.MOST,
    schools=6,
    schools_linked=5,
    tied_with=3,
)


def cycle_of(cohort: dict[int, int], *ties: tuple[int, int]) -> CycleFacts:
    return CycleFacts(cohort=tuple(cohort.items()), ties=frozenset(frozenset(tie) for tie in ties))


def summarise(school_id: int, week: WeekFacts, cycle: CycleFacts) -> Figures | None:
    """Return the figures of a first week."""
    return summarise_told(school_id, week, cycle, tell(week, cycle, NOTHING_TOLD))


def published(cycle: CycleFacts, weeks: Sequence[WeekFacts]) -> list[dict[int, Figures | None]]:
    """Return what is published of each week, one after the other, by school."""
    kept: dict[int, list[Figures]] = {school: [] for school, _ in cycle.cohort}
    told = []
    for week in weeks:
        after = tell(week, cycle, told_before(kept))
        told.append({school: summarise_told(school, week, cycle, after) for school in kept})
        for school, seen in told[-1].items():
            kept[school] += [from_json(json.loads(json.dumps(to_json(seen))))] if seen else []
    return told


def week_of(*schools: tuple[int, int, int], monday: date = MONDAY) -> WeekFacts:
    return WeekFacts(monday, tuple(SchoolWeek(*school) for school in schools))


# --- what is said ---


def test_a_principal_sees_the_own_school_and_the_partnership() -> None:
    cycle = cycle_of({BRYN: 12, KAURI: 20, OAK: 8}, (BRYN, KAURI), (BRYN, OAK))
    week = week_of((BRYN, 12, 11), (KAURI, 20, 12), (OAK, 8, 5))

    seen = summarise(BRYN, week, cycle)

    assert seen == Figures(
        week=MONDAY,
        people=12,
        everyone=40,
        ours=Band.NEARLY_ALL,
        all=Band.MOST,
        schools=3,
        schools_linked=3,
        tied_with=2,
    )


def test_four_participants_are_told_nothing() -> None:
    assert summarise(BRYN, week_of((BRYN, 4, 4)), cycle_of({BRYN: 4})) is None


def test_four_participants_are_told_nothing_in_two_schools_either() -> None:
    cycle = cycle_of({BRYN: 2, KAURI: 2}, (BRYN, KAURI))

    assert summarise(BRYN, week_of((BRYN, 2, 2), (KAURI, 2, 1)), cycle) is None


@pytest.mark.parametrize(("kauri", "everyone"), [(2, 5), (3, 6)])
def test_five_and_six_participants_of_two_schools_are_told_of_the_partnership_only(
    kauri: int, everyone: int
) -> None:
    cycle = cycle_of({BRYN: 3, KAURI: kauri}, (BRYN, KAURI))

    seen = summarise(BRYN, week_of((BRYN, 3, 3), (KAURI, kauri, 1)), cycle)

    assert seen is not None
    assert (seen.people, seen.ours, seen.tied_with) == (None, None, None)
    assert (seen.everyone, seen.all) == (everyone, Band.MOST)


@pytest.mark.parametrize("people", [5, 6])
def test_a_school_of_five_or_six_among_larger_ones_sees_its_own_band(people: int) -> None:
    cycle = cycle_of({BRYN: people, KAURI: 9}, (BRYN, KAURI))

    seen = summarise(BRYN, week_of((BRYN, people, people), (KAURI, 9, 2)), cycle)

    assert seen is not None
    assert (seen.people, seen.ours, seen.tied_with) == (people, Band.MOST, 1)


def test_a_school_of_four_sees_the_partnership_only() -> None:
    cycle = cycle_of({BRYN: 4, KAURI: 9, OAK: 7}, (BRYN, KAURI), (KAURI, OAK))
    week = week_of((BRYN, 4, 0), (KAURI, 9, 9), (OAK, 7, 7))

    seen = {school: summarise(school, week, cycle) for school in (BRYN, KAURI, OAK)}

    assert [each and (each.people, each.tied_with, each.everyone) for each in seen.values()] == [
        (None, None, 20),
        (9, 2, 20),
        (None, None, 20),  # hidden too: 20 − 9 − 7 would be the four of the first school
    ]


def test_a_school_of_which_too_few_were_asked_this_week_keeps_its_people_and_loses_its_band() -> None:
    cycle = cycle_of({BRYN: 5, KAURI: 9}, (BRYN, KAURI))

    seen = summarise(BRYN, week_of((BRYN, 4, 4), (KAURI, 9, 9)), cycle)

    assert seen is not None
    assert (seen.people, seen.ours, seen.all) == (5, None, Band.MOST)


def test_a_week_in_which_nobody_was_asked_has_nothing_to_say() -> None:
    assert summarise(BRYN, week_of((BRYN, 0, 0), (KAURI, 0, 0)), cycle_of({BRYN: 12, KAURI: 9})) is None
    assert summarise(BRYN, week_of(), cycle_of({BRYN: 12, KAURI: 9})) is None


def test_a_school_on_holiday_still_sees_the_others() -> None:
    seen = summarise(BRYN, week_of((KAURI, 9, 9)), cycle_of({BRYN: 12, KAURI: 9}))

    assert seen is not None
    assert (seen.ours, seen.all) == (None, Band.MOST)


def test_a_school_with_nobody_in_the_cohort_counts_as_no_school() -> None:
    seen = summarise(OAK, week_of((BRYN, 12, 12)), cycle_of({BRYN: 12, OAK: 0}))

    assert seen is not None
    assert (seen.people, seen.ours, seen.schools, seen.schools_linked) == (None, None, 1, 0)


# --- what is kept ---


@pytest.mark.parametrize(
    "kept", [figures, replace(figures, people=None, ours=None, tied_with=None, is_away=True)]
)
def test_figures_are_kept_as_json_and_come_back_the_same(kept: Figures) -> None:
    assert from_json(json.loads(json.dumps(to_json(kept)))) == kept


def test_what_is_kept_has_these_fields_and_no_others() -> None:
    assert to_json(figures) == {
        "week": "2026-11-02",
        "people": 12,
        "everyone": 40,
        "ours": "nearly-all",
        "all": "most",
        "schools": 6,
        "schools_linked": 5,
        "tied_with": 3,
        "is_away": False,
    }


def test_a_kept_row_that_is_no_figures_is_refused() -> None:
    with pytest.raises(TypeError, match="'forty' is no int"):
        from_json({**to_json(figures), "everyone": "forty"})
    with pytest.raises(KeyError):
        from_json({**to_json(figures), "all": "everybody"})


def test_figures_that_an_earlier_release_stored_still_read() -> None:
    stored = """{"week": "2026-11-02", "people": null, "everyone": 40, "ours": null, "all": "nearly-all",
        "schools": 6, "schools_linked": 5, "tied_with": null, "stage": "visit", "no_longer_known": 3}"""

    assert from_json(json.loads(stored)) == Figures(
        week=MONDAY,
        people=None,
        everyone=40,
        ours=None,
        all=Band.NEARLY_ALL,
        schools=6,
        schools_linked=5,
        tied_with=None,
    )


# --- the weeks before ---


def test_weeks_without_figures_are_gaps_in_the_chart() -> None:
    first = replace(figures, ours=Band.SOME)
    third = replace(figures, week=MONDAY + timedelta(weeks=2), ours=None, all=Band.HALF)

    weeks = history([third, first])

    assert weeks == (
        PastWeek(MONDAY, Band.SOME, Band.MOST),
        PastWeek(MONDAY + timedelta(weeks=1), None, None),
        PastWeek(MONDAY + timedelta(weeks=2), None, Band.HALF),
    )
    assert [week.is_gap for week in weeks] == [False, True, False]


def test_before_the_first_digest_there_is_no_history() -> None:
    assert history([]) == ()


# --- who was asked, and what stands until the cycle's end ---


def bands_of(school: int, *weeks: WeekFacts, cohort: dict[int, int]) -> list[Band | None]:
    seen = [each[school] for each in published(cycle_of(cohort), weeks)]
    return [each.ours for each in seen if each is not None]


@pytest.mark.parametrize("asked", [0, 4, 3, 1])
def test_where_somebody_of_the_cohort_was_not_asked_the_last_band_stands_again(asked: int) -> None:
    cohort = {BRYN: 5, KAURI: 20}
    for replied in range(asked + 1):
        weeks = [
            week_of((BRYN, 5, 4), (KAURI, 20, 20)),
            week_of((BRYN, asked, replied), (KAURI, 20, 20)),
            week_of((BRYN, 5, 1), (KAURI, 20, 20)),
        ]
        stands = Band.MOST if asked else None  # in its holidays a school has a gap

        assert bands_of(BRYN, *weeks, cohort=cohort) == [Band.MOST, stands, Band.SOME]


def test_one_who_leaves_and_one_who_joins_change_no_number_and_no_band_in_all_digests_that_follow() -> None:
    cohort = {BRYN: 5, KAURI: 20}
    weeks = [week_of((BRYN, 5, 5), (KAURI, 20, 9))]
    weeks += [week_of((BRYN, 4, replied), (KAURI, 20, 9)) for replied in (0, 4, 2, 0)]

    seen = [each[BRYN] for each in published(cycle_of(cohort), weeks)]

    assert {(each.people, each.everyone, each.ours) for each in seen if each} == {(5, 25, Band.MOST)}
    assert len(seen) == 5


def test_a_school_that_was_hidden_once_stays_hidden_until_the_cycles_end() -> None:
    weeks = [week_of((BRYN, asked, 4), (KAURI, 20, 20)) for asked in (4, 5, 5, 4, 5)]

    assert bands_of(BRYN, *weeks, cohort={BRYN: 5, KAURI: 20}) == [None] * 5


def test_a_school_that_was_on_holiday_first_is_shown_from_its_first_week_on() -> None:
    weeks = [week_of((BRYN, asked, min(asked, 4)), (KAURI, 20, 20)) for asked in (0, 0, 5, 4)]

    assert bands_of(BRYN, *weeks, cohort={BRYN: 5, KAURI: 20}) == [None, None, Band.MOST, Band.MOST]


def test_a_school_on_holiday_has_a_gap_and_no_bar() -> None:
    next_week = week_of((KAURI, 20, 20), monday=MONDAY + timedelta(weeks=1))
    seen = published(cycle_of({BRYN: 5, KAURI: 20}), [week_of((BRYN, 5, 5), (KAURI, 20, 20)), next_week])

    weeks = history([each for each in (week[BRYN] for week in seen) if each is not None])

    assert [week.is_gap for week in weeks] == [False, True]


def test_one_who_was_known_to_be_away_all_week_changes_no_word_whatever_others_replied() -> None:
    for cohort in range(5, 15):
        first = week_of((BRYN, cohort, cohort), (KAURI, 20, 12))
        seen = {
            str(published(cycle_of({BRYN: cohort, KAURI: 20}), [first, week])[1][BRYN])
            for replied in range(cohort)
            for week in [week_of((BRYN, cohort - 1, replied), (KAURI, 20, 12), monday=first.week)]
        }
        assert len(seen) == 1


# --- what all principals can work out together, over a whole cycle ---

SCHOOLS = tuple(range(9_001, 9_011))
WEEKS = 4


@st.composite
def cycles(draw: st.DrawFn) -> tuple[CycleFacts, list[WeekFacts]]:
    """A cycle of 1 to 10 schools and its weeks: people leave, join, pause and have holidays on the way."""
    schools = SCHOOLS[: draw(st.integers(1, 10))]
    cohort = {school: draw(st.integers(0, 15)) for school in schools}
    pairs = list(combinations(schools, 2))
    ties = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    weeks = []
    for number in range(WEEKS):
        asked = {school: draw(st.one_of(st.just(cohort[school]), st.integers(0, 15))) for school in schools}
        counts = [(school, asked[school], draw(st.integers(0, asked[school]))) for school in schools]
        weeks.append(week_of(*counts, monday=MONDAY + timedelta(weeks=number)))
    return cycle_of(cohort, *ties), weeks


@given(cycles())
def test_over_all_principals_and_weeks_no_subtraction_leaves_one_to_four_people(
    partnership: tuple[CycleFacts, list[WeekFacts]],
) -> None:
    cycle, weeks = partnership
    cohort = dict(cycle.cohort)
    seen = [(school, summarise(school, week, cycle)) for school, week in product(cohort, weeks)]
    people = {(school, each.people) for school, each in seen if each and each.people is not None}
    totals = {each.everyone for _, each in seen if each}

    assert len({school for school, _ in people}) == len(people)  # a school's number never changes …
    assert len(totals) <= 1  # … nor does everyone's
    for everyone in totals:
        for size in range(len(people) + 1):
            for shown in combinations(people, size):
                rest = everyone - sum(number for _, number in shown)
                assert rest == 0 or rest >= FLOOR


@given(cycles())
def test_of_one_week_all_principals_read_the_same_about_everyone(
    partnership: tuple[CycleFacts, list[WeekFacts]],
) -> None:
    cycle, weeks = partnership

    for week in weeks:
        seen = [summarise(school, week, cycle) for school, _ in cycle.cohort]
        about_everyone = {
            each and (each.everyone, each.all, each.schools, each.schools_linked) for each in seen
        }
        assert len(about_everyone) == 1


@given(cycles())
def test_figures_name_no_school_and_no_count_of_replies(
    partnership: tuple[CycleFacts, list[WeekFacts]],
) -> None:
    cycle, weeks = partnership
    cohort = dict(cycle.cohort)

    for school, week in product(cohort, weeks):
        seen = summarise(school, week, cycle)
        if seen is None:
            continue
        kept = to_json(seen)
        numbers = {key: value for key, value in kept.items() if type(value) is int}
        assert not set(numbers.values()) & set(SCHOOLS)
        assert numbers.keys() <= {"people", "everyone", "schools", "schools_linked", "tied_with"}
        assert kept.get("people") in (None, cohort[school])
        assert from_json(kept) == seen


@given(cycles())
def test_the_numbers_of_a_digest_are_the_same_whatever_people_did(
    partnership: tuple[CycleFacts, list[WeekFacts]],
) -> None:
    cycle, weeks = partnership

    for (school, _), week in product(cycle.cohort, weeks):
        nobody = WeekFacts(week.week, tuple(replace(each, replied=0) for each in week.schools))
        seen, unanswered = summarise(school, week, cycle), summarise(school, nobody, cycle)
        if seen is None or unanswered is None:
            assert seen is unanswered
            continue
        assert replace(seen, all=Band.SOME) == replace(unanswered, all=Band.SOME, ours=seen.ours)
        assert (seen.ours is None) == (unanswered.ours is None)
