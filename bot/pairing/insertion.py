"""Where somebody sits down beside a pair of a crowd: the one who is left, or a third of everybody by choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

import numpy as np

from bot.pairing.column_generation import Pair, Settled
from bot.pairing.crowd import Crowd, price_of
from bot.pairing.duals import assign
from bot.pairing.graph import Links
from bot.pairing.groups import Seats
from bot.pairing.scores import NO_PAIR

CHOICES = 24
"""How many pairs are looked at for each who is left."""

LOOKED_AT = 3_000
"""How many, best first, are tried whether the rules allow them."""

MIXED = 100_000_000
"""What it costs that two of a school sit in a three: more than a repeat."""

ROUNDS = 16
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


def _choices(links: Links, crowd: Crowd, mate: Sequence[int], left: int) -> Iterator[tuple[int, int]]:
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


def seat_threes(links: Links, crowd: Crowd, settled: Settled, pairs: list[Seats]) -> list[Seats] | None:
    """As many threes of three schools as place everybody and repeat no more than these pairs do; or None."""
    heads, largest = len(crowd.people), max(links.schools.values())
    count = min(heads // 3, heads - 2 * largest)
    count -= (heads - count) % 2
    if count <= heads % 2 or links.faults(pairs).left_out:
        return None
    random = Random(links.rules.seed)
    sitting, thirds = _with_thirds_up(crowd, settled.mate, count)
    seats = _seat_thirds(links, crowd, settled, sitting, thirds, [])
    if len(seats) < count:  # some know nobody who sits: they look at everybody
        lost = set(range(count)) - set(seats.values())
        looked = [choice for at in sorted(lost) for choice in _look_around(crowd, sitting, thirds[at])]
        seats = _seat_thirds(links, crowd, settled, sitting, thirds, looked)
    if len(seats) < count:
        return None
    for _ in range(ROUNDS):
        groups = [(*pair, thirds[seats[at]]) if at in seats else pair for at, pair in enumerate(sitting)]
        sitting, thirds, before = _one_of_each_up(groups, random)
        seats = _seat_thirds(links, crowd, settled, sitting, thirds, before)
    ids = [person.id for person in crowd.people]
    threes = [
        tuple(ids[each] for each in (*pair, *([thirds[seats[at]]] if at in seats else [])))
        for at, pair in enumerate(sitting)
    ]
    return threes if links.faults(threes) <= links.faults(pairs) else None


def _look_around(crowd: Crowd, sitting: Sequence[Pair], third: int) -> list[Pair]:
    """Beside whom somebody would like best to sit, of all pairs there are."""
    pairs = np.array(sitting, dtype=np.intp)
    worth = [crowd.values.not_aside(np.full(len(pairs), third), pairs[:, side]) for side in (0, 1)]
    total = np.where((worth[0] != NO_PAIR) & (worth[1] != NO_PAIR), worth[0] + worth[1], NO_PAIR)
    best = np.argsort(-total, kind="stable")[:CHOICES].tolist()
    return [(third, sitting[at][0]) for at in best if total[at] != NO_PAIR]


def _with_thirds_up(crowd: Crowd, mate: Sequence[int], count: int) -> tuple[list[Pair], list[int]]:
    """The pairs that fit best, and of the others so many people."""
    alone = [each for each, other in enumerate(mate) if each == other]
    pairs = [(a, b) for a, b in enumerate(mate) if a < b]
    left, right = (np.array(side, dtype=np.intp) for side in zip(*pairs, strict=True))
    worst = np.argsort(crowd.values.of(left, right), kind="stable")[: (count - len(alone)) // 2].tolist()
    up = set(worst)
    thirds = [*alone, *(each for at in worst for each in pairs[at])]
    return [pair for at, pair in enumerate(pairs) if at not in up], thirds


def _one_of_each_up(
    groups: Sequence[tuple[int, ...]], random: Random
) -> tuple[list[Pair], list[int], list[Pair]]:
    """Of every three somebody gets up, whoever it is; last, each of them and one of those they sat beside."""
    sitting: list[Pair] = []
    thirds, before = list[int](), list[Pair]()
    for group in groups:
        rest = list(group)
        if len(rest) == 3:
            thirds.append(rest.pop(random.randrange(3)))
            before.append((thirds[-1], rest[0]))
        sitting.append((rest[0], rest[1]))
    return sitting, thirds, before


def _seat_thirds(
    links: Links,
    crowd: Crowd,
    settled: Settled,
    sitting: Sequence[Pair],
    thirds: Sequence[int],
    besides: Sequence[Pair],
) -> dict[int, int]:
    """Who becomes the third of which pair: one in which they know a candidate, or one of those given besides."""
    pair_of = np.full(len(crowd.people), -1, dtype=np.intp)
    other_of, number_of = pair_of.copy(), pair_of.copy()
    for at, (a, b) in enumerate(sitting):
        pair_of[[a, b]] = at
        other_of[[a, b]] = b, a
    number_of[list(thirds)] = np.arange(len(thirds))
    rows = np.array(besides, dtype=np.intp).reshape(-1, 2)
    third = np.concatenate([rows[:, 0], settled.edges.a, settled.edges.b])
    middle = np.concatenate([rows[:, 1], settled.edges.b, settled.edges.a])
    known = (number_of[third] >= 0) & (pair_of[middle] >= 0)
    third, middle = third[known], middle[known]
    worth = [crowd.values.not_aside(third, each) for each in (middle, other_of[middle])]
    may = (worth[0] != NO_PAIR) & (worth[1] != NO_PAIR)
    third, middle, total = third[may], middle[may], (worth[0] + worth[1])[may]
    if links.rules.need_slot:
        ids = [person.id for person in crowd.people]
        trios = zip(third.tolist(), middle.tolist(), other_of[middle].tolist(), strict=True)
        free = np.array([links.may_sit([ids[each] for each in trio]) for trio in trios], dtype=bool)
        third, middle, total = third[free], middle[free], total[free]
    chosen = assign(len(thirds), number_of[third], pair_of[middle], total)
    return {int(pair_of[middle[each]]): int(number_of[third[each]]) for each in chosen}
