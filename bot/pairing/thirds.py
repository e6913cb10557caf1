"""Where somebody sits down beside a pair of a crowd: the one who is left, or a third of everybody by choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

import numpy as np

from bot.pairing.crowd import Crowd, price_of
from bot.pairing.groups import Seats
from bot.pairing.links import Links
from bot.pairing.prices import Worths, assign
from bot.pairing.seating import Settled
from bot.pairing.values import NO_PAIR, Places

CHOICES = 24
"""How many pairs are looked at for each who is left."""

LOOKED_AT = 3_000
"""How many, best first, are tried whether the rules allow them."""

MIXED = 100_000_000
"""What it costs that two of a school sit in a three: more than a repeat."""

ROUNDS = 8
"""How often all thirds of a crowd are seated anew."""


def join(links: Links, crowd: Crowd, mate: Sequence[int]) -> list[Seats]:
    """The pairs, and whoever is left beside the one of a pair whom they fit best; who fits nowhere stays out."""
    ids = [person.id for person in crowd.people]
    left = [each for each, other in enumerate(mate) if each == other]
    choices = [(at, *choice) for at, each in enumerate(left) for choice in _choices(links, crowd, mate, each)]
    middles = np.array([middle for _, middle, _ in choices], dtype=np.intp)
    pairs = np.minimum(middles, np.array(mate, dtype=np.intp)[middles])
    chosen = assign(
        len(left),
        np.array([at for at, _, _ in choices], dtype=np.intp),
        pairs,
        np.array([worth for *_, worth in choices], dtype=np.int64),
    )
    third = {int(middles[choice]): left[choices[choice][0]] for choice in chosen}
    groups = []
    for a, b in enumerate(mate):
        if a < b:
            middle = a if a in third else b
            seats = (mate[middle], middle, third[middle]) if middle in third else (a, b)
            groups.append(_seats(ids, seats))
    return groups


def _seats(ids: Sequence[int], places: Sequence[int]) -> Seats:
    """By their ids; the outer two in order, whoever is in the middle."""
    group = tuple(ids[each] for each in places)
    return min(group, group[::-1])


def _choices(
    links: Links, crowd: Crowd, mate: Sequence[int], left: int
) -> Iterator[tuple[int, int]]:
    """Beside whom somebody may sit down, in the order of what it is worth, which comes second."""
    people, school = crowd.people, crowd.values.school
    everybody, partner = np.arange(len(people)), np.array(mate, dtype=np.intp)
    worth = crowd.values.of(np.full(len(people), left), everybody)
    may = (worth != NO_PAIR) & (partner != everybody)
    worth -= MIXED * (school[partner] == school[left])
    for (a, b), more in crowd.special.items():
        if left in (a, b):
            other = a + b - left
            worth[other] += more
            if partner[other] != other:
                worth[partner[other]] -= price_of(links.rules, frozenset((people[a].id, people[b].id)))
    best = np.flatnonzero(may)
    best = best[np.argsort(-worth[best], kind="stable")][:LOOKED_AT]
    allowed = (
        (middle, int(worth[middle]))
        for middle in best.tolist()
        if links.may_sit([people[each].id for each in (mate[middle], middle, left)])
    )
    return islice(allowed, CHOICES)


def seat_threes(
    links: Links, crowd: Crowd, settled: Settled, pairs: list[Seats]
) -> list[Seats] | None:
    """As many threes of three schools as place everybody and repeat no more than these pairs do; or None."""
    return None
