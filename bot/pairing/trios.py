"""Groups of three by choice: good ones by exact steps, not proven best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from random import Random

from bot.pairing.graph import Links, Worth, match
from bot.pairing.groups import Seats

ROUNDS = 12
"""How often all thirds are seated anew; in trials later rounds gained nothing."""

TRIES = 6
"""How many smaller numbers of threes are tried before pairs are taken."""


def trios(links: Links, pairs: list[Seats]) -> list[Seats] | None:
    """As many threes of three schools as cost nobody a place, or a repeat that these pairs spare them; or None."""
    people, largest = len(links.people), max(links.schools.values(), default=0)
    most = min(people // 3 - (people % 3 == 1), people - 2 * largest)
    for thirds in list(range(most, people % 2, -2))[:TRIES]:
        groups = _seat_again_and_again(links, _pairs_without(links, thirds), Random(links.rules.seed))
        if links.faults(groups) <= links.faults(pairs):
            return groups
    return None


def joining(links: Links, others: Iterable[int], pairs: Mapping[int, Seats]) -> Worth:
    """What it is worth that each of the others joins each of the pairs, by their places in a matching."""
    return {
        ((0, other), (1, index)): links.units.cover - links.units.three + worth
        for other in others
        for index, pair in pairs.items()
        if (worth := links.third(pair, other)) is not None
    }


def _pairs_without(links: Links, thirds: int) -> list[Seats]:
    """The best pairs when so many are kept as thirds: each of those is matched with an empty chair."""
    both = 2 * links.units.cover
    worth: Worth = {((0, a), (0, b)): both + each for (a, b), each in links.pairs.items()}
    worth |= {((0, each), (1, chair)): both for each in links.people for chair in range(thirds)}
    return [(a, b) for (_, a), (empty, b) in match(worth) if not empty]


def _seat_again_and_again(links: Links, groups: list[Seats], random: Random) -> list[Seats]:
    """Seat the thirds; then one of each three gets up, whoever it is, and all of these are seated anew."""
    for _ in range(ROUNDS):
        pairs = [_pair_in(links, group, random) for group in groups]
        placed = {each for pair in pairs for each in pair}
        seats = match(joining(links, links.people.keys() - placed, dict(enumerate(pairs))))
        third = {index: other for (_, other), (_, index) in seats}
        groups = [(*pair, third[index]) if index in third else pair for index, pair in enumerate(pairs)]
    return groups


def _pair_in(links: Links, group: Seats, random: Random) -> Seats:
    """Two of a group who may be a pair."""
    return random.choice([pair for pair in combinations(group, 2) if links.may_pair(*pair)])
