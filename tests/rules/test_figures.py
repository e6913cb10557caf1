import json
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
    summarise,
    to_json,
)
from bot.rules.privacy import FLOOR, Band

MONDAY = date(2026, 11, 2)
BRYN, KAURI, OAK = 9_001, 9_002, 9_003
STAGES = (("contract", 40), ("visit", 20), ("challenge", 19), ("close", 0))

figures = Figures(
    week=MONDAY,
    people=12,
    everyone=40,
    ours=Band.NEARLY_ALL,
    all=Band.MOST,
    schools=6,
    schools_linked=5,
    tied_with=3,
    stage="visit",
)


def cycle_of(
    cohort: dict[int, int], *ties: tuple[int, int], stages: tuple[tuple[str, int], ...] = ()
) -> CycleFacts:
    return CycleFacts(
        cohort=tuple(cohort.items()), ties=frozenset(frozenset(tie) for tie in ties), stages=stages
    )


def week_of(*schools: tuple[int, int, int], monday: date = MONDAY) -> WeekFacts:
    return WeekFacts(monday, tuple(SchoolWeek(*school) for school in schools))


# --- what is said ---


def test_a_principal_sees_the_own_school_and_the_partnership() -> None:
    cycle = cycle_of({BRYN: 12, KAURI: 20, OAK: 8}, (BRYN, KAURI), (BRYN, OAK), stages=STAGES)
    week = week_of((BRYN, 12, 11), (KAURI, 18, 11), (OAK, 8, 5))

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
        stage="visit",
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


@pytest.mark.parametrize(
    ("stages", "stage"),
    [
        ((("contract", 4), ("visit", 0)), None),
        ((("contract", 5), ("visit", 0)), "contract"),
        ((("contract", 10), ("visit", 5), ("close", 4)), "visit"),
        ((), None),
    ],
)
def test_the_stage_is_the_furthest_that_half_of_the_people_have_reached(
    stages: tuple[tuple[str, int], ...], stage: str | None
) -> None:
    seen = summarise(BRYN, week_of((BRYN, 10, 5)), cycle_of({BRYN: 10}, stages=stages))

    assert seen is not None
    assert seen.stage == stage


# --- what is kept ---


@pytest.mark.parametrize(
    "kept", [figures, replace(figures, people=None, ours=None, tied_with=None, stage=None)]
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
        "stage": "visit",
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
        stage="visit",
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
    reached = sorted(
        draw(st.lists(st.integers(0, sum(cohort.values())), min_size=3, max_size=3)), reverse=True
    )
    weeks = []
    for number in range(WEEKS):
        asked = {school: draw(st.one_of(st.just(cohort[school]), st.integers(0, 15))) for school in schools}
        counts = [(school, asked[school], draw(st.integers(0, asked[school]))) for school in schools]
        weeks.append(week_of(*counts, monday=MONDAY + timedelta(weeks=number)))
    return cycle_of(
        cohort, *ties, stages=tuple(zip(("contract", "visit", "close"), reached, strict=True))
    ), weeks


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
            each and (each.everyone, each.all, each.schools, each.schools_linked, each.stage) for each in seen
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
        numbers = {key: value for key, value in kept.items() if isinstance(value, int)}
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
