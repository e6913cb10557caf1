import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Profile
from bot.pairing import Arrangement, Group, LeftOut, Person, arrange
from tests.pairing.worlds import (
    ON,
    World,
    breaks_of_hard_rules,
    every_arrangement,
    pricing,
    schools,
    seats,
    worlds,
)


def arranged(world: World, *, size: int = 2, seed: int = 0) -> Arrangement:
    return arrange(world.people, history=world.history, blocked=world.blocked, on=ON, size=size, seed=seed)


def pairs_of(arrangement: Arrangement) -> list[frozenset[int]]:
    return [frozenset(pair) for group in seats(arrangement) for pair in combinations(group, 2)]


def rounds_without_repeat(people: tuple[Person, ...], *, limit: int, size: int = 2) -> int:
    history: list[tuple[int, frozenset[int]]] = []
    for cycle in range(limit):
        made = arrange(people, history=history, blocked=(), on=ON, size=size, seed=cycle)
        if made.repeats or made.left_out:
            return cycle
        history += [(cycle, pair) for pair in pairs_of(made)]
    return limit


# --- what every arrangement keeps --------------------------------------------------------------------------


@given(worlds(most=12), st.sampled_from((2, 3)))
def test_no_hard_rule_is_ever_broken_and_nobody_is_lost_or_sits_twice(world: World, size: int) -> None:
    made = arranged(world, size=size)

    assert breaks_of_hard_rules(world.people, world.blocked, seats(made)) == []
    placed = [each for group in seats(made) for each in group]
    left_out = [each.member_id for each in made.left_out]
    assert sorted(placed + left_out) == sorted(person.id for person in world.people)


@given(worlds(most=12), st.sampled_from((2, 3)))
def test_every_group_has_one_to_three_reasons_and_every_left_out_a_known_one(world: World, size: int) -> None:
    made = arranged(world, size=size)

    assert all(1 <= len(group.reasons) <= 3 for group in made.groups)
    assert {each.reason for each in made.left_out} <= {"one-school-too-large", "blocked", "alone"}


@given(worlds())
def test_no_other_arrangement_is_better_by_any_rule_in_order(world: World) -> None:
    cost = pricing(world)
    best = min(cost(groups) for groups in every_arrangement(world))

    made = arranged(world)

    assert cost(seats(made)) == best
    assert made.repeats == best.repeats


@given(worlds(least=3))
def test_threes_by_choice_cost_nobody_a_place_and_no_repeat(world: World) -> None:
    cost = pricing(world)
    best = min(cost(groups) for groups in every_arrangement(world))

    made = cost(seats(arranged(world, size=3)))

    faults = (made.left_out, made.two_of_one_school, made.repeats)
    assert faults <= (best.left_out, best.two_of_one_school, best.repeats)


@given(worlds(), st.randoms(use_true_random=False), st.sampled_from((2, 3)))
def test_the_order_of_the_rows_changes_nothing(world: World, random: Random, size: int) -> None:
    people, history, blocked = list(world.people), list(world.history), list(world.blocked)
    for rows in (people, history, blocked):
        random.shuffle(rows)

    shuffled = arrange(people, history=history, blocked=blocked, on=ON, size=size, seed=7)

    assert shuffled == arranged(world, size=size, seed=7)


def test_another_process_draws_the_same_lots() -> None:
    script = (
        "from bot.model import Profile; from bot.pairing import Person, arrange; from datetime import date\n"
        "people = [Person(id=n, school_id=n % 4, profile=Profile()) for n in range(21)]\n"
        "print(arrange(people, history=(), blocked=(), on=date(2026, 11, 23), seed=5))"
    )
    people = [Person(id=n, school_id=n % 4, profile=Profile()) for n in range(21)]

    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout

    assert printed.strip() == str(arrange(people, history=(), blocked=(), on=ON, seed=5))


def test_equals_are_drawn_by_lot_and_another_seed_draws_others() -> None:
    people = [Person(id=n, school_id=n % 4, profile=Profile()) for n in range(20)]

    drawn = {str(seats(arrange(people, history=(), blocked=(), on=ON, seed=seed))) for seed in range(5)}

    assert len(drawn) == 5


# --- odd heads ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sizes", [(1, 1, 1), (2, 2, 1), (4, 3, 2), (7, 7, 7), (12, 6, 5, 2), (13, 13, 13, 12)]
)
def test_an_odd_head_makes_exactly_one_three_of_three_schools(sizes: tuple[int, ...]) -> None:
    people = schools(*sizes)
    school = {person.id: person.school_id for person in people}

    made = arrange(people, history=(), blocked=(), on=ON)

    [three] = [group for group in seats(made) if len(group) == 3]
    assert len({school[each] for each in three}) == 3
    assert made.left_out == ()


