from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from bot.model import Profile
from bot.pairing import LeftOut, Person, Rearrangement, arrange, rearrange
from tests.pairing.worlds import ON, World, breaks_of_hard_rules, schools, seats, worlds


def person(number: int, school: int, **profile: tuple[str, ...]) -> Person:
    return Person(id=number, school_id=school, profile=Profile(**profile))  # type: ignore[arg-type]


def late(
    unplaced: tuple[Person, ...],
    groups: list[tuple[int, ...]],
    everyone: tuple[Person, ...],
    *,
    met: tuple[tuple[int, int], ...] = (),
    blocked: tuple[tuple[int, int], ...] = (),
) -> Rearrangement:
    return rearrange(
        unplaced,
        groups,
        everyone,
        history=[(1, frozenset(pair)) for pair in met],
        blocked=[frozenset(pair) for pair in blocked],
        on=ON,
    )


def new(made: Rearrangement) -> list[tuple[int, ...]]:
    return [group.member_ids for group in made.new]


@given(worlds(most=12), st.integers(0, 5), st.sampled_from((2, 3)))
def test_no_hard_rule_is_broken_no_pairing_either_and_nobody_is_lost(
    world: World, joined_late: int, size: int
) -> None:
    unplaced, early = world.people[:joined_late], world.people[joined_late:]
    live = seats(arrange(early, history=(), blocked=world.blocked, on=ON, size=size))

    made = rearrange(unplaced, live, world.people, history=world.history, blocked=world.blocked, on=ON)

    grown = [(*live[index], member_id) for index, member_id in made.joined]
    assert breaks_of_hard_rules(world.people, world.blocked, [*grown, *new(made)]) == []
    assert len({index for index, _ in made.joined}) == len(made.joined)
    placed = [member_id for _, member_id in made.joined] + [each for group in new(made) for each in group]
    left_out = [each.member_id for each in made.left_out]
    assert sorted(placed + left_out) == sorted(each.id for each in unplaced)


@given(worlds(most=12), st.integers(0, 5))
def test_somebody_is_left_out_only_where_every_pair_and_every_other_is_closed(
    world: World, joined_late: int
) -> None:
    unplaced, early = world.people[:joined_late], world.people[joined_late:]
    school = {each.id: each.school_id for each in world.people}
    live = seats(arrange(early, history=(), blocked=world.blocked, on=ON))

    made = rearrange(unplaced, live, world.people, history=world.history, blocked=world.blocked, on=ON)

    taken = {index for index, _ in made.joined}
    pairs = [group for index, group in enumerate(live) if index not in taken and len(group) == 2]
    left = [each.member_id for each in made.left_out]
    for member_id in left:
        assert all(
            any(frozenset((member_id, each)) in world.blocked for each in pair)
            for pair in [*pairs, *(group for group in new(made) if len(group) == 2)]
        )
    for a, b in combinations(left, 2):
        assert school[a] == school[b] or frozenset((a, b)) in world.blocked


def test_two_late_comers_become_a_pair_and_nobody_else_is_disturbed() -> None:
    everyone = schools(3, 3)

    made = late((everyone[2], everyone[5]), [(1, 4), (2, 5)], everyone)

    assert (new(made), made.joined, made.left_out) == ([(3, 6)], (), ())
    assert made.new[0].reasons


def test_one_late_comer_joins_the_pair_of_two_other_schools() -> None:
    everyone = schools(2, 2, 2)

    made = late((everyone[0],), [(2, 3), (4, 5)], everyone)

    assert made.joined == ((1, 1),)


def test_one_late_comer_joins_where_it_fits_best() -> None:
    everyone = (
        person(1, 1, needs=("feedback",)),
        person(2, 2),
        person(3, 3),
        person(4, 2, offers=("feedback",)),
        person(5, 3, offers=("feedback",)),
    )

    made = late((everyone[0],), [(2, 3), (4, 5)], everyone)

    assert made.joined == ((1, 1),)


def test_nobody_joins_a_three() -> None:
    everyone = schools(2, 1, 1)

    made = late((everyone[0],), [(2, 3, 4)], everyone)

    assert made.joined == ()
    assert made.left_out == (LeftOut(1, "alone"),)


def test_nobody_joins_a_pair_with_somebody_blocked() -> None:
    everyone = schools(1, 1, 1)

    made = late((everyone[0],), [(2, 3)], everyone, blocked=((1, 3),))

    assert made.joined == ()
    assert made.left_out == (LeftOut(1, "blocked"),)


def test_two_who_just_parted_join_other_pairs() -> None:
    everyone = schools(1, 1, 2, 2)

    made = late((everyone[0], everyone[1]), [(3, 5), (4, 6)], everyone, met=((1, 2),))

    assert made.new == ()
    assert sorted(member_id for _, member_id in made.joined) == [1, 2]


def test_two_who_just_parted_meet_again_where_there_is_nothing_else() -> None:
    everyone = schools(1, 1)

    made = late(everyone, [], everyone, met=((1, 2),))

    assert new(made) == [(1, 2)]


def test_three_late_comers_without_a_pair_to_join_make_a_three() -> None:
    everyone = schools(1, 1, 1)

    made = late(everyone, [], everyone)

    [three] = new(made)
    assert sorted(three) == [1, 2, 3]


def test_a_pair_of_which_somebody_is_unknown_is_left_in_peace() -> None:
    everyone = schools(1, 1, 1)

    made = late((everyone[0],), [(2, 99)], everyone)

    assert made.joined == ()


def test_the_order_of_the_rows_changes_nothing() -> None:
    everyone = schools(4, 4, 4, 3)
    live = seats(arrange(everyone[3:], history=(), blocked=(), on=ON))

    made = late(everyone[:3], live, everyone)

    assert late(everyone[2::-1], live, everyone[::-1]) == made
