"""Trios of a large level: an unmatched person joins a pair, or a third of everybody does, by choice.

Trios by choice are improved by local search: one of each trio is taken out at random and all are assigned anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

import numpy as np

from bot.pairing.column_generation import BoundedMatching, Pair
from bot.pairing.duals import assign
from bot.pairing.graph import PairGraph
from bot.pairing.groups import GroupIds
from bot.pairing.large_level import LargeLevel, repeat_penalty
from bot.pairing.scores import NO_PAIR

CHOICES = 24
"""Pairs considered for each unmatched person."""

EXAMINED = 3_000
"""Pairs, best first, of which it is examined whether the rules allow them."""

MIXED = 100_000_000
"""The penalty of two people of one school in a trio: more than that of a repeat."""

ROUNDS = 16
"""Rounds of the local search."""


def insert_unmatched(graph: PairGraph, level: LargeLevel, mate: Sequence[int]) -> list[GroupIds]:
    """Return the pairs, the unmatched joined to those they fit best; who fits nowhere is left out."""
    ids = [person.id for person in level.people]
    unmatched = [each for each, other in enumerate(mate) if each == other]
    choices = [
        (at, *choice) for at, each in enumerate(unmatched) for choice in _choices(graph, level, mate, each)
    ]
    middles = np.array([middle for _, middle, _ in choices], dtype=np.intp)
    pairs = np.minimum(middles, np.array(mate, dtype=np.intp)[middles])
    chosen = assign(
        len(unmatched),
        np.array([at for at, _, _ in choices], dtype=np.intp),
        pairs,
        np.array([worth for *_, worth in choices], dtype=np.int64),
    )
    third = {int(middles[choice]): unmatched[choices[choice][0]] for choice in chosen}
    groups = []
    for a, b in enumerate(mate):
        if a < b:
            middle = a if a in third else b
            places = (mate[middle], middle, third[middle]) if middle in third else (a, b)
            groups.append(_to_ids(ids, places))
    return groups


def _to_ids(ids: Sequence[int], places: Sequence[int]) -> GroupIds:
    """Return the ids of a group, the lesser of the outer two first; the middle stays in the middle."""
    group = tuple(ids[each] for each in places)
    return min(group, group[::-1])


def _choices(
    graph: PairGraph, level: LargeLevel, mate: Sequence[int], unmatched: int
) -> Iterator[tuple[int, int]]:
    """Return (member of a pair, worth) for the pairs that somebody may join, best first, next to that member."""
    people, school = level.people, level.values.school
    everybody, partner = np.arange(len(people)), np.array(mate, dtype=np.intp)
    worth = level.values.of(np.full(len(people), unmatched), everybody)
    may = (worth != NO_PAIR) & (partner != everybody)
    worth -= MIXED * (school[partner] == school[unmatched])
    for (a, b), more in level.special.items():
        if unmatched in (a, b):
            other = a + b - unmatched
            worth[other] += more
            if partner[other] != other:
                pair = frozenset((people[a].id, people[b].id))
                worth[partner[other]] -= repeat_penalty(graph.rules, pair)
    best = np.flatnonzero(may)
    best = best[np.argsort(-worth[best], kind="stable")][:EXAMINED]
    allowed = (
        (middle, int(worth[middle]))
        for middle in best.tolist()
        if graph.may_meet([people[each].id for each in (mate[middle], middle, unmatched)])
    )
    return islice(allowed, CHOICES)


def form_trios(
    graph: PairGraph, level: LargeLevel, matching: BoundedMatching, pairs: list[GroupIds]
) -> list[GroupIds] | None:
    """Return as many trios of three schools as place everybody, with no more faults than the pairs; else None."""
    size, largest = len(level.people), max(graph.schools.values())
    count = min(size // 3, size - 2 * largest)
    count -= (size - count) % 2
    if count <= size % 2 or graph.faults(pairs).left_out:
        return None
    random = Random(graph.rules.seed)
    kept, thirds = _part_worst_pairs(level, matching.mate, count)
    third_of = _assign_thirds(graph, level, matching, kept, thirds, [])
    if len(third_of) < count:  # some have no candidate among the kept pairs: consider all pairs for them
        unassigned = set(range(count)) - set(third_of.values())
        more = [choice for at in sorted(unassigned) for choice in _best_pairs_for(level, kept, thirds[at])]
        third_of = _assign_thirds(graph, level, matching, kept, thirds, more)
    if len(third_of) < count:
        return None
    for _ in range(ROUNDS):
        groups = [(*pair, thirds[third_of[at]]) if at in third_of else pair for at, pair in enumerate(kept)]
        kept, thirds, before = _take_one_of_each_trio(groups, random)
        third_of = _assign_thirds(graph, level, matching, kept, thirds, before)
    ids = [person.id for person in level.people]
    trios = [
        tuple(ids[each] for each in (*pair, *([thirds[third_of[at]]] if at in third_of else [])))
        for at, pair in enumerate(kept)
    ]
    return trios if graph.faults(trios) <= graph.faults(pairs) else None


def _best_pairs_for(level: LargeLevel, kept: Sequence[Pair], third: int) -> list[Pair]:
    """Return (third, member of a pair) for the pairs that somebody would fit best, of all there are."""
    pairs = np.array(kept, dtype=np.intp)
    worth = [level.values.not_aside(np.full(len(pairs), third), pairs[:, side]) for side in (0, 1)]
    total = np.where((worth[0] != NO_PAIR) & (worth[1] != NO_PAIR), worth[0] + worth[1], NO_PAIR)
    best = np.argsort(-total, kind="stable")[:CHOICES].tolist()
    return [(third, kept[at][0]) for at in best if total[at] != NO_PAIR]


def _part_worst_pairs(level: LargeLevel, mate: Sequence[int], count: int) -> tuple[list[Pair], list[int]]:
    """Part the pairs of least worth, so that there are `count` thirds; return the kept pairs and the thirds."""
    alone = [each for each, other in enumerate(mate) if each == other]
    pairs = [(a, b) for a, b in enumerate(mate) if a < b]
    left, right = (np.array(side, dtype=np.intp) for side in zip(*pairs, strict=True))
    worst = np.argsort(level.values.of(left, right), kind="stable")[: (count - len(alone)) // 2].tolist()
    parted = set(worst)
    thirds = [*alone, *(each for at in worst for each in pairs[at])]
    return [pair for at, pair in enumerate(pairs) if at not in parted], thirds


def _take_one_of_each_trio(
    groups: Sequence[tuple[int, ...]], random: Random
) -> tuple[list[Pair], list[int], list[Pair]]:
    """Take a random member out of each trio; return the pairs, the thirds, and (third, a former partner) of each."""
    pairs: list[Pair] = []
    thirds, before = list[int](), list[Pair]()
    for group in groups:
        rest = list(group)
        if len(rest) == 3:
            thirds.append(rest.pop(random.randrange(3)))
            before.append((thirds[-1], rest[0]))
        pairs.append((rest[0], rest[1]))
    return pairs, thirds, before


def _assign_thirds(
    graph: PairGraph,
    level: LargeLevel,
    matching: BoundedMatching,
    pairs: Sequence[Pair],
    thirds: Sequence[int],
    more: Sequence[Pair],
) -> dict[int, int]:
    """Return the number of the third for each pair that gets one.

    A third may join a pair that holds one of their candidates, or one of the choices in `more`.
    """
    pair_of = np.full(len(level.people), -1, dtype=np.intp)
    other_of, number_of = pair_of.copy(), pair_of.copy()
    for at, (a, b) in enumerate(pairs):
        pair_of[[a, b]] = at
        other_of[[a, b]] = b, a
    number_of[list(thirds)] = np.arange(len(thirds))
    rows = np.array(more, dtype=np.intp).reshape(-1, 2)
    third = np.concatenate([rows[:, 0], matching.edges.a, matching.edges.b])
    middle = np.concatenate([rows[:, 1], matching.edges.b, matching.edges.a])
    known = (number_of[third] >= 0) & (pair_of[middle] >= 0)
    third, middle = third[known], middle[known]
    worth = [level.values.not_aside(third, each) for each in (middle, other_of[middle])]
    may = (worth[0] != NO_PAIR) & (worth[1] != NO_PAIR)
    third, middle, total = third[may], middle[may], (worth[0] + worth[1])[may]
    if graph.rules.need_slot:
        ids = [person.id for person in level.people]
        trios = zip(third.tolist(), middle.tolist(), other_of[middle].tolist(), strict=True)
        free = np.array([graph.may_meet([ids[each] for each in trio]) for trio in trios], dtype=bool)
        third, middle, total = third[free], middle[free], total[free]
    chosen = assign(len(thirds), number_of[third], pair_of[middle], total)
    return {int(pair_of[middle[each]]): int(number_of[third[each]]) for each in chosen}
