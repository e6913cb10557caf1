"""Generated people for tests of pairing, and a search of all their arrangements by enumeration."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import combinations, pairwise, permutations
from random import Random

from hypothesis import strategies as st

from bot.model import Profile
from bot.pairing import Arrangement, Person, Weights, quality
from bot.pairing.history import Past

ON = date(2026, 11, 23)
PRACTICES = ("questioning", "wait-time", "feedback", "modelling", "retrieval", "oracy")

Seats = tuple[int, ...]


@dataclass(frozen=True)
class World:
    """The input of `arrange`."""

    people: tuple[Person, ...]
    history: tuple[tuple[int, frozenset[int]], ...] = ()
    blocked: frozenset[frozenset[int]] = field(default_factory=frozenset)


def schools(*sizes: int, seed: int = 0) -> tuple[Person, ...]:
    """Return people of schools of those sizes, with random profiles; ids count from 1, schools from 100."""
    random = Random(seed)
    heads = [100 + school for school, size in enumerate(sizes) for _ in range(size)]
    return tuple(
        Person(
            id=index, school_id=school, profile=_profile(random), platform=random.choice(("slack", "teams"))
        )
        for index, school in enumerate(heads, start=1)
    )


def _profile(random: Random) -> Profile:
    return Profile(
        subjects=tuple(random.sample(("maths", "art", "music", "welsh"), 2)),
        phase=random.choice(("primary", "secondary")),
        offers=tuple(random.sample(PRACTICES, 2)),
        needs=tuple(random.sample(PRACTICES, 2)),
        slots=tuple(random.sample(("mon-before", "tue-lunch", "wed-after", "fri-after"), 2)),
    )


@st.composite
def worlds(draw: st.DrawFn, *, least: int = 0, most: int = 8) -> World:
    """Generate up to eight people of a few schools, many of whom have met or are blocked."""
    homes = draw(st.lists(st.integers(0, 3), min_size=least, max_size=most))
    random = Random(draw(st.integers(0, 1_000)))
    people = tuple(
        Person(id=index, school_id=100 + home, profile=_profile(random))
        for index, home in enumerate(homes, start=1)
    )
    pairs = [frozenset(pair) for pair in combinations(range(1, len(people) + 1), 2)]
    if not pairs:
        return World(people)
    blocked = draw(st.frozensets(st.sampled_from(pairs), max_size=len(pairs) // 3))
    history = draw(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(pairs)), max_size=len(pairs)))
    return World(people, tuple(history), blocked)


@dataclass(frozen=True, order=True)
class Cost:
    """The cost of an arrangement by rule, the most important rule first; less is better."""

    left_out: int
    threes: int
    two_of_one_school: int
    repeats: int
    age_of_repeats: int
    lost_quality: int


def pricing(world: World) -> Callable[[Collection[Seats]], Cost]:
    """Return a function for the cost of groups; a trio counts its two best edges."""
    school = {person.id: person.school_id for person in world.people}
    people = {person.id: person for person in world.people}
    ages = {cycle: age for age, cycle in enumerate(sorted({cycle for cycle, _ in world.history}), start=1)}
    last: dict[frozenset[int], int] = {}
    for cycle, pair in world.history:
        last[pair] = max(ages[cycle], last.get(pair, 0))
    ties = Counter(frozenset(school[each] for each in pair) for _, pair in world.history)
    poor_fits = Past.of(world.history, people, ON, Weights()).poor_fits

    @cache
    def link(a: int, b: int) -> int:
        past = ties[frozenset((school[a], school[b]))]
        fit = quality.score_fit(people[a], people[b], ties=past, on=ON, weights=Weights())
        return quality.weigh_fit(fit, poor_fits.get(a, 0), poor_fits.get(b, 0))

    @cache
    def best_row(group: Seats) -> int:
        rows = (tuple(pairwise(row)) for row in permutations(group))
        return max(
            sum(link(*two) for two in row) for row in rows if all(school[a] != school[b] for a, b in row)
        )

    def cost(groups: Collection[Seats]) -> Cost:
        together = [pair for group in groups for pair in combinations(group, 2)]
        repeats = [last[frozenset(pair)] for pair in together if frozenset(pair) in last]
        return Cost(
            left_out=len(people) - sum(map(len, groups)),
            threes=sum(len(group) == 3 for group in groups),
            two_of_one_school=sum(school[a] == school[b] for a, b in together),
            repeats=len(repeats),
            age_of_repeats=sum(repeats),
            lost_quality=-sum(map(best_row, groups)),
        )

    return cost


def every_arrangement(world: World) -> Iterator[list[Seats]]:
    """Return all ways to make pairs and trios that break no hard rule."""
    school = {person.id: person.school_id for person in world.people}

    def allowed(group: Seats) -> bool:
        return len({school[each] for each in group}) > 1 and not any(
            frozenset(pair) in world.blocked for pair in combinations(group, 2)
        )

    def from_here(left: Seats) -> Iterator[list[Seats]]:
        if not left:
            yield []
            return
        first, *others = left
        for size in (0, 1, 2):
            for partners in combinations(others, size):
                group = (first, *partners)
                if size == 0 or allowed(group):
                    rest = tuple(each for each in others if each not in partners)
                    for groups in from_here(rest):
                        yield [group, *groups] if size else groups

    yield from from_here(tuple(person.id for person in world.people))


def seats(arrangement: Arrangement) -> list[Seats]:
    """Return the members of each group."""
    return [group.member_ids for group in arrangement.groups]


def breaks_of_hard_rules(
    people: Collection[Person], blocked: Collection[frozenset[int]], groups: Sequence[Seats]
) -> list[Seats]:
    """Return the groups that break a hard rule."""
    school = {person.id: person.school_id for person in people}
    return [
        group
        for group in groups
        if len(group) not in (2, 3)
        or school[group[0]] == school[group[1]]
        or any(frozenset(pair) in blocked for pair in combinations(group, 2))
    ]