def test_with_two_schools_the_odd_head_sits_with_a_colleague_and_one_of_the_others() -> None:
    made = arrange(schools(13, 12), history=(), blocked=(), on=ON)

    assert made.left_out == ()
    assert sorted(len(group) for group in seats(made)) == [2] * 11 + [3]


def test_nobody_becomes_a_third_beside_somebody_blocked() -> None:
    # Three schools, and 1 never with 3: whoever is third, somebody has to stay out.
    made = arrange(schools(1, 1, 1), history=(), blocked=[frozenset((1, 3))], on=ON)

    assert made.left_out in ((LeftOut(1, "blocked"),), (LeftOut(3, "blocked"),))


def test_the_third_is_somebody_new_to_both_while_there_is_one() -> None:
    people = schools(2, 2, 1)
    met = [(1, frozenset((1, 5))), (1, frozenset((2, 4)))]

    made = arrange(people, history=met, blocked=(), on=ON)

    assert [set(group) for group in seats(made)] in ([{1, 4}, {2, 3, 5}], [{2, 3, 5}, {1, 4}])


# --- schools too large -------------------------------------------------------------------------------------


def test_a_school_of_more_than_half_is_placed_by_threes() -> None:
    made = arrange(schools(6, 2, 2), history=(), blocked=(), on=ON)

    assert made.left_out == ()
    assert sorted(len(group) for group in seats(made)) == [2, 2, 3, 3]


def test_who_remains_of_a_school_of_more_than_two_thirds_is_told_so() -> None:
    made = arrange(schools(9, 2, 1), history=(), blocked=(), on=ON)

    assert [len(group) for group in seats(made)] == [3, 3, 3]
    assert [each.reason for each in made.left_out] == ["one-school-too-large"] * 3


@pytest.mark.parametrize("sizes", [(1,), (4,)])
def test_one_school_alone_meets_nobody(sizes: tuple[int, ...]) -> None:
    made = arrange(schools(*sizes), history=(), blocked=(), on=ON)

    assert made.groups == ()
    assert {each.reason for each in made.left_out} == {"alone"}


def test_nobody_at_all_is_no_fault() -> None:
    assert arrange((), history=(), blocked=(), on=ON) == Arrangement((), (), 0)
    assert arrange((), history=(), blocked=(), on=ON, size=3) == Arrangement((), (), 0)


# --- repeats -----------------------------------------------------------------------------------------------


def test_twenty_four_people_of_four_schools_meet_fifteen_times_without_a_repeat() -> None:
    assert rounds_without_repeat(schools(6, 6, 6, 6), limit=15) == 15


def test_ten_people_of_five_schools_meet_six_times_without_a_repeat() -> None:
    assert rounds_without_repeat(schools(2, 2, 2, 2, 2), limit=6) == 6


def test_an_odd_number_of_people_meets_many_times_without_a_repeat() -> None:
    assert rounds_without_repeat(schools(5, 5, 5, 5, 5), limit=12) == 12


def test_where_a_repeat_cannot_be_avoided_the_oldest_returns() -> None:
    people = schools(2, 2)
    straight, crossed = [{1, 3}, {2, 4}], [{1, 4}, {2, 3}]
    met = [(10, frozenset(pair)) for pair in crossed] + [(20, frozenset(pair)) for pair in straight]

    made = arrange(people, history=met, blocked=(), on=ON)

    assert seats(made) == [(1, 4), (2, 3)]
    assert made.repeats == 2


def test_meeting_often_long_ago_weighs_no_more_than_once() -> None:
    people = schools(2, 2)
    often = [(cycle, frozenset(pair)) for cycle in (1, 2, 3) for pair in ((1, 3), (2, 4))]
    once = [(4, frozenset((1, 4))), (4, frozenset((2, 3)))]

    made = arrange(people, history=often + once, blocked=(), on=ON)

    assert seats(made) == [(1, 3), (2, 4)]


# --- threes by choice --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "threes"),
    [
        ((2, 2, 2), 2),
        ((6, 6, 6, 6), 8),
        ((3, 2, 2), 1),  # seven: a three and two pairs
        ((3, 3, 2), 2),  # eight: two threes and a pair
        ((6, 3, 3), 0),  # half of one school: only pairs place everybody
        ((2, 2), 0),
    ],
)
def test_threes_by_choice_are_as_many_as_place_everybody(sizes: tuple[int, ...], threes: int) -> None:
    people = schools(*sizes)
    school = {person.id: person.school_id for person in people}

    made = arrange(people, history=(), blocked=(), on=ON, size=3)

    chosen = [group for group in seats(made) if len(group) == 3]
    assert len(chosen) == threes
    assert all(len({school[each] for each in group}) == 3 for group in chosen)
    assert made.left_out == ()


