"""The array form of every criterion, and of all together, agrees with the form for two people."""

from dataclasses import fields, replace
from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Profile
from bot.pairing import Person, Weights, quality
from bot.pairing.columns import Places, Points
from bot.pairing.free_times import common
from bot.pairing.quality import CRITERIA, Criterion, PairContext, PeopleOfLevel
from bot.pairing.scores import NO_PAIR, Values
from tests.pairing.worlds import ON

ZONES = ("Europe/London", "Pacific/Auckland", "America/Los_Angeles", "Australia/Perth")
SLOTS = [f"{day}-{hour}" for day in ("mon", "tue", "wed") for hour in ("before", "lunch", "after")]


def somebody(number: int, school: int, random: Random, names: list[str]) -> Person:
    def some(most: int) -> tuple[str, ...]:
        return tuple(random.sample(names, random.randint(0, most)))

    return Person(
        id=number,
        school_id=school,
        languages=some(2),
        platform=random.choice(("", "slack", "teams")),
        time_zone=random.choice(ZONES),
        focus=some(3),
        experience=random.choice((None, 0, 3, 20, 45)),
        profile=Profile(
            subjects=some(2),
            phase=random.choice(("", *names[:3])),
            offers=some(4),
            needs=some(4),
            slots=tuple(random.sample(SLOTS, random.randint(0, 5))),
        ),
    )


def test_every_weight_has_its_criterion() -> None:
    assert [each.name for each in CRITERIA] == [field.name for field in fields(Weights)]


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda criterion: criterion.name)
def test_a_criterion_names_the_key_of_each_reason_that_it_gives(criterion: Criterion) -> None:
    random = Random(5)
    names = [f"word-{number}" for number in range(5)]
    people = [replace(somebody(at, at, random, names), time_zone="Europe/London") for at in range(60)]

    given = {reason.key for pair in combinations(people, 2) for _, reason in criterion.reasons(pair, 13)}

    assert given == set(criterion.reason_keys)


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda criterion: criterion.name)
@pytest.mark.parametrize("vocabulary", [5, 40, 90])
def test_both_forms_of_a_criterion_give_each_pair_the_same_points(
    criterion: Criterion, vocabulary: int
) -> None:
    random = Random(vocabulary)
    names = [f"word-{number}" for number in range(vocabulary)]
    people = [somebody(at, at // 4, random, names) for at in range(60)]
    ties = {frozenset(random.sample(range(15), 2)): random.randint(1, 3) for _ in range(20)}
    columns = list(criterion.columns(PeopleOfLevel(people, ties, ON), 13))

    def points(a: Places, b: Places) -> Points:
        sums = np.zeros(np.broadcast_shapes(a.shape, b.shape), dtype=np.uint16)
        for column in columns:
            column.add_to(sums, a, b)
        return sums

    everybody = np.arange(len(people))
    rectangle = points(everybody[:, None], everybody[None, :])
    pairs = list(combinations(range(len(people)), 2))
    listed = points(np.array([a for a, _ in pairs]), np.array([b for _, b in pairs]))

    for (a, b), of_list in zip(pairs, listed.tolist(), strict=True):
        met = ties.get(frozenset((people[a].school_id, people[b].school_id)), 0)
        wanted = criterion.points(PairContext(people[a], people[b], met, ON), 13)
        assert rectangle[a, b] == rectangle[b, a] == of_list == wanted
    assert len(set(listed.tolist())) > 1, "these people are all alike to the criterion: nothing was compared"


@given(st.integers(0, 10_000), st.sampled_from((5, 20, 40, 90)), st.booleans(), st.booleans())
def test_a_tile_says_what_quality_says(
    seed: int, vocabulary: int, need_slot: bool, names_alone: bool
) -> None:
    """The vocabulary may have more entries than a machine word has bits."""
    random = Random(seed)
    names = [f"word-{number}" for number in range(vocabulary)]
    people = [somebody(at, at // 4, random, names) for at in range(18)]
    if names_alone:
        people = [replace(each, time_zone="") for each in people]
    ties = {frozenset(random.sample(range(6), 2)): random.randint(1, 3) for _ in range(5)}
    poor_fits = {random.randrange(18): random.randint(1, 4) for _ in range(random.choice((0, 3)))}
    weights = random.choice(
        (Weights(), Weights(slots=5, experience=5), Weights(slots=0, language_and_platform=15))
    )
    values = Values(people, ties=ties, poor_fits=poor_fits, on=ON, weights=weights, need_slot=need_slot)
    aside = {(1, 9), (3, 17)}
    values.set_aside(aside)

    tile = values.tile(slice(0, 18), slice(0, 18))
    parts = np.vstack(
        [
            np.hstack([values.tile(rows, columns) for columns in (slice(0, 7), slice(7, 18))])
            for rows in (slice(0, 5), slice(5, 18))
        ]
    )

    assert (tile == parts).all()
    assert (tile == tile.T).all()
    for a, b in combinations(range(18), 2):
        one, other = people[a], people[b]
        met = ties.get(frozenset((one.school_id, other.school_id)), 0)
        points = quality.score_fit(one, other, ties=met, on=ON, weights=weights)
        worth = quality.weigh_fit(points, poor_fits.get(a, 0), poor_fits.get(b, 0))
        shared = common(one.profile.slots, one.time_zone, other.profile.slots, other.time_zone, ON)
        may = one.school_id != other.school_id and (shared > 0 or not need_slot)
        [of], [not_aside] = (
            values.of(np.array([a]), np.array([b])),
            values.not_aside(np.array([a]), np.array([b])),
        )
        assert of == (worth if may else NO_PAIR)
        assert tile[a, b] == not_aside == (NO_PAIR if (a, b) in aside else of)
