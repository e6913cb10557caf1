"""Cycle after cycle: nobody meets the same person twice, is left out, or always gets what is left."""

from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest

from bench.crowds import crowd
from bot.model import Profile
from bot.pairing import Person, Weights, arrange, quality
from bot.pairing.history import Past
from bot.pairing.quality import MOST_POOR_FITS
from tests.pairing.worlds import ON, schools, seats

ROUNDS = 8


def town(homes: int, heads: int, seed: int) -> tuple[Person, ...]:
    people = crowd(heads, seed=seed, levels=("teacher",))
    return tuple(replace(person, school_id=at % homes) for at, person in enumerate(people))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("homes", "heads"), [(5, 50), (4, 24)])
def test_in_eight_cycles_nobody_repeats_is_left_out_or_sits_badly_six_times_without_need(
    homes: int, heads: int, seed: int
) -> None:
    """A poor fit is one of the worst quarter; needless, if a new partner would have been out of that quarter."""
    people = {person.id: person for person in town(homes, heads, seed)}
    fit = {
        frozenset((a.id, b.id)): quality.score_fit(a, b, ties=0, on=ON, weights=Weights())
        for a, b in combinations(people.values(), 2)
        if a.school_id != b.school_id
    }
    history: list[tuple[int, frozenset[int]]] = []
    badly: Counter[int] = Counter()

    for cycle in range(ROUNDS):
        met = {pair for _, pair in history}
        made = arrange(people.values(), history=history, blocked=(), on=ON, seed=seed)
        assert (made.repeats, made.left_out) == (0, ())
        assert made.gap == 0

        got = {each: fit[frozenset(pair)] for pair in seats(made) for each in pair}
        worst = sorted(got.values())[heads // 4]
        best = Counter[int]()
        for pair, points in fit.items():
            for each in pair if pair not in met else ():
                best[each] = max(best[each], points)
        badly.update(each for each in people if got[each] < worst <= best[each])
        history += [(cycle, frozenset(pair)) for pair in seats(made)]

    assert max(badly.values()) < 6


WELSH, ART = Profile(subjects=("welsh",)), Profile(subjects=("art",))


def test_who_sat_badly_counts_for_more_in_the_next_cycle() -> None:
    """Two of one school want the same colleague from another; whoever did not get her last time does this time."""
    profiles = {1: WELSH, 2: WELSH, 3: WELSH, 4: Profile(), 5: WELSH, 6: WELSH, 7: ART, 8: ART}
    homes = {1: 1, 2: 1, 3: 2, 4: 2, 5: 3, 6: 4, 7: 3, 8: 4}
    people = [Person(id=at, school_id=homes[at], profile=profiles[at]) for at in profiles]
    for lucky, unlucky in ((1, 2), (2, 1)):
        met = [(1, frozenset(pair)) for pair in ((lucky, 3), (unlucky, 4), (5, 6), (7, 8))]

        made = arrange(people, history=met, blocked=(), on=ON)

        [group] = [group for group in seats(made) if unlucky in group]
        assert {*group} & {3, 5, 6}
        assert Past.of(met, {each.id: each for each in people}, ON, Weights()).poor_fits == {unlucky: 1, 4: 1}


def test_a_debt_grows_with_each_bad_seat_but_has_an_end() -> None:
    people = {at: Person(id=at, school_id=at, profile=WELSH if at < 7 else Profile()) for at in range(1, 9)}
    a_cycle = [frozenset(pair) for pair in ((1, 2), (3, 4), (5, 6), (7, 8))]

    for cycles in range(7):
        history = [(cycle, pair) for cycle in range(cycles) for pair in a_cycle]
        poor_fits = Past.of(history, people, ON, Weights()).poor_fits

        assert poor_fits == (
            {7: min(cycles, MOST_POOR_FITS), 8: min(cycles, MOST_POOR_FITS)} if cycles else {}
        )


def test_schools_that_have_met_count_by_the_schools_of_today() -> None:
    people = {person.id: person for person in schools(2, 2)}

    past = Past.of(
        [(7, frozenset((1, 3))), (9, frozenset((2, 4))), (9, frozenset((1, 99)))], people, ON, Weights()
    )

    assert past.ties == {frozenset((100, 101)): 2}
    assert past.cycles == 2
    assert past.ages[frozenset((2, 4))] == 2