def test_groups_of_three_meet_six_times_without_a_repeat() -> None:
    assert rounds_without_repeat(schools(6, 6, 6, 6), limit=6, size=3) == 6


# --- size --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("heads", "size"), [(300, 2), (300, 3), (121, 2)])
def test_hundreds_of_people_are_all_placed(heads: int, size: int) -> None:
    people = schools(*[heads // 10] * 10, heads % 10)

    made = arrange(people, history=(), blocked=(), on=ON, size=size)

    assert made.left_out == ()
    assert breaks_of_hard_rules(people, (), seats(made)) == []


def test_groups_are_listed_by_their_members_with_reasons() -> None:
    a = Person(id=1, school_id=1, profile=Profile(offers=("feedback",)))
    b = Person(id=2, school_id=2, profile=Profile(needs=("feedback",)))

    [group] = arrange([b, a], history=(), blocked=(), on=ON).groups

    assert isinstance(group, Group)
    assert group.member_ids == (1, 2)
    assert [reason.key for reason in group.reasons] == ["offer"]


# --- levels and free times ---------------------------------------------------------------------------------


@given(worlds(most=7), st.randoms(use_true_random=False), st.sampled_from((2, 3)))
def test_where_they_must_all_of_a_group_are_free_at_once_and_nobody_is_left_out_who_could_be(
    world: World, random: Random, size: int
) -> None:
    times = ("mon-before", "tue-lunch", "wed-after")
    people = [
        replace(
            person, profile=replace(person.profile, slots=tuple(random.sample(times, random.randint(1, 2))))
        )
        for person in world.people
    ]
    slots = {person.id: {*person.profile.slots} for person in people}

    made = arrange(people, history=world.history, blocked=world.blocked, on=ON, size=size, need_slot=True)

    def together(group: tuple[int, ...]) -> bool:
        return bool(set.intersection(*(slots[each] for each in group)))

    assert breaks_of_hard_rules(people, world.blocked, seats(made)) == []
    assert all(together(group) for group in seats(made))
    placed = max(sum(map(len, groups)) for groups in every_arrangement(world) if all(map(together, groups)))
    assert len(people) - len(made.left_out) == placed


@given(worlds(most=12), st.randoms(use_true_random=False))
def test_each_level_is_arranged_as_if_there_were_no_other(world: World, random: Random) -> None:
    people = [replace(person, level=random.choice(("teacher", "principal"))) for person in world.people]

    made = arrange(people, history=(), blocked=world.blocked, on=ON)

    apart = [
        arrange([each for each in people if each.level == level], history=(), blocked=world.blocked, on=ON)
        for level in ("teacher", "principal")
    ]
    assert len(seats(made)) == sum(len(seats(each)) for each in apart)
    assert (made.value, made.bound) == (sum(each.value for each in apart), sum(each.bound for each in apart))
    assert all(len({people[each - 1].level for each in group}) == 1 for group in seats(made))


def test_who_has_no_peer_or_no_time_is_told_which() -> None:
    people = [
        Person(id=1, school_id=1, level="teacher", profile=Profile(slots=("mon-before",))),
        Person(id=2, school_id=2, level="teacher", profile=Profile(slots=("mon-before",))),
        Person(id=3, school_id=2, level="teacher", profile=Profile(slots=("fri-after",))),
        Person(id=4, school_id=2, level="principal", profile=Profile()),
    ]

    made = arrange(people, history=(), blocked=(), on=ON, need_slot=True)

    assert made.left_out == (LeftOut(3, "slots"), LeftOut(4, "level"))


def test_announced_pairs_stay_unless_much_is_gained_by_parting() -> None:
    people = schools(3, 3, 3, 3, seed=1)
    best = arrange(people, history=(), blocked=(), on=ON)
    other = arrange(people, history=[(1, frozenset(group)) for group in seats(best)], blocked=(), on=ON)
    told = [frozenset(group) for group in seats(other)]

    kept = arrange(people, history=(), blocked=(), on=ON, announced=told)

    in_both = {*map(frozenset, seats(kept))} & {*told}
    assert len(in_both) > len({*map(frozenset, seats(best))} & {*told})
    assert best.value >= kept.value
