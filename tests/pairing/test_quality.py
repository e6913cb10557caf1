from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Profile, Reason
from bot.pairing import Person, Weights, quality
from tests.pairing.worlds import ON, PRACTICES, schools


def person(number: int, **profile: Any) -> Person:
    return Person(id=number, school_id=100 + number, profile=Profile(**profile), languages=(f"x{number}",))


def value(a: Person, b: Person, ties: int = 0) -> int:
    return quality.score_fit(a, b, ties=ties, on=ON, weights=Weights())


def test_who_fits_in_everything_has_a_hundred_points() -> None:
    everything: dict[str, Any] = {
        "subjects": ("maths",),
        "phase": "primary",
        "offers": PRACTICES,
        "needs": PRACTICES,
        "slots": ("mon-before", "tue-after", "fri-lunch"),
    }
    a, b = (
        Person(id=n, school_id=n, profile=Profile(**everything), languages=("en",), platform="slack")
        for n in (1, 2)
    )

    assert value(a, b) == quality.BEST


def test_who_has_nothing_in_common_has_the_new_tie_alone() -> None:
    assert value(person(1), person(2)) == 1_500


def test_empty_phases_and_platforms_are_not_the_same_phase_and_platform() -> None:
    assert value(person(1, phase=""), person(2, phase="")) == value(person(1), person(2, phase="primary"))


@pytest.mark.parametrize(
    ("mine", "theirs", "points"),
    [
        ({"offers": ("feedback",)}, {"needs": ("feedback",)}, 1_750),
        (
            {"offers": ("feedback",), "needs": ("oracy",)},
            {"needs": ("feedback",), "offers": ("oracy",)},
            3_500,
        ),
        ({"needs": ("feedback",)}, {"needs": ("feedback",)}, 2_000),
        ({"offers": ("feedback",)}, {"offers": ("feedback",)}, 0),
        ({"subjects": ("art", "maths")}, {"subjects": ("maths",)}, 900),
        ({"phase": "primary"}, {"phase": "primary"}, 600),
        ({"slots": ("mon-before",)}, {"slots": ("mon-before",)}, 600),
        ({"slots": ("mon-before", "tue-after")}, {"slots": ("tue-after", "mon-before")}, 800),
        ({"slots": ("mon-before",)}, {"slots": ("mon-after",)}, 0),
        ({"slots": ("a-slot-of-a-later-list",)}, {"slots": ("a-slot-of-a-later-list",)}, 0),
    ],
)
def test_each_part_counts_its_weight(mine: dict[str, Any], theirs: dict[str, Any], points: int) -> None:
    bare = value(person(1), person(2))

    assert value(person(1, **mine), person(2, **theirs)) - bare == points


def test_schools_that_met_seldom_come_first() -> None:
    assert [value(person(1), person(2), ties) for ties in (0, 1, 2, 9)] == [1_500, 750, 500, 150]


@given(st.integers(0, 10_000), st.integers(0, 5))
def test_quality_is_mutual_and_lies_between_nothing_and_the_best(seed: int, ties: int) -> None:
    a, b = schools(1, 1, seed=seed)

    assert value(a, b, ties) == value(b, a, ties)
    assert 0 <= value(a, b, ties) <= quality.BEST


@pytest.mark.parametrize("wrong", [{"offer": 36}, {"offer": -5, "focus": 60}, {"slots": 0}])
def test_weights_that_are_negative_or_no_hundred_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="weight"):
        Weights(**wrong)


# --- reasons ----------------------------------------------------------------------------------------------


def test_reasons_name_who_offers_what_to_whom_best_first() -> None:
    a = person(1, offers=("feedback",), needs=("oracy", "modelling"), phase="primary")
    b = person(2, offers=("modelling", "oracy"), needs=("feedback", "oracy"), phase="primary")

    assert quality.reasons([a, b]) == (
        Reason("offer", (("giver", "1"), ("taker", "2"), ("practice", "feedback"))),
        Reason("offer", (("giver", "2"), ("taker", "1"), ("practice", "oracy"))),
        Reason("both-need", (("practice", "oracy"),)),
    )


def test_a_shared_need_counts_more_than_an_offer_in_one_direction() -> None:
    a, b = person(1, offers=("feedback",), needs=("oracy",)), person(2, needs=("oracy", "feedback"))

    assert [reason.key for reason in quality.reasons([a, b])] == ["both-need", "offer"]


def test_in_a_three_what_is_shared_is_shared_by_all() -> None:
    a, b, c = person(1, phase="primary"), person(2, phase="primary"), person(3, phase="secondary")

    assert "phase" in [reason.key for reason in quality.reasons([a, b])]
    assert "phase" not in [reason.key for reason in quality.reasons([a, b, c])]


def test_a_slot_is_named_only_where_its_words_mean_one_time_for_all() -> None:
    here = Person(id=1, school_id=1, profile=Profile(slots=("tue-after",)), time_zone="Europe/London")
    there = Person(id=2, school_id=2, profile=Profile(slots=("tue-after",)), time_zone="America/New_York")

    assert quality.reasons([here, there])[0].key == "different-schools"
    assert quality.reasons([here, Person(id=3, school_id=3, profile=here.profile)]) == (
        Reason("slot", (("slot", "tue-after"),)),
    )


def test_where_nothing_else_is_known_a_first_tie_is_the_reason() -> None:
    a, b = person(1), person(2)
    facts = (("school_a", "101"), ("school_b", "102"))

    assert quality.reasons([a, b], ties={}) == (Reason("new-tie", facts),)
    assert quality.reasons([a, b], ties={frozenset((101, 102)): 1}) == (Reason("different-schools", facts),)
    assert quality.reasons([a, b]) == (Reason("different-schools", facts),)


def test_no_fact_is_a_number_about_a_person() -> None:
    people = schools(1, 1, 1, seed=3)
    names = {"giver", "taker", "school_a", "school_b"}

    facts = [fact for reason in quality.reasons(people) for fact in reason.facts]

    assert all(name in names or not text.isdigit() for name, text in facts)
